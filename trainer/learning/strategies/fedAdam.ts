/**
 * FedAdam: Reddi et al. 2021, "Adaptive Federated Optimization" (https://arxiv.org/abs/2003.00295), Algorithm 2:
 *
 *   m' = b1 m + (1 - b1) mean    v' = b2 v + (1 - b2) mean^2    w' = w + rate m' / (sqrt(v') + tau)
 *
 * with the mean of the deltas. Both moments start at zero.
 */
import { z } from "zod";
import { adaptivity, momentum, rate } from "./serverNumbers.ts";
import { defineStrategy } from "./strategy.ts";

export const fedAdam = defineStrategy({
  name: "FedAdam",
  paper: { authors: "Reddi et al.", year: 2021, url: "https://arxiv.org/abs/2003.00295" },
  needs: "sum",
  settings: z.strictObject({
    rate: rate.default(0.01),
    /** b1 */
    momentum: momentum.default(0.9),
    /** b2 */
    secondMomentum: momentum.default(0.99),
    /** tau, in units of the model. */
    adaptivity: adaptivity.default(0.001),
  }),
  plan: (settings) => ({ server: { rule: "FedAdam", ...settings } }),
});
