/** What a demonstration's report says of how it was set up. */
import type { Deployment } from "../../trainer/chain/deployment.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { Unit } from "../../trainer/chain/tokenUnit.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { dataShape } from "../../trainer/learning/datasets/dataSchema.ts";
import type { ReportConfig } from "../../trainer/observe/report.ts";
import { cohortRuleText } from "../../trainer/roles/cohortRule.ts";
import type { DemoOptions } from "./options.ts";
import { reportMeasure } from "./scenarioReport.ts";
import type { Subject } from "./subject.ts";

/** @param perClass By shard, rows of each class, where the subject does not say. */
export function configOf(
  options: DemoOptions,
  subject: Subject,
  perClass: readonly (readonly number[])[] | undefined,
  on: { readonly deployment: Deployment; readonly opened: OpenedTask; readonly unit: Unit; readonly backend: Backend },
): ReportConfig {
  const { model, rounds, alpha, measure, architecture, data, shards } = subject;
  const { rules } = on.opened;
  const { classes } = dataShape(data);
  return {
    ...{ model, rounds, trainers: options.trainers, seed: options.seed },
    ...(alpha === undefined ? {} : { alpha }),
    parameters: rules.parameters,
    token: { symbol: on.unit.symbol, decimals: on.unit.decimals },
    shards: shards.map(({ trainer, rows, perClass: known }, i) => {
      const counts = known ?? perClass?.[i];
      return { trainer, samples: rows.length, ...(counts === undefined ? {} : { perClass: [...counts] }) };
    }),
    ...(classes === undefined ? {} : { classes: [...classes] }),
    measure: reportMeasure(measure),
    loss: lossName(architecture),
    privacy: rules.privacy,
    ...(rules.cohorts > 1 ? { cohorts: { count: rules.cohorts, rule: cohortRuleText(rules) } } : {}),
    chainId: Number(on.deployment.chainId),
    task: on.opened.address,
    backend: on.backend.name,
  };
}

function lossName({ regression }: Architecture): string {
  if (regression === undefined) return "cross-entropy";
  return regression.loss === "huber" ? "Huber's loss of the standardised number" : "squared error, halved";
}
