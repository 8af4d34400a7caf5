import { expect } from "chai";
import { architectureSchema, featureCount, parameterCount } from "../../trainer/learning/architecture.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { trainingSchema } from "../../trainer/learning/trainingSettings.ts";

describe("presets", () => {
  for (const [name, { architecture, training, rounds }] of Object.entries(PRESETS)) {
    it(`has ${name} within what a manifest may say, for MNIST`, () => {
      expect(architectureSchema.parse(architecture)).to.deep.equal(architecture);
      expect(trainingSchema.parse(training)).to.deep.equal(training);
      expect(featureCount(architecture)).to.equal(784);
      expect(architecture.classes).to.equal(10);
      expect(parameterCount(architecture)).to.be.lessThan(200_000);
      expect(rounds).to.be.within(1, 10);
    });
  }
});
