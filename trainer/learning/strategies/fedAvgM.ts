/**
 * FedAvgM: Hsu et al. 2019, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification"
 * (https://arxiv.org/abs/1909.06335), section 2: v' = momentum v + mean of the deltas, w' = w + rate v'.
 */
import { z } from "zod";
import { momentum, rate } from "./serverNumbers.ts";
import { defineStrategy } from "./strategy.ts";

export const fedAvgM = defineStrategy({
  name: "FedAvgM",
  paper: { authors: "Hsu et al.", year: 2019, url: "https://arxiv.org/abs/1909.06335" },
  needs: "sum",
  settings: z.strictObject({ rate: rate.default(1), momentum: momentum.default(0.9) }),
  plan: (settings) => ({ server: { rule: "FedAvgM", ...settings } }),
});
