/**
 * The columns of a table and how each becomes numbers for the network. All that this takes - means, deviations, the list
 * of values - stands in the task's manifest: every trainer must encode alike, and what is computed from a private table
 * would say something of its rows.
 */
import { z } from "zod";
import type { Fault } from "../../protocol/fault.ts";

const name = z.string().trim().min(1).max(256);

export interface ColumnFaults {
  needsMean: object;
}

/** Numbers, given to the network as (value - mean) / std. */
const numberColumn = z
  .strictObject({
    column: name,
    mean: z.number().optional(),
    std: z.number().positive().optional(),
    /** What an empty cell is: an error unless given, or the mean, with a further feature that says 1 for such rows. */
    missing: z.literal("mean").optional(),
  })
  .refine(({ mean, missing }) => missing === undefined || mean !== undefined, {
    path: ["mean"],
    error: "An empty cell is to be the mean, but no mean is given. Add it.",
    params: { fault: "needsMean" } satisfies Fault<ColumnFaults>,
  });

/** Words out of a list, given to the network as one feature for each, of which one is 1. */
const categoryColumn = z
  .strictObject({
    column: name,
    values: z.array(name).min(2).max(1_000),
    /** What an empty cell is: an error unless given, or a value of its own, with a feature of its own. */
    missing: z.literal("value").optional(),
  })
  .refine(({ values }) => new Set(values).size === values.length, {
    path: ["values"],
    error: "A value is named twice.",
  });

const CALENDAR = { weekday: 7, month: 12 } as const;

/** Dates like 2001-01-31, of which only what recurs is given to the network: one feature a weekday, one a month. */
const dateColumn = z
  .strictObject({
    column: name,
    calendar: z.array(z.enum(["weekday", "month"])).min(1),
  })
  .refine(({ calendar }) => new Set(calendar).size === calendar.length, {
    path: ["calendar"],
    error: "A part of the calendar is named twice.",
  });

/** A plain name is a column of numbers taken as they are. */
export const columnSchema = z.union([name, numberColumn, categoryColumn, dateColumn], {
  error: "A feature is a column's name, or an object with its column and mean and std, or values, or calendar.",
});

export type Column = z.infer<typeof columnSchema>;

/** What says in a table that a value is missing: nothing, or R's and UCI's words for it. */
const MISSING = new Set(["", "NA", "?"]);
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

export interface ColumnEncoder {
  readonly column: string;
  /** Features that the column becomes. */
  readonly width: number;
  /** Writes a cell's features to `into`, from `at` on. @returns what is wrong with the cell, or nothing. */
  encode(text: string, into: Float32Array, at: number): string | undefined;
}

export function columnName(column: Column): string {
  return typeof column === "string" ? column : column.column;
}

/** Features that a column becomes. */
export function columnWidth(column: Column): number {
  if (typeof column === "string") return 1;
  if ("calendar" in column) return column.calendar.reduce((width, part) => width + CALENDAR[part], 0);
  const indicator = column.missing === undefined ? 0 : 1;
  return ("values" in column ? column.values.length : 1) + indicator;
}

export function columnEncoder(column: Column): ColumnEncoder {
  const width = columnWidth(column);
  if (typeof column === "string") return { column, width, encode: numberEncoder({}) };
  return { column: column.column, width, encode: cellEncoder(column, width) };
}

function cellEncoder(column: Exclude<Column, string>, width: number): ColumnEncoder["encode"] {
  if ("values" in column) return categoryEncoder(column, width);
  return "calendar" in column ? dateEncoder(column, width) : numberEncoder(column);
}

function numberEncoder(column: Omit<z.infer<typeof numberColumn>, "column">): ColumnEncoder["encode"] {
  const { mean = 0, std = 1, missing } = column;
  return (text, into, at) => {
    const isMissing = missing !== undefined && MISSING.has(text);
    if (missing !== undefined) into[at + 1] = isMissing ? 1 : 0;
    if (isMissing) {
      into[at] = 0; // the mean
      return undefined;
    }
    const value = readNumber(text);
    if (typeof value === "string") return value;
    into[at] = (value - mean) / std;
    return Number.isFinite(into[at]) ? undefined : tooLarge(value);
  };
}

function categoryEncoder(column: z.infer<typeof categoryColumn>, width: number): ColumnEncoder["encode"] {
  const places = new Map(column.values.map((value, place) => [value, place]));
  return (text, into, at) => {
    // A listed value comes first: somebody's "NA" may be Namibia.
    const place = places.get(text) ?? (column.missing !== undefined && MISSING.has(text) ? width - 1 : undefined);
    if (place === undefined) {
      if (text === "") return EMPTY;
      return `${quote(text)} is none of the task's values (${list(column.values)}). Correct it or remove the row.`;
    }
    into.fill(0, at, at + width);
    into[at + place] = 1;
    return undefined;
  };
}

function dateEncoder({ calendar }: z.infer<typeof dateColumn>, width: number): ColumnEncoder["encode"] {
  return (text, into, at) => {
    if (text === "") return EMPTY;
    const day = new Date(ISO_DATE.test(text) ? `${text}T00:00Z` : NaN);
    // The 31st of June would become the 1st of July.
    if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text)) {
      return `${quote(text)} is no date. Write it like 2001-01-31, or remove the row.`;
    }
    into.fill(0, at, at + width);
    let start = at;
    for (const part of calendar) {
      into[start + (part === "weekday" ? day.getUTCDay() : day.getUTCMonth())] = 1;
      start += CALENDAR[part];
    }
    return undefined;
  };
}

const EMPTY = "the cell is empty. Fill it in or remove the row.";

function tooLarge(value: number): string {
  return `${value} is too large for a 32-bit float. Correct or rescale the column.`;
}

/** The number, or what is wrong with it. */
export function readNumber(text: string): number | string {
  if (DECIMAL.test(text)) return Math.abs(Number(text)) > 3.4e38 ? tooLarge(Number(text)) : Number(text);
  if (text === "") return EMPTY;
  return `${quote(text)} is not a number. Write it like -1.5 or 2e-3, or remove the row.`;
}

/** At most 40 characters of what a cell says: enough to find it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** The first few of a list that may be long. */
export function list(texts: readonly string[]): string {
  return texts.length > 12 ? `${texts.slice(0, 12).join(", ")}, ...` : texts.join(", ");
}
