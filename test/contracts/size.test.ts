import { expect } from "chai";
import { artifacts } from "hardhat";

const LIMIT = 24_576; // bytes of deployed code, EIP-170

const CONTRACTS = [
  ...["Foedus", "SealedTask", "MaskedTask", "AggregationCourt", "MaskCourt"],
  ...["TrainerRegistry", "StakeVault", "FoedusToken"],
];

describe("deployed code", () => {
  for (const name of CONTRACTS) {
    it(`${name} is below the limit of ${LIMIT} bytes`, async () => {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect((deployedBytecode.length - 2) / 2).to.be.lessThan(LIMIT);
    });
  }
});
