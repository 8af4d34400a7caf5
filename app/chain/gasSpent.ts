/** What a task's rounds have cost in gas, from receipts: of the last rounds, read on with every block, while a view shows it. */
import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { readTaskEvents } from "../../trainer/chain/eventLog.ts";
import { gasUsedBy, noGas, noteActs } from "../../trainer/chain/gasByRound.ts";
import type { ActsByTransaction, GasByAct } from "../../trainer/chain/gasByRound.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { Chain } from "./node.ts";

export interface GasSpent {
  /** By round, newest first. */
  readonly rounds: ReadonlySignal<ReadonlyMap<number, GasByAct>>;
  /** Reads on to this block. */
  readTo(block: number): void;
}

/** Older rounds' receipts are not asked for: each is a request. */
const LAST_ROUNDS = 12;
const AT_ONCE = 50;

export function gasSpent(chain: Chain, opened: OpenedTask, ends: AbortSignal): GasSpent {
  const rounds = signal<ReadonlyMap<number, GasByAct>>(new Map());
  const acts: ActsByTransaction = new Map();
  const gas = new Map<string, number>();
  let next = opened.block;
  let wanted = 0;
  let isReading = false;
  return {
    rounds,
    readTo(block) {
      wanted = Math.max(wanted, block);
      if (!isReading) void read();
    },
  };

  async function read(): Promise<void> {
    isReading = true;
    try {
      while (next <= wanted && !ends.aborted) {
        const to = wanted;
        for await (const events of readTaskEvents(chain.provider, opened.address, next, to, ends))
          noteActs(acts, events);
        next = to + 1;
        await readReceipts();
      }
    } catch {
      // The next block tries again; until then less is shown.
    } finally {
      isReading = false;
    }
  }

  async function readReceipts(): Promise<void> {
    let last = 0;
    for (const { round } of acts.values()) last = Math.max(last, round);
    const shown = [...acts].filter(([, { round }]) => round > last - LAST_ROUNDS);
    const missing = shown.map(([transaction]) => transaction).filter((transaction) => !gas.has(transaction));
    for (let start = 0; start < missing.length && !ends.aborted; start += AT_ONCE) {
      const some = missing.slice(start, start + AT_ONCE);
      const used = await Promise.all(some.map((transaction) => gasUsedBy(chain.provider, transaction)));
      some.forEach((transaction, index) => gas.set(transaction, used[index] ?? 0));
    }
    const sums = new Map<number, GasByAct>();
    for (const [transaction, { round, act }] of shown) {
      const sum = sums.get(round) ?? noGas();
      sum[act] += gas.get(transaction) ?? 0;
      sums.set(round, sum);
    }
    rounds.value = new Map([...sums].sort(([a], [b]) => b - a));
  }
}
