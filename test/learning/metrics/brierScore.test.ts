import { expect } from "chai";
import { brierScore } from "../../../trainer/learning/metrics/brierScore.ts";

describe("brierScore", () => {
  it("gives what scikit-learn's documentation of brier_score_loss gives for two classes", () => {
    const positive = [0.1, 0.9, 0.8, 0.3];
    const probabilities = Float32Array.from(positive.flatMap((each) => [1 - each, each]));
    expect(brierScore(probabilities, Int32Array.of(0, 1, 1, 0))).to.be.closeTo(0.0375, 1e-7);
  });

  it("goes from 0 to 2 for more classes", () => {
    expect(brierScore(Float32Array.of(0, 0, 1), Int32Array.of(2))).to.equal(0);
    expect(brierScore(Float32Array.of(0, 0, 1), Int32Array.of(0))).to.equal(2);
    expect(brierScore(Float32Array.of(0.25, 0.25, 0.5), Int32Array.of(2))).to.equal(0.375);
  });
});
