import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { createModel } from "../../trainer/learning/model.ts";
import type { Model } from "../../trainer/learning/model.ts";
import { predict } from "../../trainer/learning/predict.ts";
import { rejection } from "./rejection.ts";
import { noise } from "./toyData.ts";

describe("predict", () => {
  let model: Model;
  before(async () => {
    model = createModel(await openBackend(), { kind: "mlp", inputs: [4], hidden: [6], classes: 3 }, 1);
  });
  after(() => model.dispose());

  it("gives each row probabilities that add up to 1 and depend on that row alone", async () => {
    const { features } = noise(20, [4], 3, 1);
    const together = await predict(model, features, { batchSize: 7 });
    expect(together).to.have.length(20);
    for (let row = 0; row < 20; row++) {
      const [alone] = await predict(model, features.subarray(4 * row, 4 * row + 4));
      const probabilities = together[row] as Float32Array;
      expect(probabilities.reduce((sum, value) => sum + value, 0)).to.be.closeTo(1, 1e-6);
      probabilities.forEach((value, label) => expect(value).to.be.closeTo(alone?.[label] as number, 1e-6));
    }
  });

  it("gives each row one number if that is what the network estimates", async () => {
    const regression = { loss: "squaredError" } as const;
    const estimator = createModel(model.backend, { kind: "mlp", inputs: [2], hidden: [], regression }, 1);
    estimator.writeWeights(Float32Array.of(2, -1, 0.5));
    expect(await predict(estimator, Float32Array.of(1, 0, 0, 1, 3, 3), { batchSize: 2 })).to.deep.equal(
      [2.5, -0.5, 3.5].map((value) => Float32Array.of(value)),
    );
    estimator.dispose();
  });

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await predict(model, noise(20, [4], 3, 1).features);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("refuses half a row and says how long one is", async () => {
    const error = await rejection(predict(model, new Float32Array(6)));
    expect(error).to.be.instanceOf(UnsuitableData);
    expect(error.message).to.contain("6 numbers").and.to.contain("4 a row");
  });

  it("refuses NaN and says where it is", async () => {
    const error = await rejection(predict(model, Float32Array.of(1, 2, 3, 4, 5, 6, NaN, 8)));
    expect(error.message).to.contain("Row 1, feature 2 is NaN");
  });
});
