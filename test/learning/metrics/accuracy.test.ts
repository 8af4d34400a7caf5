import { expect } from "chai";
import { accuracy } from "../../../trainer/learning/metrics/accuracy.ts";

describe("accuracy", () => {
  it("is the share of rows that are right, and what is no class is wrong", () => {
    expect(accuracy(Int32Array.of(0, 2, 1, -1), Int32Array.of(0, 1, 1, 0))).to.equal(0.5);
  });
});
