/**
 * FedAdagrad: Reddi et al. 2021, "Adaptive Federated Optimization" (https://arxiv.org/abs/2003.00295), Algorithm 2:
 *
 *   m' = b1 m + (1 - b1) mean    v' = v + mean^2    w' = w + rate m' / (sqrt(v') + tau)
 *
 * with the mean of the deltas. Both moments start at zero; b1 is 0 in the paper's experiments.
 */
import { z } from "zod";
import { adaptivity, momentum, rate } from "./serverNumbers.ts";
import { defineStrategy } from "./strategy.ts";

export const fedAdagrad = defineStrategy({
  name: "FedAdagrad",
  paper: { authors: "Reddi et al.", year: 2021, url: "https://arxiv.org/abs/2003.00295" },
  needs: "sum",
  settings: z.strictObject({
    rate: rate.default(0.1),
    /** b1 */
    momentum: momentum.default(0),
    /** tau, in units of the model. */
    adaptivity: adaptivity.default(0.001),
  }),
  plan: (settings) => ({ server: { rule: "FedAdagrad", ...settings } }),
});
