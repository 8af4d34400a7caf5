import { expect } from "chai";
import { precisionRecall } from "../../../trainer/learning/metrics/precisionRecall.ts";

describe("precisionRecall", () => {
  it("gives what scikit-learn's user guide gives for its example", () => {
    // classification_report of [0, 1, 2, 2, 0] and [0, 0, 2, 1, 0]
    const scores = precisionRecall(Int32Array.of(0, 0, 2, 1, 0), Int32Array.of(0, 1, 2, 2, 0), 3);
    expect(scores).to.deep.equal([
      { recall: 1, precision: 2 / 3, f1: 0.8, rows: 2 },
      { recall: 0, precision: 0, f1: 0, rows: 1 },
      { recall: 0.5, precision: 1, f1: 2 / 3, rows: 2 },
    ]);
  });

  it("counts a row without a prediction as missed, and as nobody's false alarm", () => {
    expect(precisionRecall(Int32Array.of(-1, 1), Int32Array.of(1, 1), 2)).to.deep.equal([
      { recall: 0, precision: 0, f1: 0, rows: 0 },
      { recall: 0.5, precision: 1, f1: 2 / 3, rows: 2 },
    ]);
  });
});
