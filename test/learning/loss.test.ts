import { expect } from "chai";
import { lossOf, lossOfGuessing, softmaxColumns } from "../../trainer/learning/loss.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";

const estimating = (regression: NonNullable<Architecture["regression"]>): Architecture => ({
  kind: "mlp",
  inputs: [1],
  hidden: [],
  regression,
});

describe("loss", () => {
  it("is half the squared error, summed over the rows, and its gradient the error", () => {
    const squared = lossOf(estimating({ loss: "squaredError" }));
    const { loss, gradient } = squared(Float32Array.of(1, 5, -2), Float32Array.of(0, 2, -2), 0.5);
    expect(loss).to.equal((1 + 9) / 2);
    expect([...gradient]).to.deep.equal([0.5, 1.5, 0]);
  });

  it("grows only linearly beyond Huber's delta, without a step or a kink there", () => {
    const huber = lossOf(estimating({ loss: "huber", delta: 2 }));
    const { loss, gradient } = huber(Float32Array.of(1, 5, -7), Float32Array.of(0, 0, 0), 1);
    expect(loss).to.equal(0.5 + 2 * (5 - 1) + 2 * (7 - 1));
    expect([...gradient]).to.deep.equal([1, 2, -2]);
    expect(huber(Float32Array.of(2), Float32Array.of(0), 1).loss).to.equal(2);
    expect(huber(Float32Array.of(2.000001), Float32Array.of(0), 1).loss).to.be.closeTo(2, 1e-5);
  });

  it("is the cross-entropy of the softmax for classes", () => {
    const { loss, gradient } = lossOf({ kind: "mlp", inputs: [1], hidden: [], classes: 2 })(
      Float32Array.of(0, Math.log(3), 0, 0), // two classes, two rows
      Int32Array.of(0, 0),
      1,
    );
    expect(loss).to.be.closeTo(Math.log(2) + Math.log(4 / 3), 1e-6);
    const expected = [-0.5, -0.25, 0.5, 0.25];
    gradient.forEach((value, i) => expect(value).to.be.closeTo(expected[i] ?? NaN, 1e-6));
  });

  it("lets numbers that ran away be noticed", () => {
    for (const regression of [{ loss: "squaredError" }, { loss: "huber", delta: 1 }] as const) {
      expect(lossOf(estimating(regression))(Float32Array.of(NaN), Float32Array.of(0), 1).loss).to.be.NaN;
    }
  });

  it("knows what guessing costs", () => {
    expect(lossOfGuessing({ kind: "mlp", inputs: [1], hidden: [], classes: 10 })).to.equal(Math.log(10));
    expect(lossOfGuessing(estimating({ loss: "squaredError" })), "the mean of unit variance").to.equal(0.5);
  });

  it("gives probabilities that add up to 1 for logits of any size", () => {
    const probabilities = softmaxColumns(Float32Array.of(1e30, -3, 0, 1e30, 2, -1e30), 3);
    expect([...probabilities]).to.deep.equal([
      0.5,
      Math.fround(1 / (1 + Math.exp(5))),
      1,
      0.5,
      Math.fround(1 / (1 + Math.exp(-5))),
      0,
    ]);
  });
});
