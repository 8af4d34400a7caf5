import { expect } from "chai";
import { artifacts } from "hardhat";

const LIMIT = 24_576; // bytes of deployed code, EIP-170

describe("deployed code", () => {
  for (const name of ["Foedus", "AggregationCourt", "TrainingTask", "TrainerRegistry", "StakeVault", "FoedusToken"]) {
    it(`${name} is below the limit of ${LIMIT} bytes`, async () => {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect((deployedBytecode.length - 2) / 2).to.be.lessThan(LIMIT);
    });
  }
});
