/**
 * FedSGD: McMahan et al. 2017 (https://arxiv.org/abs/1602.05629), section 2: each trainer sends the gradient g_k of its n_k
 * rows, and w' = w - rate * sum_k (n_k / n) g_k. One local step on all rows at a rate of 1 makes the delta -g_k; the task's
 * learning rate is the server's, whose momentum is 0.
 */
import { z } from "zod";
import { defineStrategy } from "./strategy.ts";

export const fedSgd = defineStrategy({
  name: "FedSGD",
  paper: { authors: "McMahan et al.", year: 2017, url: "https://arxiv.org/abs/1602.05629" },
  needs: "sum",
  settings: z.strictObject({}),
  plan: (_, { training: { batchSize, learningRate, calibrateLogits, balance } }) => ({
    local: {
      training: { epochs: 1, batchSize, learningRate: 1, optimizer: "sgd", calibrateLogits, balance },
      wholeBatch: true,
      steps: () => 1,
    },
    server: { rule: "FedAvgM", rate: learningRate, momentum: 0 },
  }),
});
