/** How trainers train, as a task says it. */
import { z } from "zod";

export const trainingSchema = z.strictObject({
  epochs: z.int().min(1).max(1_000),
  batchSize: z.int().min(1).max(4_096),
  learningRate: z.number().positive().max(100),
  optimizer: z.enum(["sgd", "momentum", "adam"]),
  /** Of "momentum" only; 0.9 unless given. */
  momentum: z.number().min(0).lt(1).optional(),
  /** "linear" lowers the learning rate step by step to 0 at the end of the run; "constant" unless given. */
  schedule: z.enum(["constant", "linear"]).optional(),
  /**
   * Calibrates logits by the shard's own class frequencies (Menon et al. 2021, Zhang et al. 2022): a shard that is
   * short of a class then does not teach the model to forget it. Off unless given.
   */
  calibrateLogits: z.boolean().optional(),
  /**
   * Every epoch has the shard's classes equally often: rows of rare ones repeated ("over"), or some of common ones left out
   * ("under"). The rows as they are unless given.
   */
  balance: z.enum(["over", "under"]).optional(),
});

export type TrainingSettings = z.infer<typeof trainingSchema>;
