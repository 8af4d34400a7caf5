/** The data that a task's manifest asks for, from wherever this trainer has it. */
import { columnName } from "./columns.ts";
import { loadCsv } from "./csv.ts";
import { labelColumn } from "./csvSchema.ts";
import type { DataSchema } from "./dataSchema.ts";
import { selectRows, UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import { loadIdxPair } from "./idxPair.ts";
import { loadImageFolder } from "./imageFolder.ts";
import { loadMnist } from "./mnist.ts";
import type { MnistSplit } from "./mnist.ts";

export interface DataSource {
  /** Of "csv" the table, of "idx" the file of images, of "imageFolder" the folder. */
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
  if (path === undefined) throw new UnsuitableData(whatToGive(schema));
  if (schema.kind === "idx") return loadIdxPair(path, schema, { rows, signal });
  const load = schema.kind === "csv" ? loadCsv(path, schema, { signal }) : loadImageFolder(path, schema, { signal });
  const dataset = await load;
  return rows === undefined ? dataset : selectRows(dataset, rows);
}

function whatToGive(schema: Exclude<DataSchema, { kind: "mnist" }>): string {
  if (schema.kind === "csv") {
    const columns = schema.features.slice(0, 20).map(columnName).join(", ");
    return (
      `This task trains on a table with the columns ${columns} and ${labelColumn(schema)}. ` +
      "Give the path of your CSV file."
    );
  }
  const images = `images of ${schema.width} by ${schema.height} pixels`;
  return schema.kind === "idx"
    ? `This task trains on ${images} in IDX files. Give the path of your file of images; its labels lie beside it.`
    : `This task trains on ${images} in folders. Give the path of the folder that has a folder for each class.`;
}
