/**
 * FedNova: Wang et al. 2020, "Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization"
 * (https://arxiv.org/abs/2007.07481), equation (9): w' = w - tau_eff sum_i p_i rate d_i, where d_i is trainer i's movement
 * in units of |a_i|, the sum of the coefficients its gradients have in it, and tau_eff = sum_i p_i |a_i| (section 4.2).
 *
 * All that scales trainer i's delta, by tau_eff / |a_i|, and FedAvg does the rest. |a_i| follows from how many rows i has
 * declared, so a trainer takes as many steps as that many rows have.
 */
import { z } from "zod";
import { accumulationOf } from "./accumulation.ts";
import { defineStrategy } from "./strategy.ts";

export const fedNova = defineStrategy({
  name: "FedNova",
  paper: { authors: "Wang et al.", year: 2020, url: "https://arxiv.org/abs/2007.07481" },
  needs: "sum",
  settings: z.strictObject({}),
  plan(_, { training }) {
    const { epochs, batchSize } = training;
    const accumulation = accumulationOf("FedNova", training);
    const steps = (rows: number) => epochs * Math.max(1, Math.ceil(rows / batchSize));
    const norm = (rows: number) => accumulation(steps(rows));
    return {
      local: {
        steps,
        scale(_, { declaredRows, seat }) {
          const total = declaredRows.reduce((sum, rows) => sum + rows, 0);
          const effective = declaredRows.reduce((sum, rows) => sum + (rows / total) * norm(rows), 0);
          return effective / norm(declaredRows[seat]!);
        },
      },
      server: { rule: "FedAvg" },
    };
  },
});
