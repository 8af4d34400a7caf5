/**
 * The state of a task as a fold over its events: nothing is known that the log does not say, so a bot that was killed
 * knows after a restart what it knew before. It mirrors TrainingTask.sol act by act.
 */
import { isOver, nextPhase, tick } from "../protocol/roundClock.ts";
import type { Phase, RoundClock } from "../protocol/roundClock.ts";
import type { TaskEvent } from "./taskEvent.ts";
import type { Genesis, TaskRules } from "./taskRules.ts";

export type SeatStatus = "Entered" | "Committed" | "Revealed" | "Struck";

export interface SeatState {
  readonly trainer: string;
  readonly weight: number;
  readonly status: SeatStatus;
  readonly commitment?: string;
  readonly update?: RevealedUpdate;
  readonly attested: boolean;
  readonly missedTurn: boolean;
}

export interface RevealedUpdate {
  /** Chunk root of the weighted delta. */
  readonly root: string;
  readonly contentKeyHash: string;
  /** Of the sealed object. */
  readonly contentId: `0x${string}`;
}

export interface Proposal {
  readonly seat: number;
  readonly sumRoot: string;
  readonly modelRoot: string;
  readonly modelId: `0x${string}`;
}

export interface RoundState extends RoundClock {
  readonly number: number;
  readonly seats: ReadonlyMap<number, SeatState>;
  /** Of all who revealed and were not struck. */
  readonly weight: number;
  /** The seat that aggregates first, once somebody has revealed. */
  readonly drawn?: number;
  readonly proposal?: Proposal;
  /** Of a final round: wei per unit of weight, and per trainer. */
  readonly result?: { readonly dataRate: bigint; readonly computeShare: bigint; readonly advancer: string };
  /** Of a void round: the phase it failed in. */
  readonly endedIn?: Phase;
  readonly openedAt?: number;
}

export interface TaskState {
  readonly task: string;
  readonly rules: TaskRules;
  readonly genesis: Genesis;
  /** The last block that was read, and its time in seconds since 1970. */
  readonly block: number;
  readonly time: number;
  /** The number of the round under way; void rounds take numbers too. */
  readonly current: number;
  /** Final rounds. */
  readonly completed: number;
  readonly cancelled: boolean;
  readonly closed: boolean;
  /** What was returned to the sponsor, in wei of the reward token. */
  readonly refunded?: bigint;
  /** The model that the round under way starts from. */
  readonly model: { readonly root: string; readonly id: `0x${string}`; readonly round: number };
  /** Every round by number; the next one too as soon as somebody has entered it. */
  readonly rounds: ReadonlyMap<number, RoundState>;
  /** What each trainer has claimed, in wei of the reward token. */
  readonly claimed: ReadonlyMap<string, bigint>;
  /** What each trainer was fined, in wei of the stake token. */
  readonly fined: ReadonlyMap<string, bigint>;
}

/** A task of which no event has been read. */
export function freshTask(task: string, rules: TaskRules, genesis: Genesis): TaskState {
  return {
    task,
    rules,
    genesis,
    block: 0,
    time: 0,
    current: 0,
    completed: 0,
    cancelled: false,
    closed: false,
    model: { root: genesis.modelRoot, id: genesis.modelId, round: 0 },
    rounds: new Map(),
    claimed: new Map(),
    fined: new Map(),
  };
}

/** The round under way as it stands at `time` (by default that of the last block), its clock carried forward. */
export function roundNow(state: TaskState, time: number = state.time): RoundState {
  return tick(roundOf(state, state.current), state.rules, time);
}

/** A round by number; an empty one if no event has named it. */
export function roundOf(state: TaskState, number: number): RoundState {
  return state.rounds.get(number) ?? freshRound(number);
}

/** The seat that `trainer` has in a round. */
export function seatOf(round: RoundState, trainer: string): { seat: number; state: SeatState } | undefined {
  for (const [seat, state] of round.seats) if (state.trainer === trainer) return { seat, state };
  return undefined;
}

/** What a final round owes to one of its seats, in wei of the reward token. */
export function rewardOf(round: RoundState, seat: SeatState): bigint {
  if (round.result === undefined || seat.status !== "Revealed") return 0n;
  return round.result.dataRate * BigInt(seat.weight) + round.result.computeShare;
}

/** The state after one more event. */
export function applyEvent(state: TaskState, event: TaskEvent): TaskState {
  return applyEvents(state, [event]);
}

/** The state after more events, in order. A long log is read in reasonable time only many events at once. */
export function applyEvents(state: TaskState, events: readonly TaskEvent[]): TaskState {
  if (events.length === 0) return state;
  // Copied once for all of them: nobody sees the states in between.
  const rounds = new Map(state.rounds);
  return events.reduce<TaskState>((folded, event) => step(folded, event, rounds), { ...state, rounds });
}

/** One event, its round written to `rounds`, which are those of `state`. */
function step(state: TaskState, event: TaskEvent, rounds: Map<number, RoundState>): TaskState {
  const after = { ...state, time: Math.max(state.time, event.time) };
  switch (event.name) {
    case "RoundOpened": {
      const opened: RoundState = {
        ...roundOf(state, event.round),
        phase: "Entering",
        endsAt: event.enteringEndsAt,
        openedAt: event.time,
      };
      return {
        ...withRound(after, turnedIf(opened, opened.entered === state.rules.maxTrainers)),
        current: event.round,
      };
    }
    case "TrainerEntered": {
      const round = at(event.round);
      const entered = withSeat({ ...round, entered: round.entered + 1 }, event.seat, {
        trainer: event.trainer,
        weight: event.weight,
        status: "Entered",
        attested: false,
        missedTurn: false,
      });
      // Those who enter with their last commitment do so before the round is open: it turns when it opens.
      const full = entered.phase === "Entering" && entered.entered === state.rules.maxTrainers;
      return withRound(after, turnedIf(entered, full));
    }
    case "UpdateCommitted": {
      const round = at(event.round);
      const committed = withSeat({ ...round, committed: round.committed + 1 }, event.seat, {
        ...seatIn(round, event.seat),
        status: "Committed",
        commitment: event.commitment,
      });
      return withRound(after, turnedIf(committed, committed.committed === committed.entered));
    }
    case "UpdateRevealed": {
      const round = at(event.round);
      const seat = seatIn(round, event.seat);
      const { root, contentKeyHash, contentId, drawn } = event;
      const revealed = withSeat(
        { ...round, revealed: round.revealed + 1, weight: round.weight + seat.weight, drawn },
        event.seat,
        { ...seat, status: "Revealed", update: { root, contentKeyHash, contentId } },
      );
      return withRound(after, turnedIf(revealed, revealed.revealed === revealed.committed));
    }
    case "SeatsAttested": {
      const round = at(event.round);
      return withRound(after, withSeat(round, event.seat, { ...seatIn(round, event.seat), attested: true }));
    }
    case "SeatStruck": {
      const round = at(event.round);
      const seat = seatIn(round, event.seat);
      const fewer = { ...round, revealed: round.revealed - 1, weight: round.weight - seat.weight };
      return withRound(after, withSeat(fewer, event.seat, { ...seat, status: "Struck" }));
    }
    case "TurnMissed": {
      const round = at(event.round);
      return withRound(after, withSeat(round, event.seat, { ...seatIn(round, event.seat), missedTurn: true }));
    }
    case "ModelProposed": {
      const { seat, sumRoot, modelRoot, modelId } = event;
      return withRound(after, {
        ...at(event.round),
        phase: "Proposed",
        endsAt: event.time + state.rules.challengeSeconds,
        proposal: { seat, sumRoot, modelRoot, modelId },
      });
    }
    case "RoundFinalised": {
      const round = at(event.round);
      const { dataRate, computeShare, advancer } = event;
      const { proposal } = round;
      if (proposal === undefined)
        throw new Error(`Round ${event.round} is final without a proposal: events are missing.`);
      return {
        ...withRound(after, { ...round, phase: "Final", result: { dataRate, computeShare, advancer } }),
        completed: state.completed + 1,
        model: { root: proposal.modelRoot, id: proposal.modelId, round: event.round },
      };
    }
    case "RoundVoided":
      // The round ends when that is written, as the contract has it, and not at the deadline that was missed.
      return withRound(after, { ...at(event.round), phase: "Void", endsAt: event.time, endedIn: event.endedIn });
    case "SeatFined":
      return { ...after, fined: added(state.fined, event.trainer, event.fine) };
    case "RewardClaimed":
      return { ...after, claimed: added(state.claimed, event.trainer, event.amount) };
    case "CancelRequested":
      return { ...after, cancelled: true };
    case "TaskClosed":
      return { ...after, closed: true };
    case "BudgetRefunded":
      return { ...after, refunded: event.amount };
  }

  function at(number: number): RoundState {
    return tick(roundOf(state, number), state.rules, event.time);
  }

  function withRound(from: TaskState, round: RoundState): TaskState {
    rounds.set(round.number, round);
    return from;
  }

  function turnedIf(round: RoundState, everybodyHasActed: boolean): RoundState {
    return everybodyHasActed && !isOver(round.phase) ? nextPhase(round, state.rules, event.time) : round;
  }
}

function freshRound(number: number): RoundState {
  return { number, phase: "Idle", endsAt: 0, entered: 0, committed: 0, revealed: 0, weight: 0, seats: new Map() };
}

function withSeat(round: RoundState, index: number, seat: SeatState): RoundState {
  return { ...round, seats: new Map(round.seats).set(index, seat) };
}

function seatIn(round: RoundState, index: number): SeatState {
  const seat = round.seats.get(index);
  if (seat === undefined) throw new Error(`Seat ${index} of round ${round.number} acts without having entered.`);
  return seat;
}

function added(amounts: ReadonlyMap<string, bigint>, trainer: string, amount: bigint): Map<string, bigint> {
  return new Map(amounts).set(trainer, (amounts.get(trainer) ?? 0n) + amount);
}
