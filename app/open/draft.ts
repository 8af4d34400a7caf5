/**
 * A task file while it is being written: plain JSON that need not be right yet, its single values by path ("trainers.min"),
 * and what is wrong with it, as `foedus task open` would say it, or in other words.
 */
import { faultOfIssue } from "../../trainer/roles/taskFaults.ts";
import { taskFileSchema } from "../../trainer/roles/taskFile.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { faultText } from "../words/faults/words.ts";
import type { FaultWords } from "../words/faults/words.ts";

export type Draft = Readonly<Record<string, unknown>>;

export interface CheckedDraft {
  /** Absent while something is wrong. */
  readonly file?: TaskFile;
  /** By path; of the file as a whole under "". */
  readonly faults: ReadonlyMap<string, readonly string[]>;
}

/** No task file is longer. */
export const MAX_DRAFT_CHARACTERS = 1_000_000;

/** What a text holds, if it is a JSON object of reasonable length. */
export function readDraft(text: string): Draft | undefined {
  if (text.length > MAX_DRAFT_CHARACTERS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function writeDraft(draft: Draft): string {
  return `${JSON.stringify(draft, undefined, 2)}\n`;
}

/** @param words Of another language than English. */
export function checkDraft(draft: Draft, words?: FaultWords): CheckedDraft {
  const result = taskFileSchema.safeParse(draft, words && { error: words.builtIn });
  if (result.success) return { file: result.data, faults: new Map() };
  const faults = new Map<string, string[]>();
  for (const issue of result.error.issues) {
    const at = issue.path.map(String).join(".");
    const fault = words && faultOfIssue(issue);
    faults.set(at, [...(faults.get(at) ?? []), fault ? faultText(words, fault) : issue.message]);
  }
  return { faults };
}

/** The value at a path; undefined where there is none. */
export function valueAt(draft: Draft, path: string): unknown {
  let value: unknown = draft;
  for (const name of path.split(".")) value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** The same with another value at a path; undefined takes it out, and with it what is then empty. */
export function withValue(draft: Draft, path: string, value: unknown): Draft {
  const [name = "", ...below] = path.split(".");
  const inner = draft[name];
  const next = below.length === 0 ? value : withValue(isRecord(inner) ? inner : {}, below.join("."), value);
  const isGone = next === undefined || (isRecord(next) && Object.keys(next).length === 0);
  if (!isGone) return { ...draft, [name]: next };
  const { [name]: _, ...others } = draft;
  return others;
}

function isRecord(value: unknown): value is Draft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
