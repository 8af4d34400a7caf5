/**
 * FedBuff: Nguyen et al. 2022, "Federated Learning with Buffered Asynchronous Aggregation"
 * (https://arxiv.org/abs/2106.06639), Algorithm 1: trainers train at their own pace; as soon as K updates have come in, the
 * model is stepped by their mean and nobody is waited for. A delta trained on a model s rounds old counts (1 + s)^-0.5 times
 * (section 5.1). The server's learning rate is 1.
 */
import { z } from "zod";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";

export const fedBuff = defineStrategy({
  name: "FedBuff",
  paper: { authors: "Nguyen et al.", year: 2022, url: "https://arxiv.org/abs/2106.06639" },
  needs: "sum",
  settings: z.strictObject({
    /** K. The paper's is 10. */
    updates: z.int().min(1).max(256).default(10),
    /** An update on an older model is not sent. */
    mostStaleness: z.int().min(0).max(1_000).default(20),
  }),
  plan({ updates, mostStaleness }, { trainers: { min, max } }) {
    if (updates < min || updates > max) {
      throw new UnsuitableStrategy(
        `FedBuff steps the model with ${updates} updates, but a round has ${min} to ${max}. ` +
          'Change its setting "updates", or trainers.',
      );
    }
    return {
      local: { scale: (_, { staleness }) => (1 + staleness) ** -0.5 },
      server: { rule: "Uniform" },
      buffer: { updates, mostStaleness },
    };
  },
});
