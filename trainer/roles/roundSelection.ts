/**
 * Which updates of a round count by the task's strategy. Every trainer computes it from the same integers and says in its
 * attestation whose updates do not: what more than half of them say becomes of the round. It runs in the background of the
 * role's loop, as soon as all updates are in, or with those that are when half of the time to attest is over.
 */
import { roundNow } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import type { ReadableUpdate, Selection } from "../learning/strategies/strategy.ts";
import { isHalfOver } from "../protocol/roundClock.ts";
import type { Party } from "./party.ts";

export interface RoundSelection {
  /** Begins to select when it is time. */
  follow(task: TaskState): void;
  /** The seats whose updates count; undefined until that is decided. */
  selected(round: number): ReadonlySet<number> | undefined;
}

/** The updates of a round that were read, and whether there is nothing more to be tried. */
export interface ReadUpdates {
  readonly updates: readonly ReadableUpdate[];
  readonly isAll: boolean;
}

export function createRoundSelection(
  { log, signal }: Pick<Party, "log" | "signal">,
  select: Selection,
  read: (round: RoundState) => ReadUpdates,
  onDone: () => void,
  onFailure: (error: unknown) => void,
): RoundSelection {
  let current: { readonly round: number; selected?: ReadonlySet<number> } | undefined;

  async function decide(mine: NonNullable<typeof current>, updates: readonly ReadableUpdate[]): Promise<void> {
    const selected = new Set(await select(updates, signal));
    log.info({ round: mine.round, selected: [...selected], of: updates.length }, "selected the updates that count");
    mine.selected = selected;
    onDone();
  }

  return {
    follow(task) {
      const round = roundNow(task);
      if (round.phase !== "Attesting" || current?.round === round.number) return;
      const { updates, isAll } = read(round);
      if (!isAll && !isHalfOver(round, task.rules, task.time)) return;
      current = { round: round.number };
      decide(current, updates).catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      });
    },
    selected: (round) => (current?.round === round ? current.selected : undefined),
  };
}
