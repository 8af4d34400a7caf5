/**
 * Coefficient of determination: the share of the truths' variance that the estimates explain. 1 is perfect, 0 as good
 * as always saying the mean, below 0 worse.
 * @returns undefined if all truths are the same.
 */
export function rSquared(estimates: Float64Array, truths: Float64Array): number | undefined {
  const mean = truths.reduce((sum, truth) => sum + truth, 0) / truths.length;
  const variance = truths.reduce((sum, truth) => sum + (truth - mean) ** 2, 0);
  if (variance === 0) return undefined;
  return 1 - truths.reduce((sum, truth, row) => sum + ((estimates[row] ?? NaN) - truth) ** 2, 0) / variance;
}
