/** A pair of IDX files as the task's manifest describes it. */
import { z } from "zod";
import { imageShape } from "./imageShape.ts";

export const idxSchema = z.strictObject({
  kind: z.literal("idx"),
  ...imageShape,
  /** What the labels 0, 1, 2 ... mean. */
  classes: z.array(z.string().trim().min(1).max(256)).min(2).max(256),
});

export type IdxSchema = z.infer<typeof idxSchema>;

/** MNIST as a pair of IDX files. */
export const MNIST: IdxSchema = {
  kind: "idx",
  height: 28,
  width: 28,
  classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
};
