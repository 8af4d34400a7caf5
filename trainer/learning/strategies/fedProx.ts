/**
 * FedProx: Li et al. 2020, "Federated Optimization in Heterogeneous Networks" (https://arxiv.org/abs/1812.06127), equation
 * (2): each trainer minimises F_k(w) + mu/2 |w - w_0|^2, w_0 being the global model, so that mu (w - w_0) joins the
 * gradient. With mu = 0 it is FedAvg.
 */
import { z } from "zod";
import { affineCorrection } from "../correction.ts";
import { defineStrategy } from "./strategy.ts";

export const fedProx = defineStrategy({
  name: "FedProx",
  paper: { authors: "Li et al.", year: 2020, url: "https://arxiv.org/abs/1812.06127" },
  needs: "sum",
  settings: z.strictObject({
    /** The paper tries 0.001, 0.01, 0.1 and 1. */
    mu: z.number().min(0).max(100).default(0.01),
  }),
  plan: ({ mu }) => ({
    local: {
      correct: (start) => affineCorrection({ pull: { strength: mu, towards: start } }),
    },
    server: { rule: "FedAvg" },
  }),
});
