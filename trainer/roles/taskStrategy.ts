/**
 * A task's strategy: what the contract is told of it, whether the task can run it at all, and whether the contract has been
 * told what the manifest says. The strategies themselves know nothing of tasks on chain (learning/strategies).
 */
import type { z } from "zod";
import type { TaskRules } from "../chain/taskRules.ts";
import { STRATEGIES, planOf, strategySchema } from "../learning/strategies/registry.ts";
import type { ChosenStrategy } from "../learning/strategies/registry.ts";
import { UnsuitableStrategy } from "../learning/strategies/strategy.ts";
import type { FederatedTask, Plan } from "../learning/strategies/strategy.ts";
import type { TrainingSettings } from "../learning/trainingSettings.ts";
import { UnusableManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { conflictWithCompression } from "./taskCompression.ts";
import { complainTo } from "./taskFaults.ts";
import type { Complaint } from "./taskFaults.ts";
import type { WithCompression } from "./taskCompression.ts";
import { privacyNumbers } from "./privacyMode.ts";
import type { WithPrivacy } from "./privacyMode.ts";
import { serverNumbers, unfitNumber } from "./serverRule.ts";
import type { ServerNumbers } from "./serverRule.ts";

/** Of tasks that do not say. */
const FED_AVG: ChosenStrategy = { name: "FedAvg" };

interface WithStrategy extends WithPrivacy, Omit<WithCompression, "privacy"> {
  readonly strategy?: ChosenStrategy | undefined;
  readonly training: TrainingSettings;
  readonly fixedPoint: { readonly fractionBits: number };
}

type StrategyNumbers = ServerNumbers & Pick<TaskRules, "trim" | "minSummed">;

/**
 * The rule of the server and how few updates a selection may leave, as the contract takes them; those of plain FedAvg for a
 * file whose strategy is refused (refineStrategy).
 */
export function strategyNumbers(file: WithStrategy): StrategyNumbers {
  const { fractionBits } = file.fixedPoint;
  const { trim } = privacyNumbers(file);
  const { min } = file.trainers;
  try {
    return numbersOf(planOf(file.strategy ?? FED_AVG, federatedTask(file)), { fractionBits, trim, min });
  } catch (error) {
    if (!(error instanceof UnsuitableStrategy)) throw error;
    return { ...serverNumbers({ rule: "FedAvg" }, fractionBits), trim, minSummed: min };
  }
}

/** @param of `trim` and `min` are those of a plan that does not say. */
function numbersOf(plan: Plan, of: { fractionBits: number; trim: number; min: number }): StrategyNumbers {
  const { server, leaves = of.min } = plan;
  return { ...serverNumbers(server, of.fractionBits), trim: server.trim ?? of.trim, minSummed: leaves };
}

/** That the strategy can work in the task, has from its privacy what it needs, and updates that it can use. */
export function refineStrategy(file: WithStrategy, context: z.RefinementCtx): void {
  const complain = ({ message, fault }: Complaint, ...path: string[]) => complainTo(context)(path, message, fault);
  const strategy = file.strategy ?? FED_AVG;
  if (!strategySchema.safeParse(strategy).success) return; // named with the field
  const unmet = unmetNeed(strategy, file);
  if (unmet !== undefined) {
    complain(unmet, "strategy");
    return;
  }
  try {
    const plan = planOf(strategy, federatedTask(file));
    const unfit = unfitNumber(plan.server, file.fixedPoint.fractionBits);
    if (unfit !== undefined) complain(unfit, "strategy", unfit.name);
    const conflict = conflictWithCohorts(strategy, plan, file);
    if (conflict !== undefined) complain(conflict, "strategy");
    const uncompressed = conflictWithCompression(file, plan);
    if (uncompressed !== undefined) complain(uncompressed, "compression");
    if (file.differentialPrivacy !== undefined && plan.unfitNoise !== undefined) {
      complain(plan.unfitNoise, "differentialPrivacy");
    }
  } catch (error) {
    if (!(error instanceof UnsuitableStrategy)) throw error;
    complain(error, "strategy");
  }
}

/**
 * What the trainers of a task do.
 * @throws UnusableManifest if its strategy is not what the contract steps by, or it or the compression cannot work in the task.
 */
export function planOfTask(manifest: Manifest, rules: TaskRules): Plan {
  const { strategy = FED_AVG, training } = manifest;
  const told = (why: string) =>
    new UnusableManifest(`${why} Its sponsor has opened it so: ask there, and do not stake on it.`);
  const isMasked = rules.privacy === "masked";
  const { needs } = STRATEGIES.get(strategy.name) ?? {};
  if (needs === "updates" && isMasked) {
    throw told(`${strategy.name} compares single updates, and nobody can read those in this masked task.`);
  }
  const { cohorts, minTrainers: min, maxTrainers: max, fractionBits } = rules;
  const trainers = isMasked && needs === "means" ? { min: cohorts, max: cohorts } : { min, max };
  try {
    const plan = planOf(strategy, { training, trainers, fractionBits });
    const expected = numbersOf(plan, { fractionBits, trim: isMasked ? rules.trim : 0, min });
    const differing = (Object.keys(expected) as (keyof StrategyNumbers)[]).filter(
      (field) => expected[field] !== rules[field],
    );
    const uncompressed = conflictWithCompression({ ...manifest, privacy: rules.privacy }, plan);
    if (uncompressed !== undefined) throw told(`Its updates cannot be compressed: ${uncompressed.message}.`);
    if (manifest.differentialPrivacy !== undefined && plan.unfitNoise !== undefined) {
      throw told(`Its updates cannot have noise on them: ${plan.unfitNoise.message}.`);
    }
    if (differing.length === 0) return plan;
    const both = differing.map((field) => `${field} ${rules[field]} instead of ${expected[field]}`).join(", ");
    throw told(`The manifest says ${strategy.name}, but the contract has ${both}.`);
  } catch (error) {
    if (!(error instanceof UnsuitableStrategy)) throw error;
    throw told(`The strategy of this task cannot work in it: ${error.message}`);
  }
}

/** A strategy with its settings, for people. */
export function strategyText({ name, ...settings }: ChosenStrategy = FED_AVG): string {
  return [name, ...Object.entries(settings).map(([setting, value]) => `${setting} ${String(value)}`)].join(", ");
}

/** What a strategy is told of a task. Where cohorts' means are compared there are as many as cohorts. */
function federatedTask(file: WithStrategy): FederatedTask {
  const { training, trainers, fixedPoint, strategy = FED_AVG } = file;
  const { privacy, cohorts } = privacyNumbers(file);
  const areMeans = privacy === "masked" && STRATEGIES.get(strategy.name)?.needs === "means";
  return {
    ...{ training, fractionBits: fixedPoint.fractionBits },
    trainers: areMeans ? { min: cohorts, max: cohorts } : trainers,
  };
}

/** What the privacy of the task does not let anybody read, and the way out; undefined if all can be read that is needed. */
function unmetNeed({ name }: ChosenStrategy, file: WithStrategy): Complaint | undefined {
  const needs = STRATEGIES.get(name)?.needs;
  const { privacy, cohorts } = privacyNumbers(file);
  if (privacy === "sealed" || needs === "sum") return undefined;
  if (needs === "updates") {
    const message =
      `${name} compares single updates, and in a masked task nobody can read one: set privacy to "sealed", or compare ` +
      `the means of cohorts with "CoordinateMedian" or "TrimmedMean"`;
    return { message, fault: { fault: "needsSingleUpdates", strategy: name } };
  }
  if (cohorts >= 3) return undefined;
  const message =
    `${name} compares updates number by number, and in a masked task only the means of cohorts can be compared: set ` +
    `cohorts.count to at least 3, or privacy to "sealed"`;
  return { message, fault: { fault: "needsCohorts", strategy: name } };
}

function conflictWithCohorts({ name }: ChosenStrategy, plan: Plan, file: WithStrategy): Complaint | undefined {
  const { rule = "mean" } = file.cohorts ?? {};
  if (rule === "mean") return undefined;
  if (plan.server.trim !== undefined) {
    const message = `${name} says how the cohorts' means are compared, and so does cohorts.rule, "${rule}": leave one of them out`;
    return { message, fault: { fault: "comparedTwice", strategy: name, rule } };
  }
  if (plan.local?.follow === undefined) return undefined;
  const message =
    `${name} follows the mean of all updates from model to model, and a cohorts.rule "${rule}" leaves some out: ` +
    `set cohorts.rule to "mean", or another strategy`;
  return { message, fault: { fault: "followsMean", strategy: name, rule } };
}
