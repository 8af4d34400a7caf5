/**
 * FLTrust: Cao et al. 2021, "FLTrust: Byzantine-robust Federated Learning via Trust Bootstrapping"
 * (https://arxiv.org/abs/2012.13995), section IV: whoever runs the server collects a small clean data set, the root data set,
 * and trains on it each round, too. An update is trusted by the cosine between it and the root's, and not at all if that is
 * not positive; each is scaled to the root's length.
 *
 * Here there is no server that holds data. The root is one of the trainers, say the sponsor, and its update in a round is what
 * all compare with, so that all come to the same selection. A sum that the chain can check has no room for trust as a
 * weight: an update counts if its cosine is positive and it is not much longer than the root's, and does not otherwise. The
 * root's own counts, too. In a round without the root nothing can be trusted and nothing counts.
 */
import { z } from "zod";
import { lanesProduct } from "./lanesProduct.ts";
import { bySeat, positions } from "./seats.ts";
import { defineStrategy } from "./strategy.ts";

export const flTrust = defineStrategy({
  name: "FLTrust",
  paper: { authors: "Cao et al.", year: 2021, url: "https://arxiv.org/abs/2012.13995" },
  needs: "updates",
  settings: z.strictObject({
    /** The trainer with the root data set, as trainers are named. */
    root: z.string().min(1).max(100),
    /** An update may be so many times as long as the root's. */
    mostTimes: z.int().min(1).max(1_000).default(3),
  }),
  plan: ({ root, mostTimes }, { trainers: { min } }) => ({
    select: bySeat(async (updates) => {
      const reference = updates.find(({ trainer }) => trainer === root)?.lanes;
      if (reference === undefined) return [];
      const mostSquared = BigInt(mostTimes ** 2) * lanesProduct(reference, reference);
      return positions(updates.length).filter((position) => {
        const { lanes } = updates[position]!;
        return lanesProduct(lanes, reference) > 0n && lanesProduct(lanes, lanes) <= mostSquared;
      });
    }),
    // The root's own alone is no federation's: what it alone is left of is void, and nobody paid.
    leaves: Math.min(2, min),
    server: { rule: "Uniform" },
  }),
});
