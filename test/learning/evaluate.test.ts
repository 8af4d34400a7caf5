import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import type { Model } from "../../trainer/learning/model.ts";
import { train } from "../../trainer/learning/train.ts";
import { rejection } from "./rejection.ts";
import { noise } from "./toyData.ts";

/** Logits are the two features themselves. */
const identity: Architecture = { kind: "mlp", inputs: [2], hidden: [], classes: 2 };

describe("evaluate", () => {
  let model: Model;
  before(async () => {
    model = createModel(await openBackend(), identity, 1);
    model.writeWeights(Float32Array.of(1, 0, 0, 1, 0, 0));
  });
  after(() => model.dispose());

  it("counts the rows whose most probable class is the label, and averages the cross-entropy", async () => {
    const features = Float32Array.of(2, 0, 0, 1, 3, 0);
    const dataset = { features, labels: Int32Array.of(0, 1, 1), rows: 3, shape: [2], classes: 2 };
    const { accuracy, loss, samples } = await evaluate(model, dataset);
    expect(accuracy).to.equal(2 / 3);
    expect(loss).to.be.closeTo(
      (Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(3))) / 3,
      1e-6,
    );
    expect(samples).to.equal(3);
  });

  it("says of a network that estimates a number how far off it is, in the target's own unit", async () => {
    const regression = { loss: "squaredError" } as const;
    const estimator = createModel(model.backend, { kind: "mlp", inputs: [2], hidden: [], regression }, 1);
    estimator.writeWeights(Float32Array.of(1, 0, 0)); // says the first feature
    const dataset = {
      features: Float32Array.of(0, 9, 1, 9, 2, 9),
      labels: Float32Array.of(0, 1, 0),
      ...{ rows: 3, shape: [2], target: { mean: 100, std: 10 } },
    };
    const { loss, accuracy, scores } = await evaluate(estimator, dataset, { batchSize: 2 });
    expect(loss).to.be.closeTo(2 ** 2 / 2 / 3, 1e-6);
    expect(accuracy).to.be.NaN;
    expect(scores).to.include({
      kind: "estimates",
      meanAbsoluteError: 20 / 3,
      rootMeanSquaredError: 20 / Math.sqrt(3),
    });
    expect(await rejection(evaluate(model, dataset))).to.be.instanceOf(UnsuitableData);
    expect(await rejection(evaluate(estimator, noise(3, [2], 2, 1)))).to.be.instanceOf(UnsuitableData);
    estimator.dispose();
  });

  it("learns to estimate what it trained on", async () => {
    for (const regression of [{ loss: "squaredError" }, { loss: "huber", delta: 1 }] as const) {
      const estimator = createModel(model.backend, { kind: "mlp", inputs: [2], hidden: [16], regression }, 1);
      const { features } = noise(300, [2], 2, 1);
      const labels = Float32Array.from({ length: 300 }, (_, row) => Math.abs(features[2 * row] ?? NaN) - 0.8);
      const dataset = { features, labels, rows: 300, shape: [2], target: { mean: 0, std: 1 } };
      await train(estimator, dataset, { epochs: 30, batchSize: 16, learningRate: 0.02, optimizer: "adam", seed: 1 });
      const { scores } = await evaluate(estimator, dataset);
      expect(scores.kind === "estimates" && scores.rSquared).to.be.greaterThan(0.97);
      estimator.dispose();
    }
  });

  it("gives the same in slices of any size, the last one smaller", async () => {
    const dataset = noise(103, [2], 2, 1);
    const whole = await evaluate(model, dataset, { batchSize: 1_000 });
    const sliced = await evaluate(model, dataset, { batchSize: 10 });
    expect(sliced.accuracy).to.equal(whole.accuracy);
    expect(sliced.loss).to.be.closeTo(whole.loss, 1e-9);
  });

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await evaluate(model, noise(50, [2], 2, 1));
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("stops when told to", async () => {
    const reason = new Error("enough");
    expect(await rejection(evaluate(model, noise(50, [2], 2, 1), { signal: AbortSignal.abort(reason) }))).to.equal(
      reason,
    );
  });
});
