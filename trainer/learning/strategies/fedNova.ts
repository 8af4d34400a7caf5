/**
 * FedNova: Wang et al. 2020, "Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization"
 * (https://arxiv.org/abs/2007.07481), equation (9): w' = w - tau_eff sum_i p_i rate d_i, where d_i is trainer i's movement
 * in units of |a_i|, the sum of the coefficients its gradients have in it, and tau_eff = sum_i p_i |a_i| (section 4.2).
 *
 * All that scales trainer i's delta, by tau_eff / |a_i|, and FedAvg does the rest. |a_i| follows from how many rows i has
 * declared, so a trainer takes as many steps as that many rows have: for plain descent |a_i| is their number tau, with momentum rho it is
 * (tau - rho (1 - rho^tau) / (1 - rho)) / (1 - rho) (section 4.1).
 */
import { z } from "zod";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";

export const fedNova = defineStrategy({
  name: "FedNova",
  paper: { authors: "Wang et al.", year: 2020, url: "https://arxiv.org/abs/2007.07481" },
  needs: "sum",
  settings: z.strictObject({}),
  plan(_, { training }) {
    const { epochs, batchSize, optimizer, schedule = "constant" } = training;
    if (optimizer === "adam" || schedule !== "constant") {
      throw new UnsuitableStrategy(
        `FedNova has no norm for steps of ${optimizer} with a ${schedule} schedule. ` +
          'Set training.optimizer to "sgd" or "momentum" and training.schedule to "constant".',
        { fault: "needsOtherSteps", strategy: "FedNova", optimizer, schedule, optimizers: ["sgd", "momentum"] },
      );
    }
    const rho = optimizer === "momentum" ? (training.momentum ?? 0.9) : 0;
    const steps = (rows: number) => epochs * Math.max(1, Math.ceil(rows / batchSize));
    const norm = (rows: number) => (steps(rows) - (rho * (1 - rho ** steps(rows))) / (1 - rho)) / (1 - rho);
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
