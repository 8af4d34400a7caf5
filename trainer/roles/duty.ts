/**
 * What a trainer has to do now: a pure decision from the folded state of the task and what the trainer itself holds. The
 * contract would refuse anything else; this says it before gas is spent.
 */
import { cohortRoundOf, hasRevealed, roundNow, roundOf, seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import { isOver } from "../protocol/roundClock.ts";
import { maskedDutyOf } from "./masked/maskedDuty.ts";
import type { MaskedDuty } from "./masked/maskedDuty.ts";
import type { SecretOfSeat } from "./masked/secretsJournal.ts";

export type Duty =
  | { readonly kind: "enter"; readonly round: number; readonly seat: number }
  | { readonly kind: "commit"; readonly round: number; readonly seat: number; readonly entersNext: boolean }
  | { readonly kind: "reveal"; readonly round: number; readonly seat: number; readonly commitment: string }
  | { readonly kind: "attest"; readonly round: number; readonly seat: number; readonly missing: bigint }
  | { readonly kind: "propose"; readonly round: number; readonly seat: number }
  | { readonly kind: "advance"; readonly round: number }
  | MaskedDuty
  | { readonly kind: "wait" }
  | { readonly kind: "finished" };

/** What the trainer knows besides the chain. */
export interface Holdings {
  /** Its account. */
  readonly account: string;
  /** Final rounds of the task after which it sits in no further one; Infinity to stay to the task's end. */
  readonly rounds: number;
  /** The task's ceiling of epsilon allows it to sit in this round. */
  privacyCovers(round: number): boolean;
  /** Training on this round's model has gone well for an epoch: nothing that enters now would have to break off. */
  trainsWell(round: number): boolean;
  /** It trains at its own pace: it enters a round with its update, and only then. */
  readonly ownPace: boolean;
  /** It has an update for this round, trained on the round's model, or at its own pace on an older one. */
  hasUpdateFor(round: number): boolean;
  /** It can open this commitment. */
  canOpen(round: number, commitment: string): boolean;
  /**
   * Seats whose updates of this round are not to count: it could not fetch them, they broke the task's rules, or its strategy
   * has not selected them; undefined if nothing is to be said, or not yet.
   */
  toStrike(round: number): ReadonlySet<number> | undefined;
  /** Masked: it has the masked update of this seat. */
  hasMaskedUpdate(round: number, seat: number): boolean;
  /** Masked: a secret that enough shares are there for and that it is this trainer's turn to rebuild. */
  rebuildable(round: RoundState): SecretOfSeat | undefined;
  /** It has summed this round's updates and stepped the model. */
  hasStepped(round: RoundState): boolean;
}

/** Seconds between one trainer and the next where several may do the same, so that they don't all pay for it. */
export const STAGGER_SECONDS = 2;

/** It sits in no further round. */
export function isLeaving({ cancelled, completed }: TaskState, { rounds }: Pick<Holdings, "rounds">): boolean {
  return cancelled || completed >= rounds;
}

export function dutyOf(state: TaskState, holdings: Holdings): Duty {
  const wait: Duty = { kind: "wait" };
  const round = roundNow(state);
  const own = seatOf(round, holdings.account);
  if (state.closed) return { kind: "finished" };
  if (round.phase === "Idle") return wait;

  if (isOver(round.phase)) {
    const dueAt = round.endsAt + STAGGER_SECONDS * placeAfter(round, round.proposal?.seat, own?.seat);
    return state.time >= dueAt ? { kind: "advance", round: round.number } : wait;
  }
  if (own === undefined) {
    if (isLeaving(state, holdings) || !holdings.privacyCovers(round.number)) {
      return seatOf(roundOf(state, round.number + 1), holdings.account) === undefined ? { kind: "finished" } : wait;
    }
    if (round.phase !== "Entering") return wait;
    if (!mayTake(state, round, holdings)) return wait;
    const seat = freeSeat(state, round, holdings.account);
    return seat === undefined ? wait : { kind: "enter", round: round.number, seat };
  }

  const { seat, state: mine } = own;
  const mayBeLast = state.completed + 1 >= Math.min(state.rules.rounds, holdings.rounds);
  const entersNext = !mayBeLast && !holdings.ownPace && !state.cancelled && holdings.privacyCovers(round.number + 1);
  if (round.phase === "Drawing") return mayDraw(state, round, seat) ? { kind: "draw", round: round.number } : wait;
  if (state.rules.privacy === "masked" && round.phase !== "Aggregating") {
    const cohort = cohortRoundOf(round, holdings.account);
    return (cohort && maskedDutyOf(state, cohort, own, { ...holdings, entersNext })) ?? wait;
  }
  switch (round.phase) {
    case "Committing": {
      if (mine.status !== "Entered" || !holdings.hasUpdateFor(round.number)) return wait;
      return { kind: "commit", round: round.number, seat, entersNext };
    }
    case "Revealing": {
      const { status, commitment } = mine;
      if (status !== "Committed" || commitment === undefined || !holdings.canOpen(round.number, commitment))
        return wait;
      return { kind: "reveal", round: round.number, seat, commitment };
    }
    case "Attesting": {
      if (!hasRevealed(mine) || mine.attested) return wait;
      const toStrike = holdings.toStrike(round.number);
      if (toStrike === undefined) return wait;
      const missing = [...toStrike].filter((index) => index !== seat && round.seats.get(index)?.status === "Revealed");
      // Of its selection a trainer says also that everybody is in it.
      if (missing.length === 0 && toStrike.size > 0) return wait;
      return {
        kind: "attest",
        round: round.number,
        seat,
        missing: missing.reduce((bits, s) => bits | (1n << BigInt(s)), 0n),
      };
    }
    case "Aggregating":
      return mayPropose(state, round, seat) && holdings.hasStepped(round)
        ? { kind: "propose", round: round.number, seat }
        : wait;
    default:
      return wait;
  }
}

/** Who cannot train would be fined for the seat. But slow trainers come in, too, unless no round waits for an update. */
function mayTake({ time, rules }: TaskState, { number, endsAt }: RoundState, holdings: Holdings): boolean {
  if (holdings.ownPace) return holdings.hasUpdateFor(number);
  return holdings.trainsWell(number) || time >= endsAt - rules.enterSeconds / 2;
}

/** The drawn seat at once; the others after its grace, or at once if nobody waits for it any more, one after another. */
function mayPropose(state: TaskState, round: RoundState, seat: number): boolean {
  const { drawn } = round;
  const own = round.seats.get(seat);
  if (own === undefined || own.barred || !hasRevealed(own)) return false;
  if (drawn === undefined || seat === drawn) return seat === drawn;
  const began = round.endsAt - state.rules.proposeSeconds;
  const first = round.seats.get(drawn);
  const isWaitedFor = first !== undefined && hasRevealed(first) && !first.barred && !first.missedTurn;
  const openToAllAt = isWaitedFor ? began + state.rules.graceSeconds : began;
  return state.time >= openToAllAt + STAGGER_SECONDS * (placeAfter(round, drawn, seat) - 1);
}

/** How many seats further than `first`: 0 for itself, last for whoever has no seat. */
export function placeAfter(round: RoundState, first: number | undefined, seat: number | undefined): number {
  const seats = [...round.seats.keys()].sort((a, b) => a - b);
  if (seat === undefined) return seats.length;
  const start = Math.max(0, first === undefined ? 0 : seats.indexOf(first));
  return (seats.indexOf(seat) - start + seats.length) % seats.length;
}

/** Drawing the cohorts costs gas: each round another seat does, and the others one after another if nothing comes of it. */
function mayDraw({ time, rules }: TaskState, round: RoundState, seat: number): boolean {
  const seats = [...round.seats.keys()].sort((a, b) => a - b);
  const began = round.endsAt - rules.shareSeconds;
  return time > began && time >= began + STAGGER_SECONDS * placeAfter(round, seats[round.number % seats.length], seat);
}

/** A seat that nobody has in this round; each account begins to look elsewhere, so that few want the same. */
function freeSeat(state: TaskState, round: RoundState, account: string): number | undefined {
  const seats = state.rules.maxTrainers;
  const start = Number(BigInt(account) % BigInt(seats));
  for (let step = 0; step < seats; step++) {
    const seat = (start + step) % seats;
    if (!round.seats.has(seat)) return seat;
  }
  return undefined;
}
