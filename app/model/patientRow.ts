/** One row of a table, filled in by hand: what each field takes, and the row as the network takes it. */
import { columnEncoder, columnName } from "../../trainer/learning/datasets/columns.ts";
import type { Column } from "../../trainer/learning/datasets/columns.ts";
import { tableWidth } from "../../trainer/learning/datasets/csvSchema.ts";
import type { CsvSchema } from "../../trainer/learning/datasets/csvSchema.ts";

/** More columns than this are no form for people. */
export const MOST_COLUMNS = 200;

export type RowField = { readonly name: string; readonly first: string; readonly canMiss: boolean } & (
  | { readonly kind: "number"; readonly usual?: { readonly from: number; readonly to: number } }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "date" }
);

/** A field for each column, in the network's order, each with something to begin with. */
export function rowFields({ features }: CsvSchema): RowField[] {
  return features.map(fieldOf);
}

function fieldOf(column: Column): RowField {
  const name = columnName(column);
  if (typeof column === "string") return { kind: "number", name, first: "0", canMiss: false };
  if ("calendar" in column) return { kind: "date", name, first: "2024-01-01", canMiss: false };
  const canMiss = column.missing !== undefined;
  if ("values" in column) return { kind: "choice", name, first: column.values[0]!, canMiss, values: column.values };
  const { mean = 0, std } = column;
  // Nineteen of twenty lie there, if they spread as a normal distribution does.
  const usual = std === undefined ? undefined : { from: short(mean - 2 * std), to: short(mean + 2 * std) };
  return { kind: "number", name, first: String(short(mean)), canMiss, ...(usual && { usual }) };
}

/** The row, or what is wrong with each field that is. */
export function encodeRow(
  { features }: CsvSchema,
  texts: ReadonlyMap<string, string>,
): Float32Array<ArrayBuffer> | ReadonlyMap<string, string> {
  const row = new Float32Array(tableWidth(features));
  const faults = new Map<string, string>();
  let at = 0;
  for (const encoder of features.map(columnEncoder)) {
    const fault = encoder.encode((texts.get(encoder.column) ?? "").trim(), row, at);
    if (fault !== undefined) faults.set(encoder.column, fault);
    at += encoder.width;
  }
  return faults.size === 0 ? row : faults;
}

/** Four digits are enough to begin with. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
