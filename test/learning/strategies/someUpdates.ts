/** Updates that can be read, and the rules of the papers on them by the shortest way. */
import type { ReadableUpdate } from "../../../trainer/learning/strategies/strategy.ts";
import type { Random } from "../../../trainer/learning/random.ts";

export function updatesOf(vectors: readonly (readonly number[] | Int32Array)[]): ReadableUpdate[] {
  return vectors.map((lanes, seat) => ({ seat, trainer: `trainer ${seat}`, lanes: Int32Array.from(lanes) }));
}

/** Vectors about one centre, and last of all liars as far away as they like to be, together or not. */
export function honestAndLiars(random: Random, honest: number, liars: number): number[][] {
  const centre = Array.from({ length: 20 }, () => random.below(2_001) - 1_000);
  const spread = 1 + random.below(50);
  const far = 10 ** (4 + random.below(5));
  const together = random.below(2) === 0;
  const lie = centre.map(() => Math.round(far * random.normal()));
  return [
    ...Array.from({ length: honest }, () => centre.map((lane) => lane + random.below(2 * spread + 1) - spread)),
    ...Array.from({ length: liars }, () => (together ? lie : centre.map(() => Math.round(far * random.normal())))),
  ];
}

/** Krum's choice in Blanchard et al. 2017: the least sum of squared distances to the n - f - 2 nearest others. */
export function textbookKrum(vectors: readonly (readonly number[])[], liars: number): number {
  let best = { at: -1, score: Infinity };
  for (const [at, vector] of vectors.entries()) {
    const distances = vectors
      .filter((_, other) => other !== at)
      .map((other) => other.reduce((sum, lane, i) => sum + (lane - vector[i]!) ** 2, 0));
    distances.sort((a, b) => a - b);
    const score = distances.slice(0, Math.max(0, vectors.length - liars - 2)).reduce((sum, each) => sum + each, 0);
    if (score < best.score) best = { at, score };
  }
  return best.at;
}
