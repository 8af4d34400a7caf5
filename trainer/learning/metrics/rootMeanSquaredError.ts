/** Root of the mean squared error, in the unit of estimate and truth. Large errors weigh more than in the MAE. */
export function rootMeanSquaredError(estimates: Float64Array, truths: Float64Array): number {
  return Math.sqrt(truths.reduce((sum, truth, row) => sum + ((estimates[row] ?? NaN) - truth) ** 2, 0) / truths.length);
}
