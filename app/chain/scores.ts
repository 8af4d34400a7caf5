/**
 * Scores of tasks' models, from the report that the settings name or that one has opened here. They are somebody's word: the
 * page says whose.
 */
import { signal } from "@preact/signals";
import { boundedText } from "../../trainer/chain/boundedBody.ts";
import { printable } from "../../trainer/observe/printable.ts";
import type { Scores } from "../../trainer/observe/scores.ts";
import type { Chain } from "./node.ts";

export interface KnownScores extends Scores {
  /** Where they come from: a host, or a file's name. */
  readonly source: string;
}

const MAX_SOURCE = 100;
const MAX_NAME = 60;
const MAX_UNIT = 20;
const MAX_BYTES = 8 * 1024 * 1024;
const PAUSE_MS = 3_000;
/** After which a report that does not come is given up, and asked for again. */
const PATIENCE_MS = 20_000;
const found = signal<ReadonlyMap<string, KnownScores>>(new Map());
let asked = 0;
let asking: AbortSignal | undefined;

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

/** Looks whether the settings' report says more than before; not more often than every few seconds, and once at a time. */
export async function lookForScores({ settings, signal }: Chain): Promise<void> {
  const { report } = settings;
  const isAsked = asking?.aborted === false;
  if (report === undefined || isAsked || Date.now() - asked < PAUSE_MS) return;
  asked = Date.now();
  const ends = (asking = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
  try {
    const response = await fetch(report, { signal: ends, cache: "no-store", redirect: "error" });
    if (!response.ok) return;
    const text = await boundedText(response, MAX_BYTES, () => new Error("too long"));
    await keep(JSON.parse(text), printable(new URL(report).host, MAX_SOURCE));
  } catch {
    // Without scores everything else is shown.
  } finally {
    if (asking === ends) asking = undefined;
  }
}

/** Takes the scores out of a file. Whether it holds any. */
export async function readScores(file: File): Promise<boolean> {
  if (file.size > MAX_BYTES) return false;
  try {
    return await keep(JSON.parse(await file.text()), printable(file.name, MAX_SOURCE));
  } catch {
    return false;
  }
}

async function keep(value: unknown, source: string): Promise<boolean> {
  const { parseScores } = await import("../../trainer/observe/scores.ts");
  const scores = parseScores(value);
  if (scores === undefined) return false;
  const { measure } = scores.config;
  const unit = measure.unit === undefined ? {} : { unit: printable(measure.unit, MAX_UNIT) };
  const config = { ...scores.config, measure: { ...measure, name: printable(measure.name, MAX_NAME), ...unit } };
  found.value = new Map(found.value).set(config.task.toLowerCase(), { ...scores, config, source });
  return true;
}
