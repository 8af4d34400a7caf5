/**
 * FedAvg with clipped gradients: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks"
 * (https://arxiv.org/abs/1211.5063), Algorithm 1: a gradient g longer than c becomes c g / |g|.
 */
import { z } from "zod";
import { defineStrategy } from "../../../../trainer/learning/strategies/strategy.ts";

export const fedClipped = defineStrategy({
  name: "FedClipped",
  paper: { authors: "Pascanu et al.", year: 2013, url: "https://arxiv.org/abs/1211.5063" },
  needs: "sum",
  settings: z.strictObject({
    /** c: the longest that a batch's gradient may be. */
    longest: z.number().positive().default(1),
  }),
  plan: ({ longest }) => ({
    local: {
      correct: () => (gradient) => {
        const factor = longest / Math.sqrt(gradient.reduce((sum, each) => sum + each * each, 0));
        if (factor < 1) gradient.forEach((each, i) => (gradient[i] = factor * each));
      },
    },
    server: { rule: "FedAvg" },
  }),
});
