import { expect } from "chai";
import { areaUnderRoc } from "../../../trainer/learning/metrics/areaUnderRoc.ts";
import { createRandom } from "../../../trainer/learning/random.ts";

describe("areaUnderRoc", () => {
  const seed = createRandom(process.env["FOEDUS_TEST_SEED"] ?? Date.now()).uint32();

  it("gives what scikit-learn's documentation of roc_auc_score gives", () => {
    expect(areaUnderRoc(Float32Array.of(0.1, 0.4, 0.35, 0.8), (row) => row >= 2)).to.equal(0.75);
  });

  it("is 1 and 0 for perfect and reversed orders, 1/2 where all scores are the same", () => {
    const isPositive = (row: number) => row % 2 === 1;
    expect(areaUnderRoc(Float32Array.of(0, 1, 0, 1), isPositive)).to.equal(1);
    expect(areaUnderRoc(Float32Array.of(1, 0, 1, 0), isPositive)).to.equal(0);
    expect(areaUnderRoc(Float32Array.of(3, 3, 3, 3, 3), isPositive)).to.equal(0.5);
  });

  it(`is the share of pairs in the right order, ties counting half (seed ${seed})`, () => {
    const random = createRandom(seed);
    for (let trial = 0; trial < 50; trial++) {
      const scores = Float32Array.from({ length: 2 + random.below(40) }, () => random.below(8)); // many ties
      const labels = scores.map(() => random.below(2));
      let [pairs, right] = [0, 0];
      for (const [i, a] of scores.entries()) {
        for (const [j, b] of scores.entries()) {
          if (labels[i] !== 1 || labels[j] !== 0) continue;
          pairs++;
          right += a > b ? 1 : a === b ? 0.5 : 0;
        }
      }
      const area = areaUnderRoc(scores, (row) => labels[row] === 1);
      if (pairs === 0) expect(area).to.equal(undefined);
      else expect(area).to.be.closeTo(right / pairs, 1e-12);
    }
  });

  it("cannot be said of numbers that ran away", () => {
    expect(areaUnderRoc(Float32Array.of(0, NaN), (row) => row === 1)).to.equal(undefined);
  });
});
