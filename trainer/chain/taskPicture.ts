/**
 * A task as people want to see it: where its round stands and for how long, who has acted and who is waited for, what was
 * disputed, where the money is. Derived from the folded state and a time alone, without Node, so that the terminal and the
 * page show the same. Names of accounts are as the chain has them; nothing here is text for people.
 */
import { isOver, nextPhase } from "../protocol/roundClock.ts";
import type { Phase } from "../protocol/roundClock.ts";
import { cohortProgress } from "./cohortProgress.ts";
import type { CohortProgress } from "./cohortProgress.ts";
import type { Fault } from "./taskEvent.ts";
import type { TaskRules } from "./taskRules.ts";
import { cohortRounds, countedSeats, rewardsOf, roundNow, roundOf } from "./taskState.ts";
import type { RoundState, SeatState, SeatStatus, TaskState } from "./taskState.ts";

export interface TaskPicture {
  /** Its address. */
  readonly task: string;
  /** `cancelled`: it ends with the round under way. */
  readonly stage: "running" | "cancelled" | "closed";
  /** How many final rounds are paid for, and how many have ended how. */
  readonly rounds: { readonly wanted: number; readonly final: number; readonly void: number };
  /** The one under way; of a closed task the last. */
  readonly round: RoundPicture;
  /** Rounds that have ended, oldest first. */
  readonly history: readonly PastRound[];
  /** What went wrong, oldest first. */
  readonly disputes: readonly DisputePicture[];
  readonly budget: BudgetPicture;
}

export interface RoundPicture {
  readonly number: number;
  /** Final and Void too, when the clock says so and nobody has written it on chain: then anybody may advance. */
  readonly phase: Phase;
  /** The phases of a round of this task in order, up to Final or, of one that failed, Void. */
  readonly path: readonly PhaseStep[];
  /** When the phase ends if nobody acts, in seconds since 1970. */
  readonly endsAt: number;
  /** Until then; 0 if nothing runs any more. */
  readonly secondsLeft: number;
  /** How long the phase may last in all. What a dispute holds open lasts longer. */
  readonly phaseSeconds: number;
  /** Seats that have done what the phase asks for, and those of whom it is still asked. */
  readonly acted: number;
  readonly awaited: number;
  /** Seats that anybody with stake may still take. */
  readonly free: number;
  /** Ascending. */
  readonly seats: readonly SeatPicture[];
  /** Where a task has several. */
  readonly cohorts: readonly CohortProgress[];
}

export interface PhaseStep {
  readonly phase: Phase;
  readonly at: "past" | "now" | "to come";
}

/** `idle`: nothing is asked of it now; `out`: it has missed something or was put out, and its update does not count. */
export type SeatTurn = "acted" | "awaited" | "idle" | "out";

export interface SeatPicture {
  readonly seat: number;
  /** Where a task has several, once they are drawn. */
  readonly cohort?: number;
  readonly trainer: string;
  readonly weight: number;
  readonly status: SeatStatus;
  readonly turn: SeatTurn;
  /** Drawn to aggregate. */
  readonly drawn: boolean;
  /** The standing proposal is its. */
  readonly proposed: boolean;
  readonly attested: boolean;
  readonly missedTurn: boolean;
  readonly convicted: boolean;
}

export interface PastRound {
  readonly number: number;
  readonly outcome: "final" | "void";
  /** Of a void round: the phase it failed in. */
  readonly endedIn?: Phase;
  /** How many sat in it, and how many updates are in its model. */
  readonly seats: number;
  readonly updates: number;
  readonly openedAt?: number;
  readonly endedAt: number;
}

export type DisputePicture = {
  readonly round: number;
  readonly seat: number;
  /** At fault. */
  readonly trainer: string;
} & (
  | {
      readonly kind: "overturned";
      readonly fault: Fault;
      /** In wei of the stake token. */
      readonly fine: bigint;
      readonly challenger: string;
      /** When it had been proposed: seconds since 1970. */
      readonly proposedAt: number;
    }
  /** Expelled: its update was malformed; convicted: of bad shares or a spoilt sum; missed turn: drawn, and proposed nothing. */
  | { readonly kind: "expelled" | "convicted" | "missed turn" }
);

/** In wei of the reward token. */
export interface BudgetPicture {
  readonly escrowed: bigint;
  /** By everybody, in final rounds. */
  readonly earned: bigint;
  readonly claimed: bigint;
  /** Earned and not claimed yet. */
  readonly owed: bigint;
  /** For rounds to come, or the sponsor's when the task is closed. */
  readonly unspent: bigint;
  readonly refunded: bigint;
  /** What stakes have lost, in wei of the stake token. */
  readonly fined: bigint;
}

/** @param time What the chain's clock shows, in seconds since 1970; by default that of the last block. */
export function taskPicture(state: TaskState, time: number = state.time): TaskPicture {
  const history = pastRounds(state);
  return {
    task: state.task,
    stage: state.closed ? "closed" : state.cancelled ? "cancelled" : "running",
    rounds: {
      wanted: state.rules.rounds,
      final: state.completed,
      void: history.filter(({ outcome }) => outcome === "void").length,
    },
    round: roundPicture(state, time),
    history,
    disputes: disputesOf(state),
    budget: budgetOf(state),
  };
}

/** The round under way alone: of many tasks, or many times a second, the rest need not be looked at. */
export function roundPicture(state: TaskState, time: number = state.time): RoundPicture {
  const { rules, closed } = state;
  const round = roundNow(state, time);
  const { number, phase, endsAt } = round;
  const isRunning = !closed && phase !== "Idle" && !isOver(phase);
  const cohortOf = rules.cohorts > 1 ? cohortsBySeat(round) : new Map<number, number>();
  const seats = [...round.seats]
    .sort(([a], [b]) => a - b)
    .map(([seat, state]): SeatPicture => {
      const { trainer, weight, status, attested, missedTurn, convicted } = state;
      const cohort = cohortOf.get(seat);
      return {
        seat,
        ...(cohort === undefined ? {} : { cohort }),
        ...{ trainer, weight, status },
        turn: isRunning ? turnOf(round, seat, state, rules) : isOut(state) ? "out" : "idle",
        drawn: round.drawn === seat,
        proposed: round.proposal?.seat === seat,
        ...{ attested, missedTurn, convicted },
      };
    });
  return {
    ...{ number, phase, endsAt, seats },
    path: pathOf(phase, rules, round.endedIn ?? failedByTheClock(state, time)),
    secondsLeft: isRunning ? Math.max(0, endsAt - time) : 0,
    phaseSeconds: secondsOf(phase, rules),
    acted: seats.filter(({ turn }) => turn === "acted").length,
    awaited: seats.filter(({ turn }) => turn === "awaited").length,
    free: isRunning && phase === "Entering" ? rules.maxTrainers - seats.length : 0,
    cohorts: rules.cohorts > 1 ? cohortProgress(round) : [],
  };
}

/** How long a phase may last, in seconds; 0 of those that last for no time. */
export function secondsOf(phase: Phase, rules: TaskRules): number {
  switch (phase) {
    case "Entering":
      return rules.enterSeconds;
    case "Drawing":
    case "Sharing":
      return rules.shareSeconds;
    case "Committing":
      return rules.commitSeconds;
    case "Agreeing":
    case "Attesting":
      return rules.attestSeconds;
    case "Revealing":
      return rules.revealSeconds;
    case "Recovering":
      return rules.recoverSeconds;
    case "Blaming":
      return rules.blameSeconds;
    case "Aggregating":
      return rules.proposeSeconds;
    case "Proposed":
      return rules.challengeSeconds;
    case "Idle":
    case "Final":
    case "Void":
      return 0;
  }
}

const SEALED_PATH: readonly Phase[] = [
  ...(["Entering", "Committing", "Revealing", "Attesting", "Aggregating", "Proposed"] as const),
];
const MASKED_PATH: readonly Phase[] = [
  ...(["Entering", "Drawing", "Sharing", "Committing", "Agreeing", "Revealing", "Recovering", "Aggregating"] as const),
  ...(["Blaming", "Proposed"] as const),
];
/** Phases that a round passes only if something is missing or wrong. */
const DETOURS: ReadonlySet<Phase> = new Set(["Recovering", "Blaming"]);

function pathOf(now: Phase, { privacy, cohorts }: TaskRules, failedIn: Phase | undefined): PhaseStep[] {
  const path = (privacy === "sealed" ? SEALED_PATH : MASKED_PATH).filter(
    (phase) => (!DETOURS.has(phase) || phase === now || phase === failedIn) && (phase !== "Drawing" || cohorts > 1),
  );
  const steps: readonly Phase[] =
    now === "Void" ? [...path.slice(0, failedIn && path.indexOf(failedIn) + 1), "Void"] : [...path, "Final"];
  const place = steps.indexOf(now);
  return steps.map((phase, index) => ({ phase, at: index === place ? "now" : index < place ? "past" : "to come" }));
}

/** The phase in which the round under way has failed, if only the clock says so yet. */
function failedByTheClock(state: TaskState, time: number): Phase | undefined {
  let round = roundOf(state, state.current);
  while (round.phase !== "Idle" && !isOver(round.phase) && time >= round.endsAt) {
    const next = nextPhase(round, state.rules, round.endsAt);
    if (next.phase === "Void") return round.phase;
    round = next;
  }
  return undefined;
}

function isOut({ status, convicted }: SeatState): boolean {
  return status === "Struck" || status === "Expelled" || convicted;
}

/** Whether a seat has done what the phase asks it for. */
function turnOf(round: RoundState, seat: number, state: SeatState, rules: TaskRules): SeatTurn {
  // It may have been struck.
  if (round.phase === "Proposed" && round.proposal?.seat === seat) return "acted";
  if (isOut(state)) return "out";
  const { status } = state;
  const isMasked = rules.privacy === "masked";
  const among = (isAsked: boolean, hasActed: boolean): SeatTurn => (!isAsked ? "out" : hasActed ? "acted" : "awaited");
  switch (round.phase) {
    case "Entering":
      return "acted";
    case "Sharing":
      return among(true, state.dealing !== undefined);
    case "Committing":
      return isMasked
        ? among(state.dealing !== undefined, state.masked !== undefined)
        : among(true, status !== "Entered");
    case "Agreeing":
      return among(state.masked !== undefined, state.attested);
    case "Revealing":
    case "Recovering":
      return isMasked
        ? among(isMember(round, seat), state.seed !== undefined)
        : among(status !== "Entered", status !== "Committed");
    case "Attesting":
      // Who says nothing has everything: it is asked of nobody.
      return status !== "Revealed" ? "out" : state.attested ? "acted" : "idle";
    case "Aggregating":
      if (!isCounted(round, seat, state, isMasked)) return "out";
      return round.drawn === seat && !state.barred && !state.missedTurn ? "awaited" : "idle";
    case "Proposed":
      return isCounted(round, seat, state, isMasked) ? "idle" : "out";
    case "Idle":
    case "Drawing":
    case "Blaming":
    case "Final":
    case "Void":
      return "idle";
  }
}

function isCounted(round: RoundState, seat: number, { status }: SeatState, isMasked: boolean): boolean {
  return isMasked ? isMember(round, seat) : status === "Revealed";
}

/** Masked: its update is in the set of its cohort. */
function isMember({ cohorts = [] }: RoundState, seat: number): boolean {
  return cohorts.some(({ set }) => set?.members.includes(seat) ?? false);
}

function cohortsBySeat(round: RoundState): Map<number, number> {
  const cohorts = cohortRounds(round).filter((_, index) => round.cohorts?.[index]?.roster !== undefined);
  return new Map(cohorts.flatMap(({ seats, cohort = 0 }) => [...seats.keys()].map((seat) => [seat, cohort] as const)));
}

/** Those that ended on chain. */
function pastRounds({ rounds }: TaskState): PastRound[] {
  return [...rounds.values()]
    .filter(({ result, endedIn }) => result !== undefined || endedIn !== undefined)
    .sort((a, b) => a.number - b.number)
    .map((round) => {
      const { number, result, endedIn, seats, openedAt, endsAt } = round;
      return {
        number,
        outcome: result === undefined ? "void" : "final",
        ...(endedIn === undefined ? {} : { endedIn }),
        seats: seats.size,
        updates: result === undefined ? 0 : countedSeats(round).length,
        ...(openedAt === undefined ? {} : { openedAt }),
        endedAt: endsAt,
      };
    });
}

function disputesOf({ rounds }: TaskState): DisputePicture[] {
  return [...rounds.values()]
    .sort((a, b) => a.number - b.number)
    .flatMap((round): DisputePicture[] => {
      const overturned = round.overturned.map(({ seat, fault, fine, challenger, time }): DisputePicture => ({
        ...at(round, seat),
        ...({ kind: "overturned", fault, fine, challenger, proposedAt: time } as const),
      }));
      const faults = [...round.seats].flatMap(([seat, { status, convicted, missedTurn }]): DisputePicture[] => [
        ...(missedTurn ? [{ ...at(round, seat), kind: "missed turn" } as const] : []),
        ...(status === "Expelled" && !convicted ? [{ ...at(round, seat), kind: "expelled" } as const] : []),
        ...(convicted ? [{ ...at(round, seat), kind: "convicted" } as const] : []),
      ]);
      return [...overturned, ...faults];
    });
}

function at(round: RoundState, seat: number): { round: number; seat: number; trainer: string } {
  return { round: round.number, seat, trainer: round.seats.get(seat)?.trainer ?? "" };
}

/** What a task escrows for one round. */
export function roundPay({ dataPot, computePot, aggregatorPay, advanceTip }: TaskRules): bigint {
  return dataPot + computePot + aggregatorPay + advanceTip;
}

function budgetOf({ rules, rounds, claimed, fined, slashed, refunded = 0n }: TaskState): BudgetPicture {
  const escrowed = BigInt(rules.rounds) * roundPay(rules);
  const earned = [...rounds.values()]
    .filter(({ result }) => result !== undefined)
    .map((round) => sum(rewardsOf(round).values()))
    .reduce((all, rewards) => all + rewards + rules.aggregatorPay + rules.advanceTip, 0n);
  const paid = sum(claimed.values());
  return {
    ...{ escrowed, earned, claimed: paid, owed: earned - paid, refunded },
    unspent: escrowed - earned - refunded,
    fined: sum(fined.values()) + sum(slashed.values()),
  };
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
