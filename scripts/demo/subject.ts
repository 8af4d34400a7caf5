/** What the federation of a demonstration learns: MNIST, dealt to as many trainers as one likes, or a scenario. */
import type { Architecture } from "../../trainer/learning/architecture.ts";
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { dataShape } from "../../trainer/learning/datasets/dataSchema.ts";
import { loadDataset } from "../../trainer/learning/datasets/loadDataset.ts";
import type { DataSchema } from "../../trainer/learning/datasets/dataSchema.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { ACCURACY } from "../../trainer/learning/scenarios/measures.ts";
import type { Measure } from "../../trainer/learning/scenarios/measures.ts";
import type { Scenario } from "../../trainer/learning/scenarios/scenario.ts";
import { SCENARIOS } from "../../trainer/learning/scenarios/scenarios.ts";
import type { TrainingSettings } from "../../trainer/learning/trainingSettings.ts";
import type { DemoOptions } from "./options.ts";
import { dealShards } from "./shards.ts";

export interface Subject {
  readonly title: string;
  /** The network, in a word. */
  readonly model: string;
  readonly architecture: Architecture;
  readonly data: DataSchema;
  readonly training: TrainingSettings;
  readonly rounds: number;
  /** What a trainer may change one number of the model by in a round. */
  readonly clip: number;
  readonly shards: readonly Shard[];
  /** Where the trainers' rows are; absent of MNIST, which every trainer has in a package. */
  readonly path?: string;
  readonly test: Dataset;
  /** "test images" */
  readonly testRows: string;
  /** To judge each round's model by. */
  readonly measure: Measure;
  /** Concentration of the Dirichlet shares, where they are nothing else. */
  readonly alpha?: number;
  readonly scenario?: Scenario;
}

export interface Shard {
  readonly trainer: string;
  readonly rows: readonly number[];
  /** Rows of each class; absent where it is not known yet, or there are none. */
  readonly perClass?: readonly number[];
}

/** @throws UnsuitableData if the data are not there, or the signal's reason. */
export async function subjectOf(options: DemoOptions, signal: AbortSignal): Promise<Subject> {
  const { scenario } = options;
  return scenario === undefined ? digitsOf(options, signal) : partsOf(SCENARIOS[scenario], options, signal);
}

async function digitsOf(options: DemoOptions, signal: AbortSignal): Promise<Subject> {
  const { model, trainers, alpha, rounds } = options;
  const preset = PRESETS[model];
  const data = { kind: "mnist" } as const;
  return {
    title: `Handwritten digits (${model}), ${trainers} trainers`,
    ...{ model, data, architecture: preset.architecture, training: preset.training, alpha, clip: 1 },
    rounds: rounds ?? preset.rounds,
    shards: (await dealShards(options)).map((shard, i) => ({ trainer: `trainer ${i + 1}`, ...shard })),
    test: await loadDataset(data, { split: "test", signal }),
    testRows: "test images",
    measure: ACCURACY,
  };
}

async function partsOf(scenario: Scenario, options: DemoOptions, signal: AbortSignal): Promise<Subject> {
  const { title, architecture, data, training, clip, measures, isSimulated } = scenario;
  const { shards, source, test } = await scenario.deal(options.seed, signal);
  const kind = dataShape(data).shape.length === 3 ? "images" : "rows";
  return {
    ...{ title, architecture, data, training, clip, scenario },
    model: architecture.kind,
    rounds: options.rounds ?? scenario.rounds,
    shards: shards.map(({ trainer, rows }) => ({ trainer, rows: [...rows] })),
    ...(source.path === undefined ? {} : { path: source.path }),
    test: await loadDataset(data, { ...test, signal }),
    testRows: isSimulated ? `simulated test ${kind}` : `test ${kind}`,
    measure: measures[0],
  };
}
