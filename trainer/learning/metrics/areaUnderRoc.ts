/**
 * Area under the receiver operating characteristic: how probable it is that a positive row scores above a negative one,
 * ties counting half. Exact, by the sum of ranks with equal scores sharing theirs (Hanley and McNeil 1982).
 * @param scores the higher, the more like the positive class.
 * @returns undefined if there is no positive or no negative row, or a score is NaN.
 */
export function areaUnderRoc(scores: Float32Array, isPositive: (row: number) => boolean): number | undefined {
  if (scores.some(Number.isNaN)) return undefined;
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row);
  order.sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    const score = scores[order[from] as number];
    let to = from;
    let tiedPositives = 0;
    for (; to < order.length && scores[order[to] as number] === score; to++) {
      if (isPositive(order[to] as number)) tiedPositives++;
    }
    positives += tiedPositives;
    rankSum += (tiedPositives * (from + 1 + to)) / 2; // ranks from + 1 to `to` are shared
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
