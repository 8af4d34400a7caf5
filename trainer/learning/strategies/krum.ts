/**
 * Krum: Blanchard et al. 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent"
 * (https://arxiv.org/abs/1703.02757), section 3: of n updates of which f may lie, 2f + 2 < n, only the one counts whose
 * n - f - 2 nearest others are nearest.
 */
import { z } from "zod";
import { byKrumScore } from "./krumScores.ts";
import { squaredDistances } from "./lanesProduct.ts";
import { bySeat, positions } from "./seats.ts";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";
import type { Selection } from "./strategy.ts";

export const krum = defineStrategy({
  name: "Krum",
  paper: { authors: "Blanchard et al.", year: 2017, url: "https://arxiv.org/abs/1703.02757" },
  needs: "updates",
  settings: z.strictObject({
    /** f: how many updates may lie. */
    liars: z.int().min(0).max(126),
  }),
  plan({ liars }, { trainers: { min } }) {
    assertEnoughForKrum("Krum", liars, min);
    return { select: selectionByKrum({ liars, min }, () => 1), leaves: 1, server: { rule: "Uniform" } };
  },
});

/** The updates with the lowest scores: as many as `keep` says of n, of which so many may lie. */
export function selectionByKrum(round: LiarsInRound, keep: (updates: number, liars: number) => number): Selection {
  return bySeat(async (updates, signal) => {
    const liars = liarsAmong(updates.length, round);
    if (liars === undefined) return [];
    const distances = await squaredDistances(
      updates.map(({ lanes }) => lanes),
      signal,
    );
    return byKrumScore(distances, liars, positions(updates.length)).slice(0, keep(updates.length, liars));
  });
}

export interface LiarsInRound {
  /** f: how many of its updates may lie. */
  readonly liars: number;
  /** The fewest updates that it has. */
  readonly min: number;
}

/**
 * How many of so many readable updates may lie: an update that is missing from the fewest of a round is a liar's, so what is
 * true of n updates with f liars is true of the others. Undefined if more are missing than may lie: then nothing is sure.
 */
export function liarsAmong(readable: number, { liars, min }: LiarsInRound): number | undefined {
  const left = liars - Math.max(0, min - readable);
  return left < 0 ? undefined : left;
}

/** @throws UnsuitableStrategy unless 2f + 2 < n. */
export function assertEnoughForKrum(name: string, liars: number, trainers: number): void {
  const needed = 2 * liars + 3;
  if (trainers >= needed) return;
  throw new UnsuitableStrategy(
    `${name} finds ${liars} liars among at least ${needed} updates, and a round may have only ${trainers}. ` +
      `Set trainers.min to ${needed}, or its setting "liars" lower.`,
    { fault: "tooFewForLiars", strategy: name, liars, needed, min: trainers },
  );
}
