/**
 * Bulyan: El Mhamdi et al. 2018, "The Hidden Vulnerability of Distributed Learning in Byzantium"
 * (https://arxiv.org/abs/1802.07927), section 4: of n >= 4f + 3 updates of which f may lie, Krum picks one after the other, each
 * among those that are left, until n - 2f are picked; number by number, n - 4f of their values make the mean.
 *
 * Those are the nearest to the median in the paper, and here those that are left without the f lowest and f highest: that is
 * a sum which the chain can check, and as there, each value lies between two of honest trainers or is one.
 */
import { z } from "zod";
import { liarsAmong } from "./krum.ts";
import { byKrumScore } from "./krumScores.ts";
import { squaredDistances } from "./lanesProduct.ts";
import { bySeat, positions } from "./seats.ts";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";

export const bulyan = defineStrategy({
  name: "Bulyan",
  paper: { authors: "El Mhamdi et al.", year: 2018, url: "https://arxiv.org/abs/1802.07927" },
  needs: "updates",
  settings: z.strictObject({
    /** f: how many updates may lie. */
    liars: z.int().min(0).max(63),
  }),
  plan({ liars }, { trainers: { min } }) {
    const needed = 4 * liars + 3;
    if (min < needed) {
      throw new UnsuitableStrategy(
        `Bulyan finds ${liars} liars among at least ${needed} updates, and a round may have only ${min}. ` +
          `Set trainers.min to ${needed}, or its setting "liars" lower.`,
        { fault: "tooFewForLiars", strategy: "Bulyan", liars, needed, min },
      );
    }
    return {
      select: bySeat(async (updates, signal) => {
        const among = liarsAmong(updates.length, { liars, min });
        if (among === undefined) return [];
        const distances = await squaredDistances(
          updates.map(({ lanes }) => lanes),
          signal,
        );
        const picked: number[] = [];
        let left = positions(updates.length);
        while (picked.length < updates.length - 2 * among) {
          const [best] = byKrumScore(distances, among, left);
          if (best === undefined) break;
          picked.push(best);
          left = left.filter((position) => position !== best);
        }
        return picked;
      }),
      leaves: min - 2 * liars,
      server: { rule: "Uniform", trim: liars },
    };
  },
});
