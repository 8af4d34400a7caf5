/**
 * Brier score (1950): mean squared distance between the probabilities and what happened. For two classes half of it, so
 * that it is (p - outcome)^2 and goes from 0 to 1, as in scikit-learn; for more from 0 to 2.
 * @param probabilities [rows, classes].
 */
export function brierScore(probabilities: Float32Array, labels: Int32Array): number {
  const classes = probabilities.length / labels.length;
  let sum = 0;
  probabilities.forEach((probability, at) => {
    const happened = labels[Math.floor(at / classes)] === at % classes ? 1 : 0;
    sum += (probability - happened) ** 2;
  });
  return sum / labels.length / (classes === 2 ? 2 : 1);
}
