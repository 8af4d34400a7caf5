/** A private table as the task's manifest describes it. Extra columns are ignored. */
import { z } from "zod";
import type { Fault } from "../../protocol/fault.ts";
import { columnName, columnSchema, columnWidth } from "./columns.ts";
import type { Column } from "./columns.ts";

const name = z.string().trim().min(1).max(256);
const MAX_FEATURES = 65_536;

export interface TableFaults {
  featureTwice: object;
  tooManyFeatures: { most: number };
  needsLabelOrTarget: object;
  learnsFeature: object;
  classTwice: object;
}

/** What a task's manifest says of a table. */
export const csvSchema = z
  .strictObject({
    kind: z.literal("csv"),
    /** In the order the network takes them. Columns that are not named here, dates for example, are ignored. */
    features: z.array(columnSchema).min(1).max(MAX_FEATURES),
    /** Of a task that tells classes apart: the column with the class, ... */
    label: name.optional(),
    /** ... and what it may say; the network's classes in this order. */
    classes: z.array(name).min(2).max(1_000).optional(),
    /** Of a task that estimates a number: its column. The network estimates (value - mean) / std. */
    target: z.strictObject({ column: name, mean: z.number(), std: z.number().positive() }).optional(),
  })
  .refine(({ features }) => new Set(features.map(columnName)).size === features.length, {
    path: ["features"],
    error: "A feature is named twice.",
    params: { fault: "featureTwice" } satisfies Fault<TableFaults>,
  })
  .refine(({ features }) => tableWidth(features) <= MAX_FEATURES, {
    path: ["features"],
    error: `The columns become more than ${MAX_FEATURES} features. Name fewer columns or values.`,
    params: { fault: "tooManyFeatures", most: MAX_FEATURES } satisfies Fault<TableFaults>,
  })
  .refine(
    ({ label, classes, target }) =>
      (label === undefined) === (classes === undefined) && (label === undefined) !== (target === undefined),
    {
      path: ["label"],
      error: "Give a label column with its classes, or a target.",
      params: { fault: "needsLabelOrTarget" } satisfies Fault<TableFaults>,
    },
  )
  .refine(({ features, label, target }) => !features.some((each) => columnName(each) === (label ?? target?.column)), {
    path: ["features"],
    error: "What is to be learnt is also among the features.",
    params: { fault: "learnsFeature" } satisfies Fault<TableFaults>,
  })
  .refine(({ classes }) => new Set(classes).size === (classes?.length ?? 0), {
    path: ["classes"],
    error: "A class is named twice.",
    params: { fault: "classTwice" } satisfies Fault<TableFaults>,
  });

/** Features that columns become together. */
export function tableWidth(columns: readonly Column[]): number {
  return columns.reduce((width, column) => width + columnWidth(column), 0);
}

export type CsvSchema = z.infer<typeof csvSchema>;

/** The column with what is to be learnt. */
export function labelColumn({ label, target }: CsvSchema): string {
  return label ?? target?.column ?? ""; // one of them is there, by the schema
}
