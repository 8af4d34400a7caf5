import { expect } from "chai";
import { leftByTrim, rankedSum } from "../../trainer/protocol/laneRanks.ts";
import type { Ranked } from "../../trainer/protocol/laneRanks.ts";
import { MAX_DIVISOR } from "../../trainer/protocol/serverStep.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceRankedSum } from "../vectors/reference.ts";

const aCohort = (sum: readonly number[], divisor: number): Ranked => ({ sum: Int32Array.from(sum), divisor });

describe("The sum of several cohorts", () => {
  it("is what a plain model says, for any cohorts and any trim", () => {
    const random = seededRandom("sums of cohorts");
    for (let trial = 0; trial < 300; trial++) {
      const lanes = 1 + random.below(40);
      const cohorts = Array.from({ length: 1 + random.below(8) }, () => ({
        sum: randomLanes(random, lanes),
        divisor: 1 + random.below([4, 1_000, MAX_DIVISOR][trial % 3]!),
      }));
      const trim = random.below(4);
      const what = `${cohorts.length} cohorts, trim ${trim}`;
      expect(rankedSum(cohorts, trim), what).to.deep.equal(referenceRankedSum(cohorts, trim));
    }
  });

  it("without trimming is that of all lanes, whatever the divisors are", () => {
    const cohorts = [aCohort([5, -7, 2 ** 31 - 1], 3), aCohort([1, -1, 1], 1_000)];
    expect([...rankedSum(cohorts, 0)]).to.deep.equal([6, -8, -(2 ** 31)]);
  });

  it("with trimming is that of the means that are left, each rounded by itself, halves away from zero", () => {
    const cohorts = [aCohort([5, -5], 2), aCohort([100, 100], 1), aCohort([0, 0], 9), aCohort([-1_000, -7], 1)];
    expect([...rankedSum(cohorts, 1)]).to.deep.equal([3, -3]);
  });

  it("leaves out of every lane whoever is lowest and highest there, and so no cohort by itself", () => {
    const cohorts = [aCohort([1, 30, 2], 1), aCohort([2, 10, 3], 1), aCohort([3, 20, 1], 1)];
    expect([...rankedSum(cohorts, 1)]).to.deep.equal([2, 20, 2]);
  });

  it("stays within what the others say, whatever one cohort says", () => {
    const random = seededRandom("one wild cohort");
    for (let trial = 0; trial < 50; trial++) {
      const honest = Array.from({ length: 2 + random.below(6) }, () => aCohort([random.below(2_000) - 1_000], 1));
      const wild = { sum: randomLanes(random, 1), divisor: 1 };
      const [total] = rankedSum([...honest, wild], 1);
      const mean = total! / leftByTrim(honest.length + 1, 1);
      const said = honest.map(({ sum }) => sum[0]!);
      expect(mean).to.be.within(Math.min(...said), Math.max(...said));
    }
  });

  it("does not depend on the order of cohorts, and changes none of them", () => {
    const random = seededRandom("order of cohorts");
    const cohorts = Array.from({ length: 5 }, () => ({ sum: randomLanes(random, 33), divisor: 1 + random.below(9) }));
    const before = cohorts.map(({ sum }) => sum.slice());
    for (const trim of [0, 1, 2]) {
      expect(rankedSum(cohorts, trim)).to.deep.equal(rankedSum(cohorts.toReversed(), trim));
    }
    const [only] = cohorts;
    rankedSum([only!], 0)[0]! ^= 1;
    expect(cohorts.map(({ sum }) => sum)).to.deep.equal(before);
  });

  it("counts the means that are left: with too few cohorts one or two in the middle", () => {
    const left = (trim: number) => [1, 2, 3, 4, 5, 6, 7, 8].map((cohorts) => leftByTrim(cohorts, trim));
    expect(left(0)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(left(1)).to.deep.equal([1, 2, 1, 2, 3, 4, 5, 6]);
    expect(left(3)).to.deep.equal([1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it("refuses no cohorts, and sums of other lengths", () => {
    expect(() => rankedSum([], 0)).to.throw(RangeError, "without cohorts");
    expect(() => rankedSum([aCohort([1], 1), aCohort([1, 2], 1)], 1)).to.throw(RangeError, "same length");
  });
});
