import { expect } from "chai";
import { rSquared } from "../../../trainer/learning/metrics/rSquared.ts";

describe("rSquared", () => {
  const truths = Float64Array.of(3, -0.5, 2, 7);

  it("gives what scikit-learn's documentation gives for its example", () => {
    expect(rSquared(Float64Array.of(2.5, 0, 2, 8), truths)).to.be.closeTo(0.9486081370449679, 1e-12);
  });

  it("is 0 for always saying the mean, and cannot be said where nothing varies", () => {
    expect(rSquared(new Float64Array(4).fill(2.875), truths)).to.equal(0);
    expect(rSquared(Float64Array.of(1, 2), Float64Array.of(5, 5))).to.equal(undefined);
  });
});
