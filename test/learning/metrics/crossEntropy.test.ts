import { expect } from "chai";
import { crossEntropy } from "../../../trainer/learning/metrics/crossEntropy.ts";

describe("crossEntropy", () => {
  it("is the mean of minus the logarithm of what the label was given", () => {
    const logits = Float32Array.of(Math.log(0.7), Math.log(0.3), Math.log(0.2), Math.log(0.8));
    expect(crossEntropy(logits, Int32Array.of(0, 0))).to.be.closeTo(-(Math.log(0.7) + Math.log(0.2)) / 2, 1e-7);
  });

  it("is finite for a certain mistake, and NaN for numbers that ran away", () => {
    expect(crossEntropy(Float32Array.of(0, 1e30), Int32Array.of(0))).to.be.closeTo(1e30, 1e23);
    expect(crossEntropy(Float32Array.of(NaN, 0), Int32Array.of(0))).to.be.NaN;
  });
});
