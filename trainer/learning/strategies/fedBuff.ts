/**
 * FedBuff: Nguyen et al. 2022, "Federated Learning with Buffered Asynchronous Aggregation"
 * (https://arxiv.org/abs/2106.06639), Algorithm 1: trainers train at their own pace; as soon as K updates have come in, the
 * model is stepped by their mean and nobody is waited for. A delta trained on a model s rounds old counts (1 + s)^-0.5 times
 * (section 5.1). K is the most trainers that a round of the task has; the server's learning rate is 1.
 */
import { z } from "zod";
import { defineStrategy } from "./strategy.ts";

export const fedBuff = defineStrategy({
  name: "FedBuff",
  paper: { authors: "Nguyen et al.", year: 2022, url: "https://arxiv.org/abs/2106.06639" },
  needs: "sum",
  settings: z.strictObject({
    /** An update on an older model is not sent. */
    mostStaleness: z.int().min(0).max(1_000).default(20),
  }),
  plan: ({ mostStaleness }) => ({
    local: { scale: (_, { staleness }) => (1 + staleness) ** -0.5 },
    server: { rule: "Uniform" },
    ownPace: { mostStaleness },
  }),
});
