/** The three columns of a scenario, for the report: each trainer alone, all together, all rows in one place. */
import type { Backend } from "../../trainer/learning/backend.ts";
import { classesOf } from "../../trainer/learning/datasets/dataset.ts";
import type { Scores } from "../../trainer/learning/evaluate.ts";
import { ALL, compare, summarise } from "../../trainer/learning/scenarios/compare.ts";
import type { Comparison } from "../../trainer/learning/scenarios/compare.ts";
import type { Measure } from "../../trainer/learning/scenarios/measures.ts";
import { loadScenario } from "../../trainer/learning/scenarios/scenario.ts";
import type { Scenario, ScenarioData } from "../../trainer/learning/scenarios/scenario.ts";
import type { Progress } from "../../trainer/observe/progress.ts";
import type { ReportLine, ReportMeasure, ReportScenario } from "../../trainer/observe/report.ts";
import type { Story } from "./story.ts";

export interface Compared {
  readonly report: ReportScenario;
  /** By shard, rows of each class; absent where a number is estimated. */
  readonly perClass?: readonly (readonly number[])[];
}

/** @param federated What the last model on chain is worth on the scenario's test rows. */
export async function compareScenario(
  scenario: Scenario,
  federated: Scores,
  options: {
    readonly backend: Backend;
    readonly rounds: number;
    readonly seed: number;
    readonly story: Story;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Compared> {
  const { backend, rounds, seed, story, progress, signal } = options;
  const { name, title, story: told, isSimulated, baseline } = scenario;
  const data = await loadScenario(scenario, seed, signal);
  story.tell("To compare: each trainer trains alone for as many epochs, then all rows in one place");
  const onTraining = (whose: string) => {
    const phase = `comparing with ${whose === ALL ? "all data pooled" : `${whose} alone`}`;
    progress.round({ round: rounds, rounds, phase, fraction: 1 });
  };
  const columns = await compare({ ...scenario, rounds }, data, { backend, seed, signal, onTraining });
  const comparison = { ...columns, federated };
  const lines = scenario.measures.map((measure) => lineOf(comparison, measure));
  return {
    report: { name, title, story: told, isSimulated, testRows: data.test.rows, baseline: baseline.name, lines },
    ...(data.pooled.classes === undefined ? {} : { perClass: classCounts(data, data.pooled.classes) }),
  };
}

function lineOf(comparison: Comparison & { readonly federated: Scores }, measure: Measure): ReportLine {
  const { baseline, alone, pooled } = summarise(comparison, measure);
  return {
    measure: reportMeasure(measure),
    baseline: finite(baseline),
    alone: {
      ...{ mean: finite(alone.mean), least: finite(alone.least), largest: finite(alone.largest) },
      each: comparison.alone.map(({ trainer, scores }) => ({ trainer, score: finite(measure.of(scores)) })),
    },
    federated: finite(measure.of(comparison.federated)),
    pooled: finite(pooled),
  };
}

export function reportMeasure({ name, better, unit }: Measure): ReportMeasure {
  return unit === undefined ? { name, better } : { name, better, unit };
}

/** A number that JSON has, or null. */
export function finite(score: number): number | null {
  return Number.isFinite(score) ? score : null;
}

function classCounts({ shards }: ScenarioData, classes: number): number[][] {
  return shards.map(({ dataset }) => {
    const counts = new Array<number>(classes).fill(0);
    for (const label of classesOf(dataset)) counts[label]! += 1;
    return counts;
  });
}
