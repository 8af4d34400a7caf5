/**
 * The score of Krum (Blanchard et al. 2017, section 3): of each vector, the sum of the squared distances to the n - f - 2
 * others that are nearest to it. The lower, the more others agree with it.
 */

/**
 * The `candidates` by their scores among themselves, lowest first; of equal ones the one that comes first.
 * @param distances Squared, between any two. @param liars f. @param candidates Positions in `distances`, ascending.
 */
export function byKrumScore(
  distances: readonly (readonly bigint[])[],
  liars: number,
  candidates: readonly number[],
): number[] {
  const nearest = Math.max(0, candidates.length - liars - 2);
  const scored = candidates.map((candidate) => {
    const toOthers = candidates.filter((other) => other !== candidate).map((other) => distances[candidate]![other]!);
    const score = toOthers
      .sort(compare)
      .slice(0, nearest)
      .reduce((sum, distance) => sum + distance, 0n);
    return { candidate, score };
  });
  return scored.sort((a, b) => compare(a.score, b.score) || a.candidate - b.candidate).map((each) => each.candidate);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
