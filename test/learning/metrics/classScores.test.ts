import { expect } from "chai";
import { classScores } from "../../../trainer/learning/metrics/classScores.ts";

const logit = (probability: number) => Math.log(probability / (1 - probability));

describe("classScores", () => {
  it("says all of two classes, the second being the positive one", () => {
    const positive = [0.1, 0.45, 0.35, 0.8];
    const logits = Float32Array.from(positive.flatMap((each) => [0, logit(each)]));
    const scores = classScores(logits, Int32Array.of(0, 0, 1, 1));
    expect(scores.accuracy).to.equal(0.75);
    expect(scores.positive).to.deep.equal({ f1: 2 / 3, areaUnderRoc: 0.75 });
    expect(scores.perClass.map(({ recall }) => recall)).to.deep.equal([1, 0.5]);
    expect(scores.macroF1).to.be.closeTo((0.8 + 2 / 3) / 2, 1e-12);
    expect(scores.brierScore).to.be.closeTo((0.01 + 0.2025 + 0.4225 + 0.04) / 4, 1e-6);
    expect(scores.crossEntropy).to.be.closeTo(
      -(Math.log(0.9) + Math.log(0.55) + Math.log(0.35) + Math.log(0.8)) / 4,
      1e-6,
    );
    // Confidences 0.9 right, 0.55 right, 0.65 wrong, 0.8 right, each in a bin of its own.
    expect(scores.calibrationError).to.be.closeTo((0.1 + 0.45 + 0.65 + 0.2) / 4, 1e-6);
  });

  it("orders certain rows by their margins, where their probabilities are all 1", () => {
    const logits = Float32Array.of(0, 200, 0, 300, 0, 400);
    expect(classScores(logits, Int32Array.of(0, 1, 1)).positive?.areaUnderRoc).to.equal(1);
  });

  it("has no positive class among three", () => {
    expect(classScores(Float32Array.of(1, 0, 0), Int32Array.of(0))).to.not.have.property("positive");
  });

  it("counts rows whose numbers ran away as wrong", () => {
    const scores = classScores(Float32Array.of(NaN, 0, 0, 1), Int32Array.of(1, 1));
    expect([scores.accuracy, scores.positive?.areaUnderRoc]).to.deep.equal([0.5, undefined]);
    expect([scores.crossEntropy, scores.brierScore, scores.calibrationError].every(Number.isNaN)).to.equal(true);
  });
});
