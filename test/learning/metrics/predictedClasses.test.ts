import { expect } from "chai";
import { predictedClasses } from "../../../trainer/learning/metrics/predictedClasses.ts";

describe("predictedClasses", () => {
  it("says which score of each row is the largest, the first of equal ones", () => {
    const scores = Float32Array.of(1, 3, 2, 5, 5, 0, -3, -2, -1);
    expect([...predictedClasses(scores, 3)]).to.deep.equal([1, 0, 2]);
  });

  it("says no class where numbers ran away", () => {
    expect([...predictedClasses(Float32Array.of(0, NaN, NaN, 0, 1, 2), 2)]).to.deep.equal([-1, -1, 1]);
  });
});
