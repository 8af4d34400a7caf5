/**
 * What a task with differential privacy has cost its trainers so far, told from the chain's log, and whether a trainer may
 * enter one more round. A round counts once its sum could be known, also if it became void after.
 */
import { laneWeight } from "../chain/taskRules.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import { roundNow, seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import { epsilonAfter, roundsWithin } from "../privacy/accountant.ts";
import { noisePlan } from "../privacy/differentialPrivacy.ts";
import type { DifferentialPrivacy, NoisePlan } from "../privacy/differentialPrivacy.ts";
import { noisesSummed } from "./noisesSummed.ts";

/** For a trainer that took part in every round; who sat out some has spent less. */
export interface PrivacySpent {
  readonly epsilon: number;
  readonly delta: number;
  readonly rounds: number;
  readonly maxEpsilon?: number;
  /** Rounds that the ceiling allows in all. */
  readonly maxRounds?: number;
}

export function privacySpent(state: TaskState, privacy: DifferentialPrivacy): PrivacySpent {
  return privacySpentBy(roundsOf(state).filter((round) => sumCouldBeKnown(round, state.rules)).length, privacy);
}

/** After so many rounds whose sums were known. */
function privacySpentBy(rounds: number, privacy: DifferentialPrivacy): PrivacySpent {
  const { delta, maxEpsilon } = privacy;
  return {
    ...{ epsilon: epsilonAfter(rounds, privacy), delta, rounds },
    ...(maxEpsilon === undefined ? {} : { maxEpsilon, maxRounds: roundsWithin(maxEpsilon, privacy) }),
  };
}

/** The rounds before `before` that this account has spent privacy in, or may still: it sits in them. */
export function roundsRisked(state: TaskState, account: string, before = Infinity): number {
  return roundsOf(state).filter((round) => {
    const seat = seatOf(round, account);
    if (seat === undefined || round.number >= before) return false;
    if (!isDecided(round)) return true;
    return hasCommitted(seat.state.status) && sumCouldBeKnown(round, state.rules);
  }).length;
}

/** Whether an account may sit in a round without passing the task's ceiling, whatever becomes of the rounds before. */
export function privacyCovers(
  state: TaskState,
  privacy: DifferentialPrivacy | undefined,
  account: string,
  round: number,
): boolean {
  if (privacy?.maxEpsilon === undefined) return true;
  return roundsRisked(state, account, round) + 1 <= roundsWithin(privacy.maxEpsilon, privacy);
}

/**
 * The noise that a task's trainers add.
 * @throws NoiseDoesNotFit if the task has no room for it.
 */
export function noisePlanOf(privacy: DifferentialPrivacy, rules: TaskRules): NoisePlan {
  return noisePlan(privacy, {
    ...rules,
    minSummed: noisesSummed(rules),
    clip: rules.bound / 2 ** rules.fractionBits,
    mostWeight: laneWeight(rules, rules.maxWeight),
  });
}

/** What a task promises when it opens, for people: a line each. */
export function privacyPlanText(privacy: DifferentialPrivacy, rules: TaskRules): string[] {
  const rounds = Math.min(rules.rounds, privacySpentBy(rules.rounds, privacy).maxRounds ?? Infinity);
  return [
    `Differential privacy of each trainer's whole data: ${privacySpentText(privacySpentBy(rounds, privacy))}.`,
    privacyScopeText(privacy, rules),
    `With ${mostSummed(rules)} the noise in a round's mean is about ${noiseRatio(privacy, rules)} times as long as the ` +
      "longest update: more trainers, fewer parameters or a smaller noiseMultiplier make it shorter.",
  ];
}

/** A round has all trainers' updates, or as few as its strategy may leave. */
function mostSummed({ minSummed, minTrainers, maxTrainers }: TaskRules): string {
  return minSummed < minTrainers ? `as few updates as may be left, ${minSummed},` : `all ${maxTrainers} trainers`;
}

/** Norm of the noise over the clip norm, in the mean of such a round: what learning has to overcome. */
function noiseRatio({ noiseMultiplier, colluders = 0 }: DifferentialPrivacy, rules: TaskRules): string {
  const { maxTrainers, minTrainers, minSummed, parameters } = rules;
  const updates = minSummed < minTrainers ? minSummed : maxTrainers;
  const ratio = noiseMultiplier * Math.sqrt(parameters / (updates * (noisesSummed(rules) - colluders)));
  return String(Number(ratio.toPrecision(2)));
}

/** Against whom a task's epsilon holds. */
export function privacyScopeText({ colluders = 0 }: DifferentialPrivacy, rules: TaskRules): string {
  const whom =
    colluders === 0
      ? "whoever adds no noise itself"
      : `up to ${colluders} of the trainers, if they pool what they know`;
  // Who decrypts an update sees one trainer's noise on it.
  const others = noisesSummed(rules) - 1;
  return rules.privacy === "sealed" && colluders < others
    ? "It holds against whoever sees the models only: the cohort of a sealed task reads each update with one trainer's " +
        `part of the noise. Set differentialPrivacy.colluders to ${others} to hold against the cohort too.`
    : `It holds against ${whom}.`;
}

/** In words, for people. */
export function privacySpentText({ epsilon, delta, rounds, maxEpsilon, maxRounds }: PrivacySpent): string {
  const ceiling = maxEpsilon === undefined ? "" : `; at most ${maxEpsilon}, which ${maxRounds} rounds reach`;
  // Never less than it is.
  const spent = (Math.ceil(100 * epsilon) / 100).toFixed(2);
  return `ε = ${spent} at δ = ${delta} after ${rounds} ${rounds === 1 ? "round" : "rounds"} for a trainer in all of them${ceiling}`;
}

/** Phases in which no secret of the round is out. */
const BEFORE_THE_SUM: ReadonlySet<string> = new Set([
  "Idle",
  "Entering",
  "Drawing",
  "Sharing",
  "Committing",
  "Agreeing",
]);
const BEFORE_COMMITTING: ReadonlySet<string> = new Set(["Entered", "Shared"]);

function hasCommitted(status: string): boolean {
  return !BEFORE_COMMITTING.has(status);
}

/** Every round as it stands now. */
function roundsOf(state: TaskState): RoundState[] {
  return [...state.rounds.values()].map((round) => (round.number === state.current ? roundNow(state) : round));
}

function isDecided({ phase }: RoundState): boolean {
  return !BEFORE_THE_SUM.has(phase);
}

function sumCouldBeKnown(round: RoundState, { minTrainers }: TaskRules): boolean {
  if (round.phase !== "Void") return isDecided(round);
  if (round.endedIn !== undefined) return !BEFORE_THE_SUM.has(round.endedIn);
  // Void by the clock, and nobody has written yet in which phase.
  return round.committed >= minTrainers;
}
