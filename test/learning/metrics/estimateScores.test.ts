import { expect } from "chai";
import { estimateScores } from "../../../trainer/learning/metrics/estimateScores.ts";

describe("estimateScores", () => {
  it("says all of an estimated number", () => {
    const { meanAbsoluteError, rootMeanSquaredError, rSquared } = estimateScores(
      Float64Array.of(2.5, 0, 2, 8),
      Float64Array.of(3, -0.5, 2, 7),
    );
    expect(meanAbsoluteError).to.equal(0.5);
    expect(rootMeanSquaredError ** 2).to.be.closeTo(0.375, 1e-12);
    expect(rSquared).to.be.closeTo(0.9486, 1e-4);
  });

  it("leaves R squared away where nothing varies", () => {
    expect(estimateScores(Float64Array.of(1), Float64Array.of(2))).to.not.have.property("rSquared");
  });
});
