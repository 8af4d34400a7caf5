/** The log of one task, read in pages: what all its state off chain is folded from. */
import type { JsonRpcProvider, Log } from "ethers";
import { markOf } from "./blockMark.ts";
import type { BlockMark } from "./blockMark.ts";
import { taskInterface } from "./contracts.ts";
import { BlocksNotThere, readLogPages } from "./logPages.ts";
import { pause } from "./pause.ts";
import type { TaskEvent } from "./taskEvent.ts";
import { toTaskEvent } from "./taskEvent.ts";

/** Logs decoded in one go: a page that somebody scrolls gets its turn between. */
const AT_ONCE = 250;

export interface Page {
  /** In order. */
  readonly events: TaskEvent[];
  /** The last block that the page covers. */
  readonly edge: BlockMark;
}

/** Yields the task's events page by page, in order, from block `from` to block `to`, both included. */
export async function* readTaskEvents(
  provider: JsonRpcProvider,
  task: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<TaskEvent[]> {
  for await (const { events } of readPages(provider, task, { from, to }, signal)) yield events;
}

/**
 * Yields the pages from block `from` to block `to`, both included.
 * @param range.after The block before `from` as it was read; the pages must continue it.
 * @throws ChainReorganised, BlocksNotThere; what was yielded before is right all the same.
 */
export async function* readPages(
  provider: JsonRpcProvider,
  task: string,
  range: { readonly from: number; readonly to: number; readonly after?: BlockMark | undefined },
  signal?: AbortSignal,
): AsyncGenerator<Page> {
  for await (const { logs, edge } of readLogPages(provider, { addresses: [task] }, range, signal)) {
    yield { events: await toEvents(provider, logs, edge), edge };
  }
}

async function toEvents(provider: JsonRpcProvider, logs: readonly Log[], edge: BlockMark): Promise<TaskEvent[]> {
  const hashes = new Map(logs.map((log) => [log.blockNumber, log.blockHash]));
  const times = new Map<number, number>();
  await Promise.all(
    [...hashes].map(async ([number, hash]) => {
      const block = number === edge.number ? edge : await markOf(provider, number);
      if (block?.hash !== hash) throw new BlocksNotThere(`Block ${number} was replaced while it was read.`);
      times.set(number, block.timestamp);
    }),
  );
  const events: TaskEvent[] = [];
  for (const [index, log] of logs.entries()) {
    if (index > 0 && index % AT_ONCE === 0) await pause(0);
    const parsed = taskInterface.parseLog(log);
    if (parsed !== null) events.push(...toTaskEvent(parsed, times.get(log.blockNumber)!, log));
  }
  return events;
}
