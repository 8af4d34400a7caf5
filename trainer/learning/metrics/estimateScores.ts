/** Everything that is said of a model which estimates a number, in that number's own unit. */
import { meanAbsoluteError } from "./meanAbsoluteError.ts";
import { rSquared } from "./rSquared.ts";
import { rootMeanSquaredError } from "./rootMeanSquaredError.ts";

export interface EstimateScores {
  readonly kind: "estimates";
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
  /** Absent if all truths are the same. */
  readonly rSquared?: number;
}

/** @param truths one a row, of which there is at least one. */
export function estimateScores(estimates: Float64Array, truths: Float64Array): EstimateScores {
  const explained = rSquared(estimates, truths);
  return {
    kind: "estimates",
    meanAbsoluteError: meanAbsoluteError(estimates, truths),
    rootMeanSquaredError: rootMeanSquaredError(estimates, truths),
    ...(explained === undefined ? {} : { rSquared: explained }),
  };
}
