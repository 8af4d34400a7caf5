/**
 * Whose updates a trainer attests not to count. It can say so once in a round, and so it waits until it knows of every update:
 * that it was read or cannot be had, and whether the strategy has selected it. What is not known when half of the time to
 * attest is over does not count: whoever withholds its update until others have spoken would be in a sum that nobody can
 * check.
 */
import { roundNow } from "../chain/taskState.ts";
import type { TaskState } from "../chain/taskState.ts";
import { isHalfOver } from "../protocol/roundClock.ts";

export interface KnownUpdates {
  /** The update of this seat was read. */
  has(seat: number): boolean;
  /** Seats whose updates were tried and cannot be had, or break a rule. */
  readonly failed: ReadonlySet<number>;
  /** Whose updates count by the task's strategy; every one that was read unless given. */
  readonly selection?: ReadonlySet<number> | "undecided";
}

/** @returns undefined if nothing is to be said, or not yet: who says nothing has everything. */
export function seatsToStrike(
  state: TaskState,
  { has, failed, selection }: KnownUpdates,
): ReadonlySet<number> | undefined {
  const round = roundNow(state);
  const revealed = [...round.seats].flatMap(([seat, { status }]) => (status === "Revealed" ? [seat] : []));
  if (selection === "undecided") return undefined;
  if (selection !== undefined) return new Set(revealed.filter((seat) => !selection.has(seat)));
  const unread = revealed.filter((seat) => !has(seat));
  const isTime = isHalfOver(round, state.rules, state.time);
  if (unread.length === 0 || !(isTime || unread.every((seat) => failed.has(seat)))) return undefined;
  return new Set(unread);
}
