import { expect } from "chai";
import { rootMeanSquaredError } from "../../../trainer/learning/metrics/rootMeanSquaredError.ts";

describe("rootMeanSquaredError", () => {
  const truths = Float64Array.of(3, -0.5, 2, 7);

  it("gives what scikit-learn's documentation gives for its example", () => {
    expect(rootMeanSquaredError(Float64Array.of(2.5, 0, 2, 8), truths)).to.be.closeTo(Math.sqrt(0.375), 1e-12);
  });
});
