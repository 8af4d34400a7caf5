// The rule that keeps a round's sum inside 32 bits whoever takes part: maxTrainers * maxWeight * clip * 2^fractionBits
// must stay below 2^31. The contract checks the same when a task opens (contracts/libraries/TaskRules.sol).

import { laneBound } from "./quantise.ts";

const SUM_LIMIT = 2 ** 31;

/** The numbers of a task that decide how large a sum can become. */
export interface SumLimits {
  readonly maxTrainers: number;
  readonly maxWeight: number;
  /** Largest magnitude of a delta, in real units. */
  readonly clip: number;
  readonly fractionBits: number;
}

/** A task whose honest sums might not fit in 32 bits. */
export class SumCouldOverflowError extends Error {
  override readonly name = "SumCouldOverflowError";
}

/**
 * Passes when no set of honest updates can overflow a lane of the sum.
 *
 * @throws SumCouldOverflowError naming the numbers and, for each one, what would fit.
 * @throws RangeError when a number is no count, or clip and fractionBits do not make a lane.
 */
export function checkNoOverflow({ maxTrainers, maxWeight, clip, fractionBits }: SumLimits): void {
  checkCount("maxTrainers", maxTrainers);
  checkCount("maxWeight", maxWeight);
  const bound = laneBound({ fractionBits, clip });
  const largest = maxTrainers * maxWeight * bound;
  if (largest < SUM_LIMIT) return;

  const largestBelow = (others: number): number => Math.ceil(SUM_LIMIT / others) - 1;
  const fits: string[] = [];
  const trainers = largestBelow(maxWeight * bound);
  if (trainers >= 1) fits.push(`maxTrainers ${trainers}`);
  const weight = largestBelow(maxTrainers * bound);
  if (weight >= 1) fits.push(`maxWeight ${weight}`);
  const lane = largestBelow(maxTrainers * maxWeight);
  if (lane >= 1) fits.push(`clip ${lane / 2 ** fractionBits}`);
  for (let bits = fractionBits - 1; bits >= 1 && clip * 2 ** bits >= 0.5; bits--) {
    const smaller = maxTrainers * maxWeight * laneBound({ fractionBits: bits, clip });
    if (smaller >= SUM_LIMIT) continue;
    fits.push(`fractionBits ${bits}`);
    break;
  }
  throw new SumCouldOverflowError(
    `A sum could reach ${largest}, but a lane holds less than ${SUM_LIMIT}: maxTrainers ${maxTrainers} x maxWeight ` +
      `${maxWeight} x clip ${clip} x 2^${fractionBits}. ` +
      (fits.length > 0 ? `Any one of these would fit: ${fits.join(", ")}.` : "Lower several of them."),
  );
}

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} is ${value}; it must be a whole number from 1.`);
  }
}
