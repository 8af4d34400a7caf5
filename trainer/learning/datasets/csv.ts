/**
 * A private table from a CSV file (RFC 4180, first line names the columns) as the task's manifest describes it. Extra
 * columns are ignored. The file is read as a stream and bounded, because its owner may have picked the wrong one.
 */
import { createReadStream } from "node:fs";
import { CsvError, parse } from "csv-parse";
import type { Info } from "csv-parse";
import { z } from "zod";
import { UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";

const name = z.string().trim().min(1).max(256);

/** What a task's manifest says of a table. */
export const csvSchema = z
  .strictObject({
    kind: z.literal("csv"),
    /** Columns of numbers, in the order the network takes them. */
    features: z.array(name).min(1).max(65_536),
    /** The column with the class. */
    label: name,
    /** What the label column may say; the network's classes in this order. */
    classes: z.array(name).min(2).max(1_000),
    /**
     * One mean and standard deviation a feature; each becomes (value - mean) / std. They stand in the manifest because
     * every trainer must scale alike.
     */
    normalise: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number().positive()) }).optional(),
  })
  .refine(({ features }) => new Set(features).size === features.length, { error: "A feature is named twice." })
  .refine(({ features, label }) => !features.includes(label), { error: "The label is also among the features." })
  .refine(({ classes }) => new Set(classes).size === classes.length, { error: "A class is named twice." })
  .refine(
    ({ features, normalise }) =>
      normalise === undefined ||
      (normalise.mean.length === features.length && normalise.std.length === features.length),
    { error: "Normalisation needs one mean and one std for each feature." },
  );

export type CsvSchema = z.infer<typeof csvSchema>;

export interface CsvOptions {
  readonly signal?: AbortSignal | undefined;
  /** Features in all, rows times columns; 2^28 (1 GiB in memory) unless given. */
  readonly maxValues?: number;
}

/** A line may have so many bytes, and some more for each feature. */
const MAX_LINE_BYTES = 2 ** 20;
const MAX_FEATURE_BYTES = 32;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Loads the whole table.
 * @throws UnsuitableData naming file, line and column, and what to change; or the signal's reason.
 */
export async function loadCsv(path: string, schema: CsvSchema, options: CsvOptions = {}): Promise<Dataset> {
  const { signal, maxValues = 2 ** 28 } = options;
  signal?.throwIfAborted();
  const maxLine = MAX_LINE_BYTES + MAX_FEATURE_BYTES * schema.features.length;
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, trim: true, max_record_size: maxLine });
  const table = createTable(path, schema, maxValues);
  const file = createReadStream(path, { signal });
  file.on("error", (error) => parser.destroy(error)).pipe(parser);
  try {
    const lines: AsyncIterable<{ info: Info; record: string[] }> = parser;
    for await (const { info, record } of lines) table.add(record, info.lines);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, path);
  } finally {
    file.destroy();
  }
  return table.finish();
}

/** Collects records; the first names the columns. */
function createTable(path: string, schema: CsvSchema, maxValues: number) {
  const { features: names, label, classes, normalise } = schema;
  const classOf = new Map(classes.map((text, index) => [text, index]));
  const labels: number[] = [];
  let features = new Float32Array(1_024 * names.length);
  let columns: { features: number[]; label: number } | undefined;

  function add(record: string[], line: number): void {
    if (columns === undefined) {
      columns = { features: names.map((each) => columnOf(record, each, path)), label: columnOf(record, label, path) };
      return;
    }
    const start = labels.length * names.length;
    if (start + names.length > maxValues) {
      throw new UnsuitableData(
        `${path} has more than ${maxValues} numbers (${labels.length} rows of ${names.length}). Split it, or take a sample.`,
      );
    }
    if (start === features.length) {
      const larger = new Float32Array(2 * features.length);
      larger.set(features);
      features = larger;
    }
    columns.features.forEach((column, i) => {
      const where = `${path}, line ${line}, column "${names[i]}"`;
      const value = readNumber(record[column] ?? "", where);
      const scaled = normalise === undefined ? value : (value - normalise.mean[i]!) / normalise.std[i]!;
      features[start + i] = scaled;
      if (!Number.isFinite(features[start + i])) {
        throw new UnsuitableData(`${where}: ${value} is too large for a 32-bit float. Correct or rescale the column.`);
      }
    });
    const text = record[columns.label] ?? "";
    const index = classOf.get(text);
    if (index === undefined) {
      const known = classes.length > 12 ? `${classes.slice(0, 12).join(", ")}, ...` : classes.join(", ");
      throw new UnsuitableData(
        `${path}, line ${line}, column "${label}": ${quote(text)} is none of the task's classes (${known}). ` +
          "Correct the label or remove the row.",
      );
    }
    labels.push(index);
  }

  function finish(): Dataset {
    if (labels.length === 0) {
      throw new UnsuitableData(`${path} has no rows below its header. Give it a header and at least one row.`);
    }
    return {
      features: features.subarray(0, labels.length * names.length),
      labels: Int32Array.from(labels),
      rows: labels.length,
      shape: [names.length],
      classes: classes.length,
    };
  }

  return { add, finish };
}

function columnOf(header: string[], wanted: string, path: string): number {
  const column = header.indexOf(wanted);
  if (column === -1) {
    const found = header.slice(0, 20).map(quote).join(", ") + (header.length > 20 ? ", ..." : "");
    throw new UnsuitableData(
      `${path}, line 1: column "${wanted}" is missing. The task needs it; the file has ${found}. ` +
        "Add or rename the column, and check that commas separate them.",
    );
  }
  if (header.includes(wanted, column + 1)) {
    throw new UnsuitableData(`${path}, line 1: column "${wanted}" is there twice. Rename or remove one of them.`);
  }
  return column;
}

function readNumber(text: string, where: string): number {
  if (text === "") throw new UnsuitableData(`${where}: the cell is empty. Fill it in or remove the row.`);
  if (!DECIMAL.test(text)) {
    throw new UnsuitableData(
      `${where}: ${quote(text)} is not a number. Write it like -1.5 or 2e-3, or remove the row.`,
    );
  }
  return Number(text);
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof CsvError) {
    return new UnsuitableData(`${path} is not a well-formed CSV table: ${error.message}. Correct that line.`, {
      cause: error,
    });
  }
  if (error instanceof Error && "code" in error && "syscall" in error) {
    return new UnsuitableData(`${path} cannot be read (${String(error.code)}). Check the path and its permissions.`, {
      cause: error,
    });
  }
  return error;
}

/** At most 40 characters of what a cell says: enough to find it. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
