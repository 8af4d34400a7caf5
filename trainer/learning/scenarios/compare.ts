/**
 * The three columns by which a federation is judged, on one test set and for the same number of epochs: each trainer with
 * its own rows alone, all together without showing their rows, and all rows in one place, which is what nobody can have.
 * Beside them what does without learning.
 */
import type { Backend } from "../backend.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { evaluate } from "../evaluate.ts";
import type { Scores } from "../evaluate.ts";
import { createModel } from "../model.ts";
import { train } from "../train.ts";
import type { Measure } from "./measures.ts";
import type { Scenario, ScenarioData } from "./scenario.ts";

export interface Comparison {
  readonly baseline: Scores;
  /** One a trainer, in the order of the shards. */
  readonly alone: readonly { readonly trainer: string; readonly scores: Scores }[];
  /** Absent unless a federated model was given. */
  readonly federated?: Scores;
  readonly pooled: Scores;
}

export const ALL = "all";

export interface CompareOptions {
  readonly backend: Backend;
  readonly seed: number | string;
  /** The weights that the federation ended with. */
  readonly federated?: Float32Array;
  readonly signal?: AbortSignal;
  /** Told before each training, with whose rows it is done: a trainer's, or ALL. */
  readonly onTraining?: (whose: string) => void;
}

type Trained = Pick<Scenario, "architecture" | "training" | "rounds" | "baseline">;

/** @throws as training does, WrongModelShape if the federated weights are not this network's, or the signal's reason. */
export async function compare(scenario: Trained, data: ScenarioData, options: CompareOptions): Promise<Comparison> {
  const { backend, federated, onTraining } = options;
  const alone = [];
  for (const { trainer, dataset } of data.shards) {
    onTraining?.(trainer);
    alone.push({ trainer, scores: await scoresOfTraining(scenario, dataset, data.test, options) });
  }
  onTraining?.(ALL);
  const pooled = await scoresOfTraining(scenario, data.pooled, data.test, options);
  const baseline = scenario.baseline.scores(data);
  if (federated === undefined) return { baseline, alone, pooled };

  const model = createModel(backend, scenario.architecture, 0);
  try {
    model.writeWeights(federated);
    return { baseline, alone, federated: (await evaluate(model, data.test, signalOf(options))).scores, pooled };
  } finally {
    model.dispose();
  }
}

/** As many epochs as the federation's rounds have together, in one run. */
async function scoresOfTraining(
  { architecture, training, rounds }: Trained,
  rows: Dataset,
  test: Dataset,
  options: CompareOptions,
): Promise<Scores> {
  const { backend, seed } = options;
  const model = createModel(backend, architecture, seed);
  try {
    await train(model, rows, { ...training, epochs: training.epochs * rounds, seed, ...signalOf(options) });
    return (await evaluate(model, test, signalOf(options))).scores;
  } finally {
    model.dispose();
  }
}

function signalOf({ signal }: CompareOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** One line of the comparison: a measure's columns. */
export interface Line {
  readonly measure: Measure;
  readonly baseline: number;
  /** The mean of the trainers, and the least and the largest of them; NaN if it cannot be said of one. */
  readonly alone: { readonly mean: number; readonly least: number; readonly largest: number };
  readonly federated?: number;
  readonly pooled: number;
}

export function summarise({ baseline, alone, federated, pooled }: Comparison, measure: Measure): Line {
  const each = alone.map(({ scores }) => measure.of(scores));
  return {
    measure,
    baseline: measure.of(baseline),
    alone: {
      mean: each.reduce((sum, value) => sum + value, 0) / each.length,
      least: Math.min(...each),
      largest: Math.max(...each),
    },
    ...(federated === undefined ? {} : { federated: measure.of(federated) }),
    pooled: measure.of(pooled),
  };
}
