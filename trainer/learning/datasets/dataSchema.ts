/** What a task's manifest says of the data, wherever a trainer has it. */
import { z } from "zod";
import { csvSchema, tableWidth } from "./csvSchema.ts";
import { MNIST, idxSchema } from "./idxSchema.ts";
import { imageFolderSchema } from "./imageFolderSchema.ts";

export const dataSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mnist") }),
  csvSchema,
  idxSchema,
  imageFolderSchema,
]);

export type DataSchema = z.infer<typeof dataSchema>;

/** What a network must look like to learn from such data. */
export interface DataShape {
  /** Of one row: [30] for a table, [28, 28, 1] (height, width, channels) for images. */
  readonly shape: readonly number[];
  /** What the classes are called; absent if the data have numbers to estimate. */
  readonly classes?: readonly string[];
}

export function dataShape(schema: DataSchema): DataShape {
  if (schema.kind === "csv") {
    const shape = [tableWidth(schema.features)];
    return schema.classes === undefined ? { shape } : { shape, classes: schema.classes };
  }
  const { height, width, channels = 1, classes } = schema.kind === "mnist" ? MNIST : schema;
  return { shape: [height, width, channels], classes };
}
