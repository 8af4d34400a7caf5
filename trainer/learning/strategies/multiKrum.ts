/**
 * Multi-Krum: Blanchard et al. 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent"
 * (https://arxiv.org/abs/1703.02757), section 5: the mean of the m updates with the lowest scores of Krum. With m = 1 it is
 * Krum, with m = n FedAvg without weights.
 */
import { z } from "zod";
import { assertEnoughForKrum, selectionByKrum } from "./krum.ts";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";

export const multiKrum = defineStrategy({
  name: "MultiKrum",
  paper: { authors: "Blanchard et al.", year: 2017, url: "https://arxiv.org/abs/1703.02757" },
  needs: "updates",
  settings: z.strictObject({
    /** f: how many updates may lie. */
    liars: z.int().min(0).max(126),
    /** m: how many count; all but f unless given. */
    keep: z.int().min(1).max(256).optional(),
  }),
  plan({ liars, keep }, { trainers: { min } }) {
    assertEnoughForKrum("MultiKrum", liars, min);
    const honest = min - liars;
    if (keep !== undefined && keep > honest) {
      throw new UnsuitableStrategy(
        `MultiKrum keeps ${keep} updates, but only ${honest} of ${min} are sure to be honest. ` +
          `Set its setting "keep" to at most ${honest}, or trainers.min higher.`,
        { fault: "keepsTooMany", keep, honest, min },
      );
    }
    return {
      select: selectionByKrum({ liars, min }, (updates, among) => keep ?? updates - among),
      leaves: keep ?? min - liars,
      server: { rule: "Uniform" },
    };
  },
});
