import { expect } from "chai";
import { macroF1 } from "../../../trainer/learning/metrics/macroF1.ts";
import { precisionRecall } from "../../../trainer/learning/metrics/precisionRecall.ts";

describe("macroF1", () => {
  it("gives what scikit-learn's documentation of f1_score gives", () => {
    const scores = precisionRecall(Int32Array.of(0, 2, 1, 0, 0, 1), Int32Array.of(0, 1, 2, 0, 1, 2), 3);
    expect(macroF1(scores)).to.be.closeTo(0.8 / 3, 1e-12);
  });

  it("leaves out classes that have no rows", () => {
    expect(macroF1(precisionRecall(Int32Array.of(0, 0), Int32Array.of(0, 0), 5))).to.equal(1);
  });
});
