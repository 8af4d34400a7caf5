import { expect } from "chai";
import { classScores } from "../../../trainer/learning/metrics/classScores.ts";
import { estimateScores } from "../../../trainer/learning/metrics/estimateScores.ts";
import * as measures from "../../../trainer/learning/scenarios/measures.ts";

describe("measures", () => {
  const classes = classScores(Float32Array.of(2, 0, 0, 1, 1, 0), Int32Array.of(0, 1, 1));
  const estimates = estimateScores(Float64Array.of(1, 2), Float64Array.of(1, 4));

  it("read what they are named for", () => {
    expect(measures.ACCURACY.of(classes)).to.equal(2 / 3);
    expect(measures.F1.of(classes)).to.equal(2 / 3);
    expect(measures.MACRO_F1.of(classes)).to.equal(2 / 3);
    expect(measures.AREA_UNDER_ROC.of(classes)).to.equal(1);
    expect(measures.BRIER_SCORE.of(classes)).to.equal(classes.brierScore);
    expect(measures.CALIBRATION_ERROR.of(classes)).to.equal(classes.calibrationError);
    expect(measures.meanAbsoluteErrorIn("km").of(estimates)).to.equal(1);
    expect(measures.rootMeanSquaredErrorIn("km")).to.include({ unit: "km", better: "lower" });
    expect(measures.rootMeanSquaredErrorIn("km").of(estimates)).to.equal(Math.sqrt(2));
    expect(measures.R_SQUARED.of(estimates)).to.be.closeTo(1 - 4 / 4.5, 1e-12);
  });

  it("say nothing of scores of the other kind", () => {
    expect(measures.ACCURACY.of(estimates)).to.be.NaN;
    expect(measures.R_SQUARED.of(classes)).to.be.NaN;
  });
});
