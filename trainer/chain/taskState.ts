/**
 * The state of a task as a fold over its events: nothing is known that the log does not say, so a bot that was killed
 * knows after a restart what it knew before. It mirrors TrainingTask.sol and SealedTask.sol act by act; maskedRound.ts does
 * so for MaskedTask.sol.
 */
import { tick } from "../protocol/roundClock.ts";
import { ONE_COHORT, applyMaskedEvent } from "./maskedRound.ts";
import type { OpenedTask } from "./openedTask.ts";
import { freshRound, freshSeat, seatIn, turnedIf, withSeat } from "./roundState.ts";
import type { RoundState } from "./roundState.ts";
import type { TaskEvent } from "./taskEvent.ts";
import type { Genesis, TaskRules } from "./taskRules.ts";

export type {
  OverturnedProposal,
  Proposal,
  RevealedUpdate,
  RoundState,
  SeatState,
  SeatStatus,
  SharedDealing,
} from "./roundState.ts";
export {
  cohortRoundOf,
  cohortRounds,
  committedSeats,
  countedSeats,
  divisorOf,
  divisorOfSeats,
  droppedSeats,
  hasRevealed,
  isUnmasked,
  rewardOf,
  rewardsOf,
  seatIn,
  seatOf,
  sharedSeats,
  summedCohorts,
  trainersOf,
} from "./roundState.ts";

export interface TaskState {
  readonly task: string;
  /** Binds what is signed or hashed to this task on this chain. */
  readonly domain: string;
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
  /** What each trainer was fined for missed deadlines, in wei of the stake token. */
  readonly fined: ReadonlyMap<string, bigint>;
  /** What each trainer has lost by frauds and silence, in wei of the stake token. */
  readonly slashed: ReadonlyMap<string, bigint>;
}

/** A task of which no event has been read. */
export function freshTask(opened: Pick<OpenedTask, "address" | "domain" | "rules" | "genesis">): TaskState {
  const { address, domain, rules, genesis } = opened;
  return {
    task: address,
    domain,
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
    slashed: new Map(),
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
        // Several are known when they are drawn.
        ...(state.rules.cohorts === 1 && { cohorts: ONE_COHORT }),
      };
      return {
        ...withRound(after, turned(opened, opened.entered === state.rules.maxTrainers)),
        current: event.round,
      };
    }
    case "TrainerEntered": {
      const round = at(event.round);
      const seat = freshSeat(event.trainer, event.weight);
      const entered = withSeat({ ...round, entered: round.entered + 1 }, event.seat, seat);
      // Those who enter with their last commitment do so before the round is open: it turns when it opens.
      const full = entered.phase === "Entering" && entered.entered === state.rules.maxTrainers;
      return withRound(after, turned(entered, full));
    }
    case "UpdateCommitted": {
      const round = at(event.round);
      const committed = withSeat({ ...round, committed: round.committed + 1 }, event.seat, {
        ...seatIn(round, event.seat),
        status: "Committed",
        commitment: event.commitment,
      });
      return withRound(after, turned(committed, committed.committed === committed.entered));
    }
    case "UpdateRevealed": {
      const round = at(event.round);
      const seat = seatIn(round, event.seat);
      const { root, contentKeyHash, contentId, drawn } = event;
      const revealed = withSeat({ ...round, revealed: round.revealed + 1, drawn }, event.seat, {
        ...seat,
        status: "Revealed",
        update: { root, contentKeyHash, contentId },
      });
      return withRound(after, turned(revealed, revealed.revealed + revealed.struck === revealed.committed));
    }
    case "SeatsAttested": {
      const round = at(event.round);
      return withRound(after, withSeat(round, event.seat, { ...seatIn(round, event.seat), attested: true }));
    }
    case "SeatStruck": {
      const round = at(event.round);
      return withRound(after, withoutUpdate(round, event.seat, "Struck"));
    }
    case "TurnMissed": {
      const round = at(event.round);
      return withRound(after, withSeat(round, event.seat, { ...seatIn(round, event.seat), missedTurn: true }));
    }
    case "ModelProposed": {
      const { seat, sumRoot, modelRoot, sumId, modelId } = event;
      const round = at(event.round);
      return withRound(after, {
        ...round,
        phase: "Proposed",
        endsAt: event.time + state.rules.challengeSeconds,
        proposals: round.proposals + 1,
        proposal: {
          ...{ seat, sumRoot, modelRoot, sumId, modelId },
          ordinal: round.proposals + 1,
          time: event.time,
          block: event.block,
        },
      });
    }
    case "ModelMissed": {
      const round = at(event.round);
      const modelMissed = round.proposal?.ordinal;
      if (modelMissed === undefined) throw noProposal(event.round);
      return withRound(after, withSeat(round, event.seat, { ...seatIn(round, event.seat), modelMissed }));
    }
    case "ProposalHeld":
      return withRound(after, { ...at(event.round), endsAt: event.endsAt });
    case "ProposalOverturned": {
      const { seat, fault, fine, challenger } = event;
      const { proposal, ...round } = at(event.round);
      if (proposal === undefined) throw noProposal(event.round);
      const reopened: RoundState = {
        ...round,
        phase: "Aggregating",
        endsAt: event.time + state.rules.proposeSeconds,
        overturned: [...round.overturned, { ...proposal, fault, fine, challenger }],
      };
      const proposer = seatIn(round, seat);
      // Whose proposal falls because an update in it was convicted may propose again.
      const barred = withSeat(reopened, seat, { ...proposer, barred: fault !== "SetChanged" });
      return { ...withRound(after, barred), slashed: added(state.slashed, proposer.trainer, fine) };
    }
    case "SeatExpelled": {
      const round = expelled(at(event.round), event.seat);
      // With too few left the round ends as one that too few have attested: void.
      const tooFew = round.phase === "Aggregating" && round.revealed < state.rules.minSummed;
      return {
        ...withRound(after, tooFew ? { ...round, phase: "Attesting", endsAt: event.time } : round),
        slashed: added(state.slashed, seatIn(round, event.seat).trainer, event.fine),
      };
    }
    case "CohortsDrawn":
    case "KeyShared":
    case "MaskedCommitted":
    case "SetAgreed":
    case "SetFixed":
    case "SeedRevealed":
    case "KeyRebuilt":
    case "SharesGiven":
    case "SeedRebuilt":
    case "SumBlamed":
      return withRound(after, applyMaskedEvent(at(event.round), event, state));
    case "SeatConvicted": {
      const round = applyMaskedEvent(at(event.round), event, state);
      const { trainer } = seatIn(round, event.seat);
      return { ...withRound(after, round), slashed: added(state.slashed, trainer, event.fine) };
    }
    case "RoundFinalised": {
      const round = at(event.round);
      const { dataRate, computeShare, advancer } = event;
      const { proposal } = round;
      if (proposal === undefined) throw noProposal(event.round);
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

  function turned(round: RoundState, everybodyHasActed: boolean): RoundState {
    return turnedIf(everybodyHasActed, round, state.rules, event.time);
  }
}

/** A revealed update taken out of the sum. */
function withoutUpdate(round: RoundState, index: number, status: "Struck" | "Expelled"): RoundState {
  const seat = seatIn(round, index);
  const fewer = { ...round, revealed: round.revealed - 1, struck: round.struck + 1 };
  return withSeat(fewer, index, { ...seat, status });
}

/** A convict out of its round: out of the sum too unless it was struck before. */
function expelled(round: RoundState, index: number): RoundState {
  const seat = seatIn(round, index);
  if (seat.status === "Revealed") return withoutUpdate(round, index, "Expelled");
  return withSeat(round, index, { ...seat, status: "Expelled" });
}

function noProposal(round: number): Error {
  return new Error(`Round ${round} has no proposal: events are missing.`);
}

function added(amounts: ReadonlyMap<string, bigint>, trainer: string, amount: bigint): Map<string, bigint> {
  return new Map(amounts).set(trainer, (amounts.get(trainer) ?? 0n) + amount);
}
