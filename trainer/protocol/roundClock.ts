// Where a round stands, as a function of its counters, the task's rules and the time alone: the same rules as
// contracts/libraries/RoundClock.sol, so that whoever has the log needs no further word from the chain.

/** The order is the order of a round's life, in either mode, and of the contract's `Phase`. */
export const PHASES = [
  "Idle",
  "Entering",
  "Sharing", // masked
  "Committing",
  "Agreeing", // masked
  "Revealing",
  "Recovering", // masked, if seeds or keys are missing
  "Attesting", // sealed
  "Aggregating",
  "Proposed",
  "Blaming", // masked, if the sum is out of range
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
  /** And not struck. Masked: or whose seed was rebuilt. */
  readonly revealed: number;
  /** Masked: how far the cohort is, as soon as somebody has shared. */
  readonly cohort?: CohortClock;
}

export interface CohortClock {
  /** How many have shared: they are in the masks. */
  readonly shared: number;
  /** Enough have agreed on the set of updates. */
  readonly isAgreed: boolean;
  /** Then: everything is known that takes the masks out of the sum. */
  readonly isUnmasked: boolean;
}

/** How long each phase may last, in seconds, and how many it needs. */
export interface ClockRules {
  readonly privacy: "sealed" | "masked";
  readonly minTrainers: number;
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
  if (round.phase === "Attesting" && enough(round.revealed)) return ["Aggregating", rules.proposeSeconds];
  return ended(round.phase);
}

function afterMasked(round: RoundClock, rules: ClockRules): [Phase, number] {
  const { phase } = round;
  const { shared, isAgreed, isUnmasked } = round.cohort ?? { shared: 0, isAgreed: false, isUnmasked: false };
  const enough = (acted: number) => acted >= rules.minTrainers;
  if (phase === "Entering" && enough(round.entered)) return ["Sharing", rules.shareSeconds];
  if (phase === "Sharing" && enough(shared)) return ["Committing", rules.commitSeconds];
  if (phase === "Committing" && enough(round.committed)) return ["Agreeing", rules.attestSeconds];
  if (phase === "Agreeing" && isAgreed) return ["Revealing", rules.revealSeconds];
  if (phase === "Revealing" || phase === "Recovering") {
    if (isUnmasked) return ["Aggregating", rules.proposeSeconds];
    // Fewer shares than the threshold rebuild nothing.
    if (phase === "Revealing" && round.revealed >= rules.shareThreshold) return ["Recovering", rules.recoverSeconds];
  }
  return ended(phase);
}

function ended(phase: Phase): [Phase, number] {
  return [phase === "Proposed" ? "Final" : "Void", 0];
}
