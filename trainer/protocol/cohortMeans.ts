// One sum of several cohorts' sums. Nobody can read an update inside a cohort, but the cohorts' means can be compared: lane by
// lane the `trim` lowest and highest are left out and the others added, as the trimmed mean and the median do with updates
// (Yin et al. 2018). Bit for bit what contracts/libraries/CohortMeans.sol computes.

import { addLanes } from "./lanes.ts";
import { roundDiv } from "./serverStep.ts";

/** A cohort's sum, and what makes a mean of it: its updates' weight, or how many there are; 1 to 2^31. */
export interface CohortSum {
  readonly sum: Int32Array;
  readonly divisor: number;
}

/** How many of `cohorts` means are left: with so few that `trim` would leave none, one or two in the middle. */
export function meansLeft(cohorts: number, trim: number): number {
  return cohorts - 2 * cut(cohorts, trim);
}

/**
 * The sum of cohorts, all of one length, as the next model is stepped by it: by the weight of all updates without trimming,
 * else by {@link meansLeft}.
 *
 * @param trim How many means are left out at either end of every lane; 0: the sums are just added.
 * @returns A vector of its own; lanes wrap modulo 2^32 as all sums of lanes do.
 * @throws RangeError without cohorts, or if they have different lengths.
 */
export function sumOfCohorts(cohorts: readonly CohortSum[], trim: number): Int32Array {
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

function cut(cohorts: number, trim: number): number {
  return cohorts > 2 * trim ? trim : Math.floor((cohorts - 1) / 2);
}
