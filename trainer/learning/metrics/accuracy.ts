/** Share of rows whose predicted class is the label, 0 to 1. */
export function accuracy(predicted: Int32Array, labels: Int32Array): number {
  let correct = 0;
  for (let row = 0; row < labels.length; row++) if (predicted[row] === labels[row]) correct++;
  return correct / labels.length;
}
