// Where a round stands, as a function of its counters, the task's rules and the time alone: the same rules as
// contracts/libraries/RoundClock.sol, so that whoever has the log needs no further word from the chain.

/** The order is the order of a round's life and of the contract's `Phase`. */
export const PHASES = [
  "Idle",
  "Entering",
  "Committing",
  "Revealing",
  "Attesting",
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
}

/** How long each phase may last, in seconds, and how many it needs. */
export interface ClockRules {
  readonly minTrainers: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
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
  const [phase, lasts] = following(round, rules);
  return { ...round, phase, endsAt: time + lasts };
}

function following(round: RoundClock, rules: ClockRules): [Phase, number] {
  const enough = (acted: number) => acted >= rules.minTrainers;
  if (round.phase === "Entering" && enough(round.entered)) return ["Committing", rules.commitSeconds];
  if (round.phase === "Committing" && enough(round.committed)) return ["Revealing", rules.revealSeconds];
  if (round.phase === "Revealing" && enough(round.revealed)) return ["Attesting", rules.attestSeconds];
  if (round.phase === "Attesting" && enough(round.revealed)) return ["Aggregating", rules.proposeSeconds];
  if (round.phase === "Proposed") return ["Final", 0];
  return ["Void", 0];
}
