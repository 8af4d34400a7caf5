// Every error an interface declares is provoked by some test here: a new one without a test fails this one.
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { artifacts } from "hardhat";

const INTERFACES = [
  ...["IAggregationCourt", "IClaims", "IFoedus", "IMaskCourt", "IMaskedTask", "ISealedTask"],
  ...["IStakeVault", "ITrainerRegistry", "ITrainingTask"],
];

describe("errors of the interfaces", () => {
  const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"))
    .join("\n");

  for (const name of INTERFACES) {
    it(`${name}: each is provoked at least once`, async () => {
      const { abi } = await artifacts.readArtifact(name);
      const errors = (abi as readonly { type: string; name?: string }[]).filter(({ type }) => type === "error");
      expect(errors).to.not.have.length(0);
      const untested = errors.map((error) => error.name).filter((error) => !tests.includes(`"${error}"`));
      expect(untested).to.deep.equal([]);
    });
  }
});
