/**
 * The part of a task file that says who can read one trainer's update: the recipients that it is encrypted to (sealed), or
 * nobody (masked: secure aggregation, docs/protocol.md), with the numbers that only masked tasks have.
 */
import { z } from "zod";
import { MAX_COHORT, MIN_COHORT, PRIVACY_MODES, usualShareThreshold } from "../chain/taskRules.ts";
import type { TaskRules } from "../chain/taskRules.ts";

const MAX_WINDOW = 30 * 24 * 3600;
const window = z.int().min(1).max(MAX_WINDOW).optional();

export const privacyMode = z.enum(PRIVACY_MODES);
/** How many shares rebuild a secret, and how many trainers agree on the set of updates; two thirds of the seats unless given. */
export const shareThreshold = z.int().min(2).max(MAX_COHORT);
/** As long as `reveal` unless given, and thrice as long to blame. */
export const maskedWindows = {
  /** To deal the shares of a round's secrets. */
  share: window,
  /** To rebuild the seeds of those who did not reveal. */
  recover: window,
  /** To find out who spoilt a sum: a third each to open, to prove, and to convict the silent. */
  blame: z.int().min(3).max(MAX_WINDOW).optional(),
} as const;

interface WithPrivacy {
  readonly privacy?: TaskRules["privacy"] | undefined;
  readonly shareThreshold?: number | undefined;
  readonly trainers: { readonly min: number; readonly max: number };
  readonly seconds: { readonly reveal: number } & { readonly [W in keyof typeof maskedWindows]?: number | undefined };
}

type MaskedNumber = "shareThreshold" | "shareSeconds" | "recoverSeconds" | "blameSeconds";

/** The privacy of a task as the contract takes it; 0 for what a sealed task does not use. */
export function privacyNumbers({
  privacy = "sealed",
  shareThreshold: threshold,
  trainers,
  seconds,
}: WithPrivacy): Pick<TaskRules, "privacy" | MaskedNumber> {
  if (privacy === "sealed") {
    return { privacy, shareThreshold: 0, shareSeconds: 0, recoverSeconds: 0, blameSeconds: 0 };
  }
  const { reveal, share = reveal, recover = reveal, blame = Math.min(3 * reveal, MAX_WINDOW) } = seconds;
  return {
    privacy,
    shareThreshold: threshold ?? usualShareThreshold(trainers.max),
    shareSeconds: share,
    recoverSeconds: recover,
    blameSeconds: blame,
  };
}

/** A task's privacy with the numbers of masked ones, for people. */
export function privacyText(rules: Pick<TaskRules, "privacy" | MaskedNumber>): string {
  if (rules.privacy === "sealed") return "sealed";
  const { shareThreshold: threshold, shareSeconds, recoverSeconds, blameSeconds } = rules;
  return `masked, ${threshold} rebuild a secret; seconds: share ${shareSeconds}, recover ${recoverSeconds}, blame ${blameSeconds}`;
}

/** What masked tasks need, and that sealed ones say nothing that they do not use. */
export function refinePrivacy(file: WithPrivacy, context: z.RefinementCtx): void {
  const complain = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  const { min, max } = file.trainers;
  if (file.privacy !== "masked") {
    const unused = 'is for masked tasks: leave it out, or set privacy to "masked"';
    if (file.shareThreshold !== undefined) complain(["shareThreshold"], unused);
    for (const name of Object.keys(maskedWindows) as (keyof typeof maskedWindows)[]) {
      if (file.seconds[name] !== undefined) complain(["seconds", name], unused);
    }
    return;
  }
  if (max < MIN_COHORT || max > MAX_COHORT) {
    complain(
      ["trainers", "max"],
      `must be from ${MIN_COHORT} to ${MAX_COHORT} in a masked task, where everybody shares with everybody; ` +
        'a "sealed" one has up to 256 seats',
    );
    return;
  }
  const { shareThreshold: threshold } = privacyNumbers(file);
  const majority = Math.floor(max / 2) + 1;
  if (threshold < majority || threshold > max) {
    complain(
      ["shareThreshold"],
      `must be from ${majority} to ${max} with ${max} seats: two sets of so many trainers must have one in common`,
    );
    return;
  }
  if (min < MIN_COHORT) {
    complain(
      ["trainers", "min"],
      `must be at least ${MIN_COHORT} in a masked task: a sum of two shows each of them the other's update`,
    );
  } else if (min < threshold) {
    const lower = min >= majority ? `, or set shareThreshold to ${min}` : "";
    complain(
      ["trainers", "min"],
      `must be at least the shareThreshold, ${threshold}: fewer trainers cannot rebuild what another takes with it. ` +
        `Raise it${lower}`,
    );
  }
}
