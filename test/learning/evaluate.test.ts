import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { openBackend } from "../../trainer/learning/backend.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import type { Model } from "../../trainer/learning/model.ts";
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
