// Scores of a task's models by round, as whoever has test data measured them. They are no part of the chain: it is the part of
// report.json that can be shown while a training still runs.
import { z } from "zod";
import { reportSchema } from "./report.ts";

const { chainId, task, measure, loss } = reportSchema.shape.config.shape;
const { round, score, loss: roundLoss, bytes } = reportSchema.shape.rounds.element.shape;

/** A report has all of it, and more. */
const scoresSchema = z.object({
  config: z.object({ chainId, task, measure, loss }),
  rounds: z
    .array(z.object({ round: z.union([round, z.literal(0)]), score, loss: roundLoss, bytes: bytes.optional() }))
    .max(10_000),
});

export type Scores = z.infer<typeof scoresSchema>;

/** Checks what came from a file or from elsewhere; undefined if it holds no scores. */
export function parseScores(value: unknown): Scores | undefined {
  const parsed = scoresSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
