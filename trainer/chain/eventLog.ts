/**
 * The log of one task, read from block ranges in pages: what all off-chain state is folded from. Block hashes are kept
 * at the edge of what was read, so that a reorganisation is noticed before anything is built on it.
 */
import type { JsonRpcProvider, Log } from "ethers";
import { RpcUnreachable } from "./chainErrors.ts";
import { taskInterface } from "./contracts.ts";
import type { TaskEvent } from "./taskEvent.ts";
import { toTaskEvent } from "./taskEvent.ts";

/** Blocks asked for at once; halved when a node finds that too many, doubled again when it answers. */
const FIRST_PAGE = 2_000;
const LARGEST_PAGE = 50_000;
const MAX_EVENTS_A_PAGE = 100_000;

export interface BlockMark {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** Yields the task's events page by page, in order, from block `from` to block `to`, both included. */
export async function* readTaskEvents(
  provider: JsonRpcProvider,
  task: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<TaskEvent[]> {
  let page = FIRST_PAGE;
  for (let start = from; start <= to; ) {
    signal?.throwIfAborted();
    const end = Math.min(start + page - 1, to);
    let logs: Log[];
    try {
      logs = await provider.getLogs({ address: task, fromBlock: start, toBlock: end });
    } catch (error) {
      // Nodes differ in how many blocks or results they give at once and in how they say so.
      if (signal?.aborted === true || error instanceof RpcUnreachable || end === start) throw error;
      page = Math.max(1, Math.floor((end - start + 1) / 2));
      continue;
    }
    if (logs.length > MAX_EVENTS_A_PAGE) throw new Error("The node returned more events than blocks can hold.");
    yield await toEvents(provider, logs);
    start = end + 1;
    page = Math.min(page * 2, LARGEST_PAGE);
  }
}

/** The block `confirmations` below the head, or undefined while the chain is shorter than that. */
export async function confirmedBlock(provider: JsonRpcProvider, confirmations: number): Promise<BlockMark | undefined> {
  const head = await markOf(provider, "latest");
  if (head === undefined || confirmations === 0) return head;
  return head.number < confirmations ? undefined : markOf(provider, head.number - confirmations);
}

/** A block, or undefined if the node has none of this number: its chain has become shorter, or it lags. */
export async function markOf(provider: JsonRpcProvider, block: number | "latest"): Promise<BlockMark | undefined> {
  const found = await provider.getBlock(block);
  if (found === null || found.hash === null) return undefined;
  const { number, hash, parentHash, timestamp } = found;
  return { number, hash, parentHash, timestamp };
}

async function toEvents(provider: JsonRpcProvider, logs: readonly Log[]): Promise<TaskEvent[]> {
  const numbers = [...new Set(logs.map((log) => log.blockNumber))];
  const times = new Map(
    await Promise.all(
      numbers.map(async (number): Promise<[number, number]> => {
        const block = await provider.getBlock(number);
        if (block === null) throw new Error(`Block ${number} has events but cannot be read: the node is inconsistent.`);
        return [number, block.timestamp];
      }),
    ),
  );
  return logs.flatMap((log) => {
    const parsed = taskInterface.parseLog(log);
    const time = times.get(log.blockNumber);
    return parsed === null || time === undefined ? [] : toTaskEvent(parsed, time, log);
  });
}
