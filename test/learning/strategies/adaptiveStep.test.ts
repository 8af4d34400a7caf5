import { expect } from "chai";
import { adaptiveStep } from "../../../trainer/learning/strategies/adaptiveStep.ts";
import type { Moments } from "../../../trainer/learning/strategies/adaptiveStep.ts";

const RULE = { rate: 0.5, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.1 };

/** One number's way through Algorithm 2, each line as the paper has it. */
function textbook(rule: "FedYogi" | "FedAdagrad", means: readonly number[]): number[] {
  let [x, m, v] = [0, 0, 0];
  return means.map((mean) => {
    m = 0.9 * m + 0.1 * mean;
    if (rule === "FedAdagrad") v = v + mean * mean;
    else if (v > mean * mean) v = v - 0.01 * mean * mean;
    else if (v < mean * mean) v = v + 0.01 * mean * mean;
    x = x + (0.5 * m) / (Math.sqrt(v) + 0.1);
    return x;
  });
}

describe("adaptiveStep", () => {
  // The second moment of FedYogi first grows and then, under small updates, shrinks.
  const means = [2, -1, 0.5, 0.01, 0, 3, 0.001, 0.002];

  for (const rule of ["FedYogi", "FedAdagrad"] as const) {
    it(`steps as the paper's ${rule}`, () => {
      let moments: Moments = { first: new Float64Array(2), second: new Float64Array(2) };
      const model = [0, 0];
      const expected = textbook(rule, means);
      for (const [round, mean] of means.entries()) {
        const stepped = adaptiveStep({ rule, ...RULE }, moments, Float64Array.of(mean, -mean));
        moments = stepped.moments;
        stepped.step.forEach((moved, i) => (model[i]! += moved));
        expect(model[0]).to.be.closeTo(expected[round]!, 1e-12);
        expect(model[1]).to.be.closeTo(-expected[round]!, 1e-12);
      }
    });
  }

  it("is worked out by hand for a first update of 2", () => {
    const zero = { first: new Float64Array(1), second: new Float64Array(1) };
    const yogi = adaptiveStep({ rule: "FedYogi", ...RULE }, zero, Float64Array.of(2));
    expect(yogi.step[0]).to.be.closeTo((0.5 * 0.2) / (0.2 + 0.1), 1e-12);
    const adagrad = adaptiveStep({ rule: "FedAdagrad", ...RULE }, zero, Float64Array.of(2));
    expect(adagrad.step[0]).to.be.closeTo((0.5 * 0.2) / (2 + 0.1), 1e-12);
  });
});
