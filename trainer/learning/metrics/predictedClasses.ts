/**
 * The class that each row's scores (logits or probabilities) put first; of equal ones the first. -1 if the numbers ran
 * away, which no label is.
 * @param scores [rows, classes].
 */
export function predictedClasses(scores: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = -1;
    let largest = -Infinity;
    for (let candidate = 0; candidate < classes; candidate++) {
      const score = scores[row * classes + candidate] as number;
      if (Number.isNaN(score)) return -1;
      if (score > largest) {
        largest = score;
        best = candidate;
      }
    }
    return best;
  });
}
