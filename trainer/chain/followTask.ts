/**
 * Follows a task: folds its events block after block, `confirmations` below the head, and yields the state whenever a
 * block has come. When the hash of the last block read changes, the chain was reorganised: the fold starts anew.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { JsonRpcProvider } from "ethers";
import { confirmedBlock, markOf, readTaskEvents } from "./eventLog.ts";
import type { BlockMark } from "./eventLog.ts";
import { applyEvent, freshTask } from "./taskState.ts";
import type { TaskState } from "./taskState.ts";
import type { OpenedTask } from "./openedTask.ts";

export interface FollowOptions {
  /** Blocks on top of the last one that is believed; 0 believes the head. */
  readonly confirmations: number;
  /** Between two looks at the chain. */
  readonly pollMs: number;
  readonly signal?: AbortSignal;
  /** Told when the chain was reorganised below what had been read. */
  readonly onReorganisation?: (block: BlockMark) => void;
}

/** The state now. */
export async function readTask(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  options: Pick<FollowOptions, "confirmations" | "signal">,
): Promise<TaskState> {
  const mark = await confirmedBlock(provider, options.confirmations);
  const start = freshTask(opened.address, opened.rules, opened.genesis);
  if (mark === undefined || mark.number < opened.block) return start;
  return foldTo(provider, start, opened.block, mark, options.signal);
}

/** Yields a state for every new block until the signal aborts, with whose reason it then throws. */
export async function* followTask(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  options: FollowOptions,
): AsyncGenerator<TaskState, never> {
  const { confirmations, pollMs, signal, onReorganisation } = options;
  const fresh = freshTask(opened.address, opened.rules, opened.genesis);
  let state = fresh;
  let last: BlockMark | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const mark = await confirmedBlock(provider, confirmations);
    if (mark !== undefined && mark.number >= opened.block && mark.hash !== last?.hash) {
      const canonical = last === undefined || (await isOn(provider, mark, last));
      if (!canonical) {
        onReorganisation?.(last as BlockMark);
        last = undefined;
        state = fresh;
      }
      // A lagging node behind the same address shows an older head: there is nothing new in it.
      if (last === undefined || mark.number > last.number) {
        state = await foldTo(provider, state, last === undefined ? opened.block : last.number + 1, mark, signal);
        last = mark;
        yield state;
        continue;
      }
    }
    await pause(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function foldTo(
  provider: JsonRpcProvider,
  state: TaskState,
  from: number,
  mark: BlockMark,
  signal: AbortSignal | undefined,
): Promise<TaskState> {
  let folded = state;
  for await (const events of readTaskEvents(provider, state.task, from, mark.number, signal)) {
    folded = events.reduce(applyEvent, folded);
  }
  return { ...folded, block: mark.number, time: mark.timestamp };
}

/** Whether the chain that ends in `mark` still has the block `last`; true if the node cannot say. */
async function isOn(provider: JsonRpcProvider, mark: BlockMark, last: BlockMark): Promise<boolean> {
  if (mark.number === last.number + 1) return mark.parentHash === last.hash;
  const now = await markOf(provider, last.number);
  return now === undefined || now.hash === last.hash;
}
