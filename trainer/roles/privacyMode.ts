/**
 * The part of a task file that says who can read one trainer's update: the recipients that it is encrypted to (sealed), or
 * nobody (masked: secure aggregation, docs/protocol.md), with the numbers that only masked tasks have.
 */
import { z } from "zod";
import {
  MAX_COHORT,
  MAX_PROOF_GAS,
  MIN_COHORT,
  PRIVACY_MODES,
  challengeGas,
  usualShareThreshold,
} from "../chain/taskRules.ts";
import type { DearestProof, TaskRules } from "../chain/taskRules.ts";
import { cohortNumbers, cohortRuleText, cohortsSchema } from "./cohortRule.ts";
import { complainTo } from "./taskFaults.ts";
import type { Complaint } from "./taskFaults.ts";

const MAX_WINDOW = 30 * 24 * 3600;
const window = z.int().min(1).max(MAX_WINDOW).optional();

export const privacyMode = z.enum(PRIVACY_MODES);
/**
 * How many shares rebuild a secret, and how many trainers of a cohort agree on the set of updates; two thirds of its seats
 * unless given.
 */
export const shareThreshold = z.int().min(2).max(MAX_COHORT);
/** One cohort unless given. */
export const cohorts = cohortsSchema;
/** As long as `reveal` unless given, and thrice as long to blame. */
export const maskedWindows = {
  /** To deal the shares of a round's secrets. */
  share: window,
  /** To rebuild the seeds of those who did not reveal. */
  recover: window,
  /** To find out who spoilt a sum: a third each to open, to prove, and to convict the silent. */
  blame: z.int().min(3).max(MAX_WINDOW).optional(),
} as const;

export interface WithPrivacy {
  readonly privacy?: TaskRules["privacy"] | undefined;
  readonly shareThreshold?: number | undefined;
  readonly cohorts?: z.infer<typeof cohortsSchema> | undefined;
  readonly trainers: { readonly min: number; readonly max: number };
  readonly seconds: { readonly reveal: number } & { readonly [W in keyof typeof maskedWindows]?: number | undefined };
}

type MaskedNumber = "shareThreshold" | "cohorts" | "trim" | "shareSeconds" | "recoverSeconds" | "blameSeconds";

/** The privacy of a task as the contract takes it; 0 for what a sealed task does not use. */
export function privacyNumbers({
  privacy = "sealed",
  shareThreshold: threshold,
  cohorts: drawn,
  trainers,
  seconds,
}: WithPrivacy): Pick<TaskRules, "privacy" | MaskedNumber> {
  if (privacy === "sealed") {
    const none = { shareThreshold: 0, cohorts: 0, trim: 0, shareSeconds: 0, recoverSeconds: 0, blameSeconds: 0 };
    return { privacy, ...none };
  }
  const { reveal, share = reveal, recover = reveal, blame = Math.min(3 * reveal, MAX_WINDOW) } = seconds;
  const numbers = cohortNumbers(drawn);
  return {
    privacy,
    ...numbers,
    shareThreshold: threshold ?? usualShareThreshold(trainers.max / numbers.cohorts),
    shareSeconds: share,
    recoverSeconds: recover,
    blameSeconds: blame,
  };
}

/** The most trainers that `trainers.min` is of: those of a cohort in a masked task, of the round in a sealed one. */
export function seatsTogether(file: WithPrivacy): number {
  return file.trainers.max / Math.max(1, privacyNumbers(file).cohorts);
}

/** A task's privacy with the numbers of masked ones, for people. */
export function privacyText(rules: Pick<TaskRules, "privacy" | "maxTrainers" | MaskedNumber>): string {
  if (rules.privacy === "sealed") return "sealed";
  const { cohorts: count, maxTrainers, shareThreshold: threshold, shareSeconds, recoverSeconds, blameSeconds } = rules;
  const drawn = count === 1 ? "" : ` in up to ${count} cohorts of ${maxTrainers / count}, ${cohortRuleText(rules)}`;
  const of = count === 1 ? "" : " of a cohort";
  return (
    `masked${drawn}, ${threshold}${of} rebuild a secret; ` +
    `seconds: share ${shareSeconds}, recover ${recoverSeconds}, blame ${blameSeconds}`
  );
}

/** What masked tasks need, and that sealed ones say nothing that they do not use. */
export function refinePrivacy(file: WithPrivacy, context: z.RefinementCtx): void {
  const complain = complainTo(context);
  const { min, max } = file.trainers;
  if (file.privacy !== "masked") {
    const unused = 'is for masked tasks: leave it out, or set privacy to "masked"';
    if (file.shareThreshold !== undefined) complain(["shareThreshold"], unused, { fault: "onlyMasked" });
    if (file.cohorts !== undefined) complain(["cohorts"], unused, { fault: "onlyMasked" });
    for (const name of Object.keys(maskedWindows) as (keyof typeof maskedWindows)[]) {
      if (file.seconds[name] !== undefined) complain(["seconds", name], unused, { fault: "onlyMasked" });
    }
    return;
  }
  const { shareThreshold: threshold, cohorts: count } = privacyNumbers(file);
  const [least, most] = [MIN_COHORT * count, MAX_COHORT * count];
  if (max < least || max > most) {
    const which = count === 1 ? "a masked task" : `${count} cohorts`;
    complain(
      ["trainers", "max"],
      `must be from ${least} to ${most} in ${which}: each has ${MIN_COHORT} to ${MAX_COHORT} seats, as everybody in it ` +
        'shares with everybody. Change it or cohorts.count; a "sealed" task has up to 256 seats',
      { fault: "seatsOutOfRange", least, most, cohorts: count, fewestSeats: MIN_COHORT, mostSeats: MAX_COHORT },
    );
    return;
  }
  if (max % count !== 0) {
    const fewer = max - (max % count);
    const more = fewer + count;
    complain(
      ["trainers", "max"],
      `must be a multiple of cohorts.count, ${count}, as all cohorts have the same number of seats: ` +
        `${fewer} or ${more} would do`,
      { fault: "seatsUneven", cohorts: count, fewer, more },
    );
    return;
  }
  const seats = max / count;
  const majority = Math.floor(seats / 2) + 1;
  const together = count === 1 ? "" : " in a cohort";
  if (threshold < majority || threshold > seats) {
    complain(
      ["shareThreshold"],
      `must be from ${majority} to ${seats} with ${seats} seats${together}: ` +
        "two sets of so many trainers must have one in common",
      { fault: "thresholdOutOfRange", majority, seats, cohorts: count },
    );
    return;
  }
  if (min < MIN_COHORT) {
    complain(
      ["trainers", "min"],
      `must be at least ${MIN_COHORT} in a masked task: a sum of two shows each of them the other's update`,
      { fault: "tooFewMasked", least: MIN_COHORT },
    );
  } else if (min < threshold) {
    const lower = min >= majority ? min : undefined;
    complain(
      ["trainers", "min"],
      `must be at least the shareThreshold, ${threshold}: fewer trainers${together} cannot rebuild what another takes ` +
        `with it. Raise it${lower === undefined ? "" : `, or set shareThreshold to ${lower}`}`,
      { fault: "belowThreshold", threshold, lower },
    );
  }
}

/** Why the dearest proof of a wrong sum would not fit into a transaction, and what would; nothing if it does. */
export function proofTooDear(rules: DearestProof): Complaint | undefined {
  const gasWith = (change: Partial<DearestProof>) => challengeGas({ ...rules, ...change });
  const fits = (change: Partial<DearestProof>) => gasWith(change) <= MAX_PROOF_GAS;
  if (fits({})) return undefined;
  const seats = rules.maxTrainers / rules.cohorts;
  let min = rules.minTrainers + 1;
  while (min < seats && !fits({ minTrainers: min })) min++;
  let fewer = rules.cohorts - 1;
  while (fewer > 1 && !fits({ cohorts: fewer, maxTrainers: fewer * seats })) fewer--;
  const gas = gasWith({});
  const message =
    `must be at least ${min}, or there must be fewer cohorts, ${fewer} of ${seats} seats: with so many masks to take out, ` +
    `proving a wrong sum could take ${gas} gas, and a transaction has ${MAX_PROOF_GAS}`;
  return { message, fault: { fault: "proofTooDear", min, fewer, seats, gas, mostGas: MAX_PROOF_GAS } };
}
