/** Stakes of trainers in one task, read for those that are looked at, and again with every round. */
import { signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { Chain } from "./node.ts";

export interface Stakes {
  /** Wei of the stake token, all of it and what of it is thawing; undefined until it is read. */
  of(trainer: string): ReadonlySignal<{ readonly amount: bigint; readonly thawing: bigint } | undefined>;
  /** Reads everybody's again that was asked for. */
  refresh(): void;
}

export function stakesIn(chain: Chain, task: string): Stakes {
  const known = new Map<string, Signal<{ readonly amount: bigint; readonly thawing: bigint } | undefined>>();
  const read = (trainer: string) => {
    chain.vault.stakeOf(task, trainer).then(
      ([amount, thawing]) => (known.get(trainer)!.value = { amount, thawing }),
      // Read again with the next round.
      () => undefined,
    );
  };
  return {
    of(trainer) {
      const before = known.get(trainer);
      if (before !== undefined) return before;
      const stake = signal<{ readonly amount: bigint; readonly thawing: bigint } | undefined>(undefined);
      known.set(trainer, stake);
      read(trainer);
      return stake;
    },
    refresh() {
      for (const trainer of known.keys()) read(trainer);
    },
  };
}
