/**
 * Expected calibration error (Naeini et al. 2015, as Guo et al. 2017, https://arxiv.org/abs/1706.04599): rows are put
 * into bins by the probability of the class they were called; in each, accuracy and mean probability should agree. The
 * mean distance, weighted by rows. Bins are ((i - 1) / bins, i / bins]. NaN if the numbers ran away.
 * @param probabilities [rows, classes].
 */
export function calibrationError(
  probabilities: Float32Array,
  predicted: Int32Array,
  labels: Int32Array,
  bins = 10,
): number {
  const classes = probabilities.length / labels.length;
  const surplus = new Float64Array(bins); // sum of probabilities minus hits
  for (let row = 0; row < labels.length; row++) {
    const guess = predicted[row] as number; // one for each label
    const confidence = probabilities[row * classes + guess] ?? NaN;
    if (guess < 0 || Number.isNaN(confidence)) return NaN;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    surplus[bin]! += confidence - (guess === labels[row] ? 1 : 0);
  }
  return surplus.reduce((sum, each) => sum + Math.abs(each), 0) / labels.length;
}
