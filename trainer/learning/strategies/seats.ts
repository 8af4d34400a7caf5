/** Selections by position in the order of seats, whatever order the updates come in. */
import type { ReadableUpdate, Selection } from "./strategy.ts";

/** Picks positions among updates that are in ascending order of their seats. */
type Pick = (updates: readonly ReadableUpdate[], signal?: AbortSignal) => Promise<readonly number[]>;

export function bySeat(pick: Pick): Selection {
  return async (updates, signal) => {
    const ordered = updates.toSorted((a, b) => a.seat - b.seat);
    const picked = await pick(ordered, signal);
    return picked.map((position) => ordered[position]!.seat).sort((a, b) => a - b);
  };
}

/** The positions 0 to n - 1. */
export function positions(n: number): number[] {
  return Array.from({ length: n }, (_, position) => position);
}
