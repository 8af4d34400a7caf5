import { expect } from "chai";
import { calibrationError } from "../../../trainer/learning/metrics/calibrationError.ts";

/** Two classes, class 0 being called with these probabilities. */
const called = (confidences: number[]) => Float32Array.from(confidences.flatMap((each) => [each, 1 - each]));
const alwaysFirst = (rows: number) => new Int32Array(rows);

describe("calibrationError", () => {
  it("weights each bin's distance of accuracy from mean confidence by its rows", () => {
    // (0.9, 1]: three rows, confidence 0.95, two right; (0.6, 0.7]: two rows, mean 0.65, one right.
    const probabilities = called([0.95, 0.95, 0.95, 0.62, 0.68]);
    const error = calibrationError(probabilities, alwaysFirst(5), Int32Array.of(0, 0, 1, 0, 1));
    expect(error).to.be.closeTo((3 / 5) * (0.95 - 2 / 3) + (2 / 5) * (0.65 - 0.5), 1e-7);
  });

  it("is 0 for probabilities that come true as often as they say", () => {
    const probabilities = called([0.75, 0.75, 0.75, 0.75]);
    expect(calibrationError(probabilities, alwaysFirst(4), Int32Array.of(0, 0, 0, 1))).to.equal(0);
  });

  it("puts certainty into the last bin, and is NaN where numbers ran away", () => {
    expect(calibrationError(called([1]), alwaysFirst(1), Int32Array.of(1))).to.equal(1);
    expect(calibrationError(Float32Array.of(NaN, NaN), Int32Array.of(-1), Int32Array.of(1))).to.be.NaN;
  });
});
