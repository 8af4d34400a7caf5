/**
 * A private table from a CSV file (RFC 4180, first line names the columns) as the task's manifest describes it. Extra
 * columns are ignored. The file is read as a stream and bounded, because its owner may have picked the wrong one.
 */
import { createReadStream } from "node:fs";
import { CsvError, parse } from "csv-parse";
import type { Info } from "csv-parse";
import { columnEncoder, list, quote, readNumber } from "./columns.ts";
import type { Column, ColumnEncoder } from "./columns.ts";
import { labelColumn, tableWidth } from "./csvSchema.ts";
import type { CsvSchema } from "./csvSchema.ts";
import { UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import { explainUnreadable } from "./explainUnreadable.ts";

export interface CsvOptions {
  readonly signal?: AbortSignal | undefined;
  /** Features in all, rows times columns; 2^28 (1 GiB in memory) unless given. */
  readonly maxValues?: number;
}

/** A line may have so many bytes, and some more for each feature. */
const MAX_LINE_BYTES = 2 ** 20;
const MAX_FEATURE_BYTES = 32;
const FIRST_VALUES = 2 ** 16;

/**
 * Loads the whole table.
 * @throws UnsuitableData naming file, line and column, and what to change; or the signal's reason.
 */
export async function loadCsv(path: string, schema: CsvSchema, options: CsvOptions = {}): Promise<Dataset> {
  const label = { column: labelColumn(schema), read: labelReader(schema) };
  const { features, labels } = await readTable(path, schema.features, label, options);
  const { classes, target } = schema;
  return {
    features,
    labels: target === undefined ? Int32Array.from(labels) : Float32Array.from(labels),
    rows: labels.length,
    shape: [tableWidth(schema.features)],
    ...(classes === undefined ? {} : { classes: classes.length }),
    ...(target === undefined ? {} : { target: { mean: target.mean, std: target.std } }),
  };
}

/** The features alone, row after row, of a table that need not say what is to be predicted. @throws as `loadCsv`. */
export async function loadCsvFeatures(
  path: string,
  schema: CsvSchema,
  options: CsvOptions = {},
): Promise<Float32Array> {
  return (await readTable(path, schema.features, undefined, options)).features;
}

interface Label {
  readonly column: string;
  /** The class or the standardised target of a cell, or what is wrong with it. */
  read(text: string): number | string;
}

async function readTable(path: string, features: readonly Column[], label: Label | undefined, options: CsvOptions) {
  const { signal, maxValues = 2 ** 28 } = options;
  signal?.throwIfAborted();
  const maxLine = MAX_LINE_BYTES + MAX_FEATURE_BYTES * features.length;
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, trim: true, max_record_size: maxLine });
  const table = createTable(path, features, label, maxValues);
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
function createTable(path: string, wanted: readonly Column[], label: Label | undefined, maxValues: number) {
  const encoders = wanted.map(columnEncoder);
  const width = tableWidth(wanted);
  const labels: number[] = [];
  let rows = 0;
  let features = new Float32Array(width * Math.max(1, Math.floor(FIRST_VALUES / width)));
  let columns: { features: number[]; label: number } | undefined;

  function add(record: string[], line: number): void {
    if (columns === undefined) {
      columns = {
        features: encoders.map(({ column }) => columnOf(record, column, path)),
        label: label === undefined ? -1 : columnOf(record, label.column, path),
      };
      return;
    }
    const start = rows * width;
    if (start + width > maxValues) {
      throw new UnsuitableData(
        `${path} has more than ${maxValues} numbers (${rows} rows of ${width}). Split it, or take a sample.`,
      );
    }
    if (start === features.length) {
      const larger = new Float32Array(2 * features.length);
      larger.set(features);
      features = larger;
    }
    let at = start;
    for (let i = 0; i < encoders.length; i++) {
      const encoder = encoders[i] as ColumnEncoder; // i < length
      const fault = encoder.encode(record[columns.features[i] as number] ?? "", features, at);
      if (fault !== undefined) refuse(line, encoder.column, fault);
      at += encoder.width;
    }
    rows++;
    if (label === undefined) return;
    const said = label.read(record[columns.label] ?? "");
    if (typeof said === "string") refuse(line, label.column, said);
    labels.push(said);
  }

  function refuse(line: number, column: string, fault: string): never {
    throw new UnsuitableData(`${path}, line ${line}, column "${column}": ${fault}`);
  }

  function finish() {
    if (rows === 0) {
      throw new UnsuitableData(`${path} has no rows below its header. Give it a header and at least one row.`);
    }
    return { features: features.subarray(0, rows * width), labels };
  }

  return { add, finish };
}

function labelReader({ classes = [], target }: CsvSchema): Label["read"] {
  if (target !== undefined) {
    return (text) => {
      const value = readNumber(text);
      return typeof value === "string" ? value : (value - target.mean) / target.std;
    };
  }
  const classOf = new Map(classes.map((text, index) => [text, index]));
  return (text) =>
    classOf.get(text) ??
    `${quote(text)} is none of the task's classes (${list(classes)}). Correct the label or remove the row.`;
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

function explain(error: unknown, path: string): unknown {
  if (error instanceof CsvError) {
    return new UnsuitableData(`${path} is not a well-formed CSV table: ${error.message}. Correct that line.`, {
      cause: error,
    });
  }
  return explainUnreadable(error, path);
}
