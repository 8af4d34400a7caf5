/**
 * Scores of tasks' models, from the report that the settings name or that one has opened here. They are somebody's word: the
 * page says whose.
 */
import { signal } from "@preact/signals";
import type { Scores } from "../../trainer/observe/scores.ts";
import type { Chain } from "./node.ts";

export interface KnownScores extends Scores {
  /** Where they come from: a host, or a file's name. */
  readonly source: string;
}

const MAX_BYTES = 8 * 1024 * 1024;
const PAUSE_MS = 3_000;
const found = signal<ReadonlyMap<string, KnownScores>>(new Map());
let asked = 0;

/** What is known of one task's models. */
export function scoresOf(chain: Chain, task: string): KnownScores | undefined {
  const known = found.value.get(task.toLowerCase());
  return known !== undefined && BigInt(known.config.chainId) === chain.chainId ? known : undefined;
}

/** The last score, with what it measures. */
export function lastScore({ config, rounds }: Scores): string | undefined {
  const score = rounds.at(-1)?.score ?? undefined;
  return score === undefined ? undefined : scoreText(score, config.measure);
}

/** A share of one as percent; anything else in its unit. */
export function scoreText(score: number, { name, unit }: Scores["config"]["measure"]): string {
  if (name === "accuracy") return `${(100 * score).toFixed(2)} %`;
  return `${Number(score.toPrecision(4))}${unit === undefined ? "" : ` ${unit}`}`;
}

/** Looks whether the settings' report says more than before; not more often than every few seconds. */
export async function lookForScores({ settings, signal }: Chain): Promise<void> {
  const { report } = settings;
  if (report === undefined || Date.now() - asked < PAUSE_MS) return;
  asked = Date.now();
  try {
    const response = await fetch(report, { signal, cache: "no-store", redirect: "error" });
    if (response.ok) await keep(await boundedJson(response), new URL(report).host);
  } catch {
    // Without scores everything else is shown.
  }
}

/** Takes the scores out of a file. Whether it holds any. */
export async function readScores(file: File): Promise<boolean> {
  if (file.size > MAX_BYTES) return false;
  try {
    return await keep(JSON.parse(await file.text()), file.name.slice(0, 100));
  } catch {
    return false;
  }
}

async function keep(value: unknown, source: string): Promise<boolean> {
  const { parseScores } = await import("../../trainer/observe/scores.ts");
  const scores = parseScores(value);
  if (scores === undefined) return false;
  found.value = new Map(found.value).set(scores.config.task.toLowerCase(), { ...scores, source });
  return true;
}

async function boundedJson(response: Response): Promise<unknown> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let [text, length] = ["", 0];
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    length += part.value.length;
    if (length > MAX_BYTES) throw new Error("too long");
    text += decoder.decode(part.value, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}
