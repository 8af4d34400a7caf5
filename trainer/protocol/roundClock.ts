// Where a round stands, as a function of its counters, the task's rules and the time alone: the same rules as
// contracts/libraries/RoundClock.sol, so that whoever has the log needs no further word from the chain.

/** The order is the order of a round's life, in either mode, and of the contract's `Phase`. */
export const PHASES = [
  "Idle",
  "Entering",
  "Drawing", // masked, with several cohorts
  "Sharing", // masked
  "Committing",
  "Agreeing", // masked
  "Revealing",
  "Recovering", // masked, if seeds or keys are missing
  "Attesting", // sealed
  "Blaming", // masked, if a cohort's sum is out of range: from Proposed, and with the other cohorts back to Aggregating
  "Aggregating",
  "Proposed",
  "Final",
  "Void",
] as const;

export type Phase = (typeof PHASES)[number];

/** What of a round its clock depends on. Times in seconds since 1970. */
export interface RoundClock {
  readonly phase: Phase;
  /** When `phase` ends by the clock; of Final and Void, when they were reached. */
  readonly endsAt: number;
  readonly entered: number;
  readonly committed: number;
  /** And not struck. */
  readonly revealed: number;
  /** Masked: how far each cohort is, as soon as they are drawn, or somebody has shared in the only one. */
  readonly cohorts?: readonly CohortClock[];
}

export interface CohortClock {
  /** How many are in it. */
  readonly size: number;
  /** How many have shared: they are in the masks. */
  readonly shared: number;
  readonly committed: number;
  /** Enough have agreed on the set of updates. */
  readonly isAgreed: boolean;
  /** How many of the set's seeds are known. */
  readonly seeds: number;
  /** Everything is known that takes the masks out of its sum. */
  readonly isUnmasked: boolean;
  /** Its sum is out of range. */
  readonly isSpoilt: boolean;
}

/** How long each phase may last, in seconds, and how many it needs. */
export interface ClockRules {
  readonly privacy: "sealed" | "masked";
  readonly minTrainers: number;
  /** Once attesting is over. */
  readonly minSummed: number;
  readonly maxTrainers: number;
  readonly cohorts: number;
  readonly shareThreshold: number;
  readonly shareSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  readonly recoverSeconds: number;
  readonly attestSeconds: number;
  readonly proposeSeconds: number;
}

/** A round that is over: nothing moves its clock any more. */
export function isOver(phase: Phase): boolean {
  return phase === "Final" || phase === "Void";
}

/** Whether half of the time to attest, or masked to agree, is over at `time`: who still waits for others waits no longer. */
export function isHalfOver(
  { endsAt }: Pick<RoundClock, "endsAt">,
  { attestSeconds }: Pick<ClockRules, "attestSeconds">,
  time: number,
): boolean {
  return time >= endsAt - attestSeconds / 2;
}

/** Carries a round forward to `time`: phases whose deadlines have passed end, each with its outcome. */
export function tick<R extends RoundClock>(round: R, rules: ClockRules, time: number): R {
  let now = round;
  while (now.phase !== "Idle" && !isOver(now.phase) && time >= now.endsAt) now = nextPhase(now, rules, now.endsAt);
  return now;
}

/** Ends the phase of a round at `time`: early because everybody has acted, or at its deadline. */
export function nextPhase<R extends RoundClock>(round: R, rules: ClockRules, time: number): R {
  const [phase, lasts] = rules.privacy === "masked" ? afterMasked(round, rules) : afterSealed(round, rules);
  return { ...round, phase, endsAt: time + lasts };
}

function afterSealed(round: RoundClock, rules: ClockRules): [Phase, number] {
  const enough = (acted: number) => acted >= rules.minTrainers;
  if (round.phase === "Entering" && enough(round.entered)) return ["Committing", rules.commitSeconds];
  if (round.phase === "Committing" && enough(round.committed)) return ["Revealing", rules.revealSeconds];
  if (round.phase === "Revealing" && enough(round.revealed)) return ["Attesting", rules.attestSeconds];
  if (round.phase === "Attesting" && round.revealed >= rules.minSummed) return ["Aggregating", rules.proposeSeconds];
  return ended(round.phase);
}

function afterMasked(round: RoundClock, rules: ClockRules): [Phase, number] {
  const { phase } = round;
  if (phase === "Entering" && round.entered >= rules.minTrainers * cohortCount(round.entered, rules)) {
    return [rules.cohorts === 1 ? "Sharing" : "Drawing", rules.shareSeconds];
  }
  const cohorts = (round.cohorts ?? []).map((cohort) => ({ ...cohort, out: fallenOutIn(cohort, rules) }));
  const isSound = cohorts.some(({ out }) => PHASES.indexOf(out) > PHASES.indexOf(phase));
  if (phase === "Sharing" && isSound) return ["Committing", rules.commitSeconds];
  if (phase === "Committing" && isSound) return ["Agreeing", rules.attestSeconds];
  if (phase === "Agreeing" && isSound) return ["Revealing", rules.revealSeconds];
  // Fewer shares than the threshold rebuild nothing.
  const isRebuildable = cohorts.some(({ out, seeds }) => out === "Revealing" && seeds >= rules.shareThreshold);
  if (phase === "Revealing" && isRebuildable) return ["Recovering", rules.recoverSeconds];
  if ((phase === "Revealing" || phase === "Recovering" || phase === "Blaming") && isSound) {
    return ["Aggregating", rules.proposeSeconds];
  }
  return ended(phase);
}

/** Masked: how many cohorts so many trainers are drawn into, as few as hold all of them. */
export function cohortCount(entered: number, rules: Pick<ClockRules, "cohorts" | "maxTrainers">): number {
  return Math.max(1, Math.ceil((entered * rules.cohorts) / rules.maxTrainers));
}

/** The phase in which a cohort has fallen out of its round, or could now; Final if it is in the round's sum. */
export function fallenOutIn(cohort: CohortClock, { minTrainers }: Pick<ClockRules, "minTrainers">): Phase {
  if (cohort.shared < minTrainers) return "Sharing";
  if (cohort.committed < minTrainers) return "Committing";
  if (!cohort.isAgreed) return "Agreeing";
  if (!cohort.isUnmasked) return "Revealing";
  return cohort.isSpoilt ? "Blaming" : "Final";
}

/** A round in `phase` waits for nobody in this cohort any more: everybody has acted, or too few to go on. */
export function isCohortDone(cohort: CohortClock, phase: Phase, { minTrainers }: ClockRules): boolean {
  if (phase === "Sharing") return cohort.shared === cohort.size;
  if (phase === "Committing") return cohort.shared < minTrainers || cohort.committed === cohort.shared;
  if (phase === "Agreeing") return cohort.isAgreed || cohort.committed < minTrainers;
  return !cohort.isAgreed || cohort.isUnmasked;
}

function ended(phase: Phase): [Phase, number] {
  return [phase === "Proposed" ? "Final" : "Void", 0];
}
