/** One column of a table as text: what rows are dealt by, such as a date or a place. */
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import { UnsuitableData } from "./dataset.ts";
import { explainUnreadable } from "./explainUnreadable.ts";

const MAX_LINE_BYTES = 2 ** 20;

/** @throws UnsuitableData if the table does not have the column, or the signal's reason. */
export async function readCsvColumn(path: string, column: string, signal?: AbortSignal): Promise<string[]> {
  signal?.throwIfAborted();
  const file = createReadStream(path, { signal });
  const parser = parse({
    bom: true,
    columns: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_LINE_BYTES,
  });
  file.on("error", (error) => parser.destroy(error)).pipe(parser);
  const cells: string[] = [];
  try {
    const records: AsyncIterable<Record<string, string>> = parser;
    for await (const record of records) {
      const cell = record[column];
      if (cell === undefined) throw new UnsuitableData(`${path} has no column "${column}". Add or rename it.`);
      cells.push(cell);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw explainUnreadable(error, path);
  } finally {
    file.destroy();
  }
  return cells;
}
