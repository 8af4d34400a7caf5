/**
 * FedAvg: McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data"
 * (https://arxiv.org/abs/1602.05629), Algorithm 1: w' = w + sum_k (n_k / n) delta_k, where trainer k has trained E epochs on
 * its n_k rows. Unweighted, every trainer counts the same.
 */
import { z } from "zod";
import { defineStrategy } from "./strategy.ts";

export const fedAvg = defineStrategy({
  name: "FedAvg",
  paper: { authors: "McMahan et al.", year: 2017, url: "https://arxiv.org/abs/1602.05629" },
  needs: "sum",
  settings: z.strictObject({
    /** By declared rows. */
    weighted: z.boolean().default(true),
  }),
  plan: ({ weighted }) => ({ server: { rule: weighted ? "FedAvg" : "Uniform" } }),
});
