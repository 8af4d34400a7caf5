// A sum that leaves out what stands out: lane by lane the `trim` lowest and highest are left out and the others added, which
// makes a trimmed mean, or with the most that can be left out the median (Yin et al. 2018). Of updates where they can be read;
// where nobody can read an update inside a cohort, of the cohorts' means. Bit for bit what contracts/libraries/LaneRanks.sol
// computes.

import { addLanes } from "./lanes.ts";
import { roundDiv } from "./serverStep.ts";

/** A cohort's sum, and what makes a mean of it: its updates' weight, or how many there are; 1 to 2^31, of a single update 1. */
export interface Ranked {
  readonly sum: Int32Array;
  readonly divisor: number;
}

/** How many of `count` are left: with so few that `trim` would leave none, one or two in the middle. */
export function leftByTrim(count: number, trim: number): number {
  return count - 2 * cut(count, trim);
}

/**
 * The sum of cohorts, all of one length, as the next model is stepped by it: by the weight of all updates without trimming,
 * else by {@link leftByTrim}.
 *
 * @param trim How many means are left out at either end of every lane; 0: the sums are just added.
 * @returns A vector of its own; lanes wrap modulo 2^32 as all sums of lanes do.
 * @throws RangeError without cohorts, or if they have different lengths.
 */
export function rankedSum(cohorts: readonly Ranked[], trim: number): Int32Array {
  const [first, ...others] = cohorts;
  if (first === undefined) throw new RangeError("Nothing is summed without cohorts.");
  const lanes = first.sum.length;
  if (others.some(({ sum }) => sum.length !== lanes)) throw new RangeError("All cohorts' sums have the same length.");
  const total = new Int32Array(lanes);
  if (trim === 0) {
    total.set(first.sum);
    for (const { sum } of others) addLanes(total, sum);
    return total;
  }
  const leftOut = cut(cohorts.length, trim);
  const means = new Float64Array(cohorts.length);
  for (let lane = 0; lane < lanes; lane++) {
    for (let c = 0; c < means.length; c++) {
      const { sum, divisor } = cohorts[c]!;
      const mean = roundDiv(sum[lane]!, divisor);
      let place = c;
      for (; place > 0 && means[place - 1]! > mean; place--) means[place] = means[place - 1]!;
      means[place] = mean;
    }
    let left = 0;
    for (let c = leftOut; c < means.length - leftOut; c++) left += means[c]!;
    total[lane] = left; // as an Int32Array stores it: modulo 2^32
  }
  return total;
}

function cut(count: number, trim: number): number {
  return count > 2 * trim ? trim : Math.floor((count - 1) / 2);
}
