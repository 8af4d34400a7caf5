// The server's step in integers (FedAvg, McMahan et al. 2017): the next model is the model plus the weighted mean of the
// deltas. It is exact, so that a contract can recompute any lane of it (contracts/libraries/FixedPointStep.sol).

import { INT32_MAX, INT32_MIN } from "./quantise.ts";

/** The largest total weight a step divides by. */
export const MAX_TOTAL_WEIGHT = 2 ** 31;

/**
 * `clampInt32(model + roundHalfAwayFromZero(sum / totalWeight))`, lane by lane, in a new vector.
 *
 * @param model Lanes of the current model.
 * @param sum Lanes of the sum of the weighted deltas.
 * @param totalWeight Sum of the weights, 1 to 2^31.
 * @throws RangeError when lengths differ or totalWeight is out of range.
 */
export function serverStep(model: Int32Array, sum: Int32Array, totalWeight: number): Int32Array<ArrayBuffer> {
  if (model.length !== sum.length) {
    throw new RangeError(`The model has ${model.length} lanes and the sum ${sum.length}; they must be as many.`);
  }
  if (!Number.isInteger(totalWeight) || totalWeight < 1 || totalWeight > MAX_TOTAL_WEIGHT) {
    throw new RangeError(`Total weight is ${totalWeight}; it must be an integer from 1 to ${MAX_TOTAL_WEIGHT}.`);
  }
  const divisor = 2 * totalWeight;
  const next = new Int32Array(model.length);
  for (let i = 0; i < next.length; i++) {
    // round(|s| / W) = floor((2|s| + W) / 2W). Doubles are exact here: both are integers below 2^53, so a quotient that is
    // no integer lies at least 1 / 2W below the next one, while the division is off by less than quotient / 2^53.
    const twice = 2 * sum[i]!;
    const mean = twice < 0 ? -Math.floor((totalWeight - twice) / divisor) : Math.floor((twice + totalWeight) / divisor);
    const stepped = model[i]! + mean;
    next[i] = stepped > INT32_MAX ? INT32_MAX : stepped < INT32_MIN ? INT32_MIN : stepped;
  }
  return next;
}
