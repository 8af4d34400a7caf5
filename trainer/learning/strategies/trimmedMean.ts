/**
 * Coordinate-wise trimmed mean: Yin et al. 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates"
 * (https://arxiv.org/abs/1803.01498), Definition 2: number by number, the lowest and the highest values are left out and the
 * mean is that of the others. The paper leaves out a share of them, beta; here it is a count.
 */
import { z } from "zod";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";

export const trimmedMean = defineStrategy({
  name: "TrimmedMean",
  paper: { authors: "Yin et al.", year: 2018, url: "https://arxiv.org/abs/1803.01498" },
  needs: "means",
  settings: z.strictObject({
    /** How many are left out at either end: as many as may lie. */
    trim: z.int().min(1).max(127),
  }),
  plan({ trim }, { trainers: { min } }) {
    const needed = 2 * trim + 1;
    if (min < needed) {
      throw new UnsuitableStrategy(
        `TrimmedMean leaves out ${trim} updates at either end, and nothing would be left of ${min}. ` +
          `Set trainers.min to at least ${needed}, or its setting "trim" lower.`,
        { fault: "nothingLeft", trim, min, needed },
      );
    }
    return { server: { rule: "Uniform", trim } };
  },
});
