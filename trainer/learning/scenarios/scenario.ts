/**
 * A scenario: a federation as it may happen, on real data (or simulated ones, which it says). Rows of one table belong to
 * trainers who cannot put them together, and to a common test set that no trainer has. The test set is the same whatever
 * the seed; the seed deals the rest.
 */
import { join } from "node:path";
import type { Architecture } from "../architecture.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { selectRows } from "../datasets/dataset.ts";
import { loadDataset } from "../datasets/loadDataset.ts";
import type { DataSchema } from "../datasets/dataSchema.ts";
import type { DataSource } from "../datasets/loadDataset.ts";
import type { Scores } from "../evaluate.ts";
import type { TrainingSettings } from "../trainingSettings.ts";
import type { Measure } from "./measures.ts";

export interface Scenario {
  readonly name: string;
  /** As a task's manifest has it. */
  readonly title: string;
  /** Who the trainers are and why their rows differ, what is tested, and what about it is made up. */
  readonly story: string;
  /** Nobody measured these numbers: whatever shows them says so. */
  readonly isSimulated: boolean;
  /** How many there are, whatever the seed. */
  readonly trainers: number;
  readonly data: DataSchema;
  readonly architecture: Architecture;
  readonly training: TrainingSettings;
  readonly rounds: number;
  /** What a trainer may change one number of the model by in a round; beyond it is cut off. */
  readonly clip: number;
  /** What to judge by, the most telling first. */
  readonly measures: readonly [Measure, ...Measure[]];
  /** The same deal from the same seed. */
  deal(seed: number | string, signal?: AbortSignal): Promise<Deal>;
  readonly baseline: Baseline;
}

/** Which rows are whose. */
export interface Deal {
  readonly shards: readonly Shard[];
  /** Where the trainers' rows are. */
  readonly source: DataSource;
  /** Where the test rows are, `rows` among them. */
  readonly test: DataSource;
}

export interface Shard {
  /** Whose: "hospital 1", "1994 to 1996". */
  readonly trainer: string;
  /** Of the deal's source, in ascending order. */
  readonly rows: Uint32Array;
}

/** What does without learning. */
export interface Baseline {
  /** "the same weekday two weeks before". */
  readonly name: string;
  scores(data: ScenarioData): Scores;
}

/** A deal with its rows loaded. */
export interface ScenarioData {
  readonly shards: readonly { readonly trainer: string; readonly dataset: Dataset }[];
  /** All shards together: what nobody has. */
  readonly pooled: Dataset;
  readonly test: Dataset;
}

/** @throws UnsuitableData if the table is not there, or the signal's reason. */
export async function loadScenario(
  scenario: Scenario,
  seed: number | string,
  signal?: AbortSignal,
): Promise<ScenarioData> {
  const { shards, source, test } = await scenario.deal(seed, signal);
  const all = Uint32Array.from(shards.flatMap(({ rows }) => [...rows])).sort();
  const pooled = await loadDataset(scenario.data, { ...source, rows: all, signal });
  const placeOf = new Map([...all].map((row, place) => [row, place]));
  return {
    shards: shards.map(({ trainer, rows }) => ({
      trainer,
      dataset: selectRows(
        pooled,
        rows.map((row) => placeOf.get(row) as number), // `all` has every shard's rows
      ),
    })),
    pooled,
    test: await loadDataset(scenario.data, { ...test, signal }),
  };
}

/** Where a table of the repository lies. */
export function tablePath(name: string): string {
  return join(import.meta.dirname, "../../../data", name);
}
