/** The data that a task's manifest asks for, from wherever this trainer has it. */
import { z } from "zod";
import { csvSchema, loadCsv } from "./csv.ts";
import { selectRows, UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import { loadMnist } from "./mnist.ts";
import type { MnistSplit } from "./mnist.ts";

/** What a task's manifest says of the data. */
export const dataSchema = z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("mnist") }), csvSchema]);

export type DataSchema = z.infer<typeof dataSchema>;

export interface DataSource {
  /** Of "csv": the table. */
  readonly path?: string | undefined;
  /** Of "mnist": "train" unless given. */
  readonly split?: MnistSplit | undefined;
  /** Only these rows, in this order. All unless given. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UnsuitableData if the source does not hold what the schema asks for, or the signal's reason. */
export async function loadDataset(schema: DataSchema, source: DataSource = {}): Promise<Dataset> {
  const { path, split = "train", rows, signal } = source;
  if (schema.kind === "mnist") return loadMnist(split, { rows, signal });
  if (path === undefined) {
    throw new UnsuitableData(
      `This task trains on a table with the columns ${schema.features.slice(0, 20).join(", ")} and ${schema.label}. ` +
        "Give the path of your CSV file.",
    );
  }
  const table = await loadCsv(path, schema, { signal });
  return rows === undefined ? table : selectRows(table, rows);
}
