import { expect } from "chai";
import { meanAbsoluteError } from "../../../trainer/learning/metrics/meanAbsoluteError.ts";

describe("meanAbsoluteError", () => {
  const truths = Float64Array.of(3, -0.5, 2, 7);

  it("gives what scikit-learn's documentation gives for its example", () => {
    expect(meanAbsoluteError(Float64Array.of(2.5, 0, 2, 8), truths)).to.be.closeTo(0.5, 1e-12);
  });
});
