// The rule that keeps a round's sum inside 32 bits whoever takes part: maxTrainers * maxWeight * clip * 2^fractionBits
// must stay below 2^31. Where the means of cohorts are compared, each cohort's sum must, and the sum of their means. The
// contract checks the same when a task opens (contracts/libraries/TaskRules.sol).

import type { Fault } from "./fault.ts";
import { laneBound } from "./quantise.ts";

/** A lane of a sum stays below this. */
export const SUM_LIMIT = 2 ** 31;

/** The numbers of a task that decide how large a sum can become. */
export interface SumLimits {
  readonly maxTrainers: number;
  /** All have the same number of seats; 1, or 0 in a sealed task, for the sum of all. */
  readonly cohorts: number;
  /** How many of their means are left out at either end; 0: the sums are added. */
  readonly trim: number;
  readonly maxWeight: number;
  /** Largest magnitude of a delta, in real units. */
  readonly clip: number;
  readonly fractionBits: number;
}

export interface OverflowFaults {
  /** `fits`: single numbers that would do, each with its name. */
  sumCouldOverflow: SumLimits & { largest: number; limit: number; fits: readonly string[] };
}

/** A task whose honest sums might not fit in 32 bits. */
export class SumCouldOverflowError extends Error {
  override readonly name = "SumCouldOverflowError";
  readonly fault: Fault<OverflowFaults>;

  constructor(message: string, fault: Fault<OverflowFaults>) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Passes when no set of honest updates can overflow a lane of the sum.
 *
 * @throws SumCouldOverflowError naming the numbers and, for each one, what would fit.
 * @throws RangeError when a number is no count, or clip and fractionBits do not make a lane.
 */
export function checkNoOverflow(limits: SumLimits): void {
  const { maxTrainers, cohorts, trim, maxWeight, clip, fractionBits } = limits;
  checkCount("maxTrainers", maxTrainers);
  checkCount("maxWeight", maxWeight);
  const largest = largestSum(limits);
  if (largest < SUM_LIMIT) return;

  const bound = laneBound({ fractionBits, clip });
  const largestBelow = (others: number): number => Math.ceil(SUM_LIMIT / others) - 1;
  const seats = trim === 0 ? maxTrainers : maxTrainers / cohorts;
  const fits: string[] = [];
  const suggest = (name: "maxTrainers" | "maxWeight" | "clip" | "fractionBits", value: number): void => {
    if (value > 0 && largestSum({ ...limits, [name]: value }) < SUM_LIMIT) fits.push(`${name} ${value}`);
  };
  const most = largestBelow(maxWeight * bound);
  const all = Math.max(1, cohorts);
  suggest("maxTrainers", trim === 0 ? most - (most % all) : most * all);
  suggest("maxWeight", largestBelow(seats * bound));
  suggest("clip", largestBelow(timesTheBound(limits)) / 2 ** fractionBits);
  const isLane = (bits: number): boolean => bits >= 1 && clip * 2 ** bits >= 0.5;
  let bits = fractionBits - 1;
  while (isLane(bits) && largestSum({ ...limits, fractionBits: bits }) >= SUM_LIMIT) bits--;
  if (isLane(bits)) suggest("fractionBits", bits);
  const compared = trim === 0 ? "" : ` in each of ${cohorts} cohorts, or the sum of their means`;
  throw new SumCouldOverflowError(
    `A sum could reach ${largest}, but a lane holds less than ${SUM_LIMIT}: maxTrainers ${maxTrainers} x maxWeight ` +
      `${maxWeight} x clip ${clip} x 2^${fractionBits}${compared}. ` +
      (fits.length > 0 ? `Any one of these would fit: ${fits.join(", ")}.` : "Lower several of them."),
    { fault: "sumCouldOverflow", ...limits, largest, limit: SUM_LIMIT, fits },
  );
}

/** How large a lane of an honest sum can become. */
export function largestSum(limits: SumLimits): number {
  return timesTheBound(limits) * laneBound(limits);
}

/** How many times the bound a lane of a sum can be: of all updates, or of a cohort's and then of the cohorts' means. */
function timesTheBound({ maxTrainers, maxWeight, cohorts, trim }: SumLimits): number {
  return trim === 0 ? maxTrainers * maxWeight : Math.max((maxTrainers / cohorts) * maxWeight, cohorts);
}

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} is ${value}; it must be a whole number from 1.`);
  }
}
