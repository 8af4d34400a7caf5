/**
 * Training at the own pace instead of in rounds (FedBuff): on whatever model is newest when it begins, then into the next round
 * with what came out, and on with a fresh model when that round is over.
 */
import type { TaskState } from "../chain/taskState.ts";

/** One training, and how many rounds were final when it began. */
export interface PacedRun {
  readonly key: string;
  readonly completed: number;
  /** The round that its update has gone into; it goes into no other. */
  readonly usedIn?: number;
}

/** How many final rounds older its model is than the newest. */
export function stalenessOf({ completed }: PacedRun, state: Pick<TaskState, "completed">): number {
  return Math.max(0, state.completed - completed);
}

/** Its update can go into the round under way. */
export function isFresh(
  run: PacedRun | undefined,
  state: Pick<TaskState, "completed">,
  mostStaleness: number,
): boolean {
  return run !== undefined && run.usedIn === undefined && stalenessOf(run, state) <= mostStaleness;
}

/** Whether to begin anew. The round that its update is in brings a newer model: before the next one is under way it does not. */
export function beginsAnew(
  run: PacedRun | undefined,
  state: Pick<TaskState, "completed" | "current">,
  mostStaleness: number,
): boolean {
  return !isFresh(run, state, mostStaleness) && run?.usedIn !== state.current;
}
