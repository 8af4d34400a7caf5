/** What a trainer with a seat in a masked round has to do now, where that is something else than in a sealed round. */
import { committedSeats, sharedSeats } from "../../chain/taskState.ts";
import type { RoundState, SeatState, TaskState } from "../../chain/taskState.ts";
import { isHalfOver } from "../../protocol/roundClock.ts";
import type { SecretOfSeat } from "./secretsJournal.ts";

export type MaskedDuty =
  | { readonly kind: "draw"; readonly round: number }
  | { readonly kind: "share"; readonly round: number; readonly seat: number }
  | { readonly kind: "commitMasked"; readonly round: number; readonly seat: number; readonly entersNext: boolean }
  | { readonly kind: "agree"; readonly round: number; readonly seat: number; readonly missing: readonly number[] }
  | { readonly kind: "revealSeed"; readonly round: number; readonly seat: number }
  | { readonly kind: "giveShares"; readonly round: number; readonly seat: number; readonly owners: readonly number[] }
  /** `seat`: whose secret. */
  | { readonly kind: "rebuildKey" | "rebuildSeed"; readonly round: number; readonly seat: number };

/** What the trainer knows besides the chain. */
export interface MaskedHoldings {
  hasUpdateFor(round: number): boolean;
  /** It has the masked update of this seat. */
  hasMaskedUpdate(round: number, seat: number): boolean;
  /** A secret that enough shares are there for and that it is this trainer's turn to rebuild. */
  rebuildable(round: RoundState): SecretOfSeat | undefined;
  /** It may go into the next round with its commitment. */
  readonly entersNext: boolean;
}

/**
 * What is due in the own cohort.
 *
 * @param round The cohort's (`cohortRounds`). @param mine The own seat in it.
 * @returns undefined if there is nothing to do but wait.
 */
export function maskedDutyOf(
  state: TaskState,
  round: RoundState,
  { seat, state: mine }: { readonly seat: number; readonly state: SeatState },
  holdings: MaskedHoldings,
): MaskedDuty | undefined {
  const { number } = round;
  switch (round.phase) {
    case "Sharing":
      return mine.status === "Entered" ? { kind: "share", round: number, seat } : undefined;
    case "Committing":
      if (mine.status !== "Shared" || !holdings.hasUpdateFor(number)) return undefined;
      // The cohort has fallen out, and nobody is waited for in it.
      if (sharedSeats(round).length < state.rules.minTrainers) return undefined;
      return { kind: "commitMasked", round: number, seat, entersNext: holdings.entersNext };
    case "Agreeing": {
      // Another cohort may still be agreeing.
      if (mine.status !== "Committed" || mine.agreement !== undefined || round.set !== undefined) return undefined;
      const committed = committedSeats(round);
      const missing = committed.filter((index) => !holdings.hasMaskedUpdate(number, index));
      // Who votes early votes for what no other can contradict: that everything is there. The rest wait for stragglers.
      if (missing.length > 0 && !isHalfOver(round, state.rules, state.time)) return undefined;
      if (committed.length - missing.length < state.rules.minTrainers) return undefined;
      return { kind: "agree", round: number, seat, missing };
    }
    case "Revealing":
      if (round.set === undefined) return undefined;
      if (mine.status === "Committed" && mine.seed === undefined) return { kind: "revealSeed", round: number, seat };
      return rebuilding(round, holdings);
    case "Recovering": {
      if (round.set === undefined) return undefined;
      // Too late for the reveal, but not for the sum.
      if (mine.status === "Committed") return { kind: "rebuildSeed", round: number, seat };
      const owners = round.set.members.filter((index) => round.seats.get(index)?.seed === undefined);
      if (mine.status === "Revealed" && mine.seedShares === undefined && owners.length > 0) {
        return { kind: "giveShares", round: number, seat, owners };
      }
      return rebuilding(round, holdings);
    }
    default:
      return undefined;
  }
}

function rebuilding(round: RoundState, holdings: MaskedHoldings): MaskedDuty | undefined {
  const due = holdings.rebuildable(round);
  if (due === undefined) return undefined;
  return { kind: due.kind === "key" ? "rebuildKey" : "rebuildSeed", round: round.number, seat: due.seat };
}
