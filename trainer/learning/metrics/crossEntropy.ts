/**
 * Mean cross-entropy in nats, from logits, so that a certain mistake costs what it should and not infinity. NaN if the
 * numbers ran away.
 * @param logits [rows, classes].
 */
export function crossEntropy(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let loss = 0;
  labels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    let largest = -Infinity;
    for (const logit of own) largest = Math.max(largest, logit);
    let sum = 0;
    for (const logit of own) sum += Math.exp(logit - largest);
    loss += Math.log(sum) + largest - (own[label] ?? NaN);
  });
  return loss / labels.length;
}
