/** Mean distance between estimate and truth, in their unit. */
export function meanAbsoluteError(estimates: Float64Array, truths: Float64Array): number {
  return truths.reduce((sum, truth, row) => sum + Math.abs((estimates[row] ?? NaN) - truth), 0) / truths.length;
}
