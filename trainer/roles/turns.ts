/** Where several could do the same, they take turns, so that not all of them pay for it. */
import { seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import { STAGGER_SECONDS, placeAfter } from "./duty.ts";

/** The last part of a phase, in which everybody acts who can. */
const LAST_SHARE = 3;

/** The time runs out: nobody waits for anybody any more. */
export function isLate(state: TaskState, round: RoundState): boolean {
  return (round.endsAt - state.time) * LAST_SHARE <= state.rules.challengeSeconds;
}

/**
 * Whether it is for this account to act on what concerns `seat` since a time in seconds: the seats after it one after
 * another, then those without a seat; all of them when the time runs out.
 */
export function isTurn(state: TaskState, round: RoundState, seat: number, account: string, since: number): boolean {
  return isInOrder(state, round, seat, account, since) || isLate(state, round);
}

/** As `isTurn`, where whoever is last has the time to wait: one after another to the end. */
export function isInOrder(state: TaskState, round: RoundState, seat: number, account: string, since: number): boolean {
  const place = Math.max(1, placeAfter(round, seat, seatOf(round, account)?.seat));
  return state.time >= since + STAGGER_SECONDS * (place - 1);
}
