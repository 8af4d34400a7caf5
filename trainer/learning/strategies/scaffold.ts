/**
 * SCAFFOLD: Karimireddy et al. 2020, "SCAFFOLD: Stochastic Controlled Averaging for Federated Learning"
 * (https://arxiv.org/abs/1910.06378), Algorithm 1 with option II. N trainers, S of them in a round, K local steps y <- y -
 * rate (g - c_i + c) from the global model w, then
 *
 *   c_i' = c_i - c + (w - y_i) / (K rate)        c' = c + (1/N) sum over S of (c_i' - c_i)
 *
 * The paper sends c and c_i' - c_i beside the models, twice the traffic. Here c follows from the models alone: averaged
 * uniformly, w - w' is the mean of w - y_i, so that c' = (1 - S/N) c + (S/N) (w - w') / (K rate). That needs equally many
 * steps everywhere and a constant rate. With momentum, as NIID-Bench has it (Li et al. 2022, https://arxiv.org/abs/2102.02079),
 * K steps go further than K rate, and it takes the place of that. Who joins late starts with both at zero, as all do at first.
 */
import { z } from "zod";
import { affineCorrection } from "../correction.ts";
import { accumulationOf } from "./accumulation.ts";
import { UnsuitableStrategy, defineStrategy } from "./strategy.ts";
import type { Vectors } from "./strategy.ts";

export const scaffold = defineStrategy({
  name: "SCAFFOLD",
  paper: { authors: "Karimireddy et al.", year: 2020, url: "https://arxiv.org/abs/1910.06378" },
  needs: "sum",
  settings: z.strictObject({
    /** K: steps of every trainer in a round, on batches of the task's size. */
    steps: z.int().min(1).max(1_000_000),
    /** N: how many trainers take part in the task, whether or not in each round. */
    trainers: z.int().min(1).max(1_000_000),
  }),
  plan({ steps, trainers }, { training, trainers: { max } }) {
    if (trainers < max) {
      throw new UnsuitableStrategy(
        `SCAFFOLD is told of ${trainers} trainers in all, but a round has up to ${max}. Raise its setting "trainers".`,
        { fault: "toldOfTooFew", trainers, max },
      );
    }
    const way = accumulationOf("SCAFFOLD", training)(steps) * training.learningRate;
    return {
      local: {
        steps: () => steps,
        correct(start, { shared, own }) {
          const [c, ownC] = [shared["control"], own["control"]];
          if (c === undefined && ownC === undefined) return affineCorrection({});
          const { length } = start;
          return affineCorrection({
            offset: Float32Array.from({ length }, (_, i) => (c?.[i] ?? 0) - (ownC?.[i] ?? 0)),
          });
        },
        follow(shared, { from, to, updates }): Vectors {
          const c = shared["control"];
          const part = updates / trainers;
          return { control: from.map((w, i) => (1 - part) * (c?.[i] ?? 0) + (part * (w - to[i]!)) / way) };
        },
        keep({ shared, own }, delta): Vectors {
          const [c, ownC] = [shared["control"], own["control"]];
          return { control: delta.map((moved, i) => (ownC?.[i] ?? 0) - (c?.[i] ?? 0) - moved / way) };
        },
      },
      server: { rule: "Uniform" },
    };
  },
});
