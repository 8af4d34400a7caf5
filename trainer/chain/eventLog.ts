/**
 * The log of one task, read from block ranges in pages: what all off-chain state is folded from. Every page is read
 * together with the block at its edge and must continue the page before it, so that neither a reorganisation between two
 * requests nor a node that has not seen the last blocks yet goes unnoticed.
 */
import type { Block, JsonRpcProvider, Log } from "ethers";
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

export interface Page {
  /** In order. */
  readonly events: TaskEvent[];
  /** The last block that the page covers. */
  readonly edge: BlockMark;
}

/** What was read before is not on the chain any more. */
export class ChainReorganised extends Error {
  override readonly name = "ChainReorganised";
}

/** The node does not have the blocks it was asked for: it lags behind, or its chain has just moved. Look again later. */
export class BlocksNotThere extends Error {
  override readonly name = "BlocksNotThere";
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
  let { after } = range;
  let page = FIRST_PAGE;
  for (let start = range.from; start <= range.to;) {
    signal?.throwIfAborted();
    const end = Math.min(start + page - 1, range.to);
    let logs: Log[], edge: Block | null, before: Block | null;
    try {
      // At once, and so as one batch: by the edge one sees that who answered has the blocks whose logs it gives.
      [logs, edge, before] = await Promise.all([
        provider.getLogs({ address: task, fromBlock: start, toBlock: end }),
        provider.getBlock(end),
        after === undefined || end === start ? null : provider.getBlock(after.number),
      ]);
    } catch (error) {
      // Nodes differ in how many blocks or results they give at once and in how they say so.
      signal?.throwIfAborted();
      if (error instanceof RpcUnreachable || end === start) throw error;
      page = Math.max(1, Math.floor((end - start + 1) / 2));
      continue;
    }
    const mark = toMark(edge);
    if (mark === undefined) throw new BlocksNotThere(`The node has no block ${end} yet.`);
    const continued = end === start ? mark.parentHash : before?.hash;
    if (after !== undefined && continued !== after.hash) {
      throw new ChainReorganised(`Block ${after.number} is not ${after.hash} any more.`);
    }
    check(logs, task, start, mark);
    yield { events: await toEvents(provider, logs, mark), edge: mark };
    after = mark;
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
  return toMark(await provider.getBlock(block));
}

function toMark(block: Block | null): BlockMark | undefined {
  if (block === null || block.hash === null) return undefined;
  const { number, hash, parentHash, timestamp } = block;
  return { number, hash, parentHash, timestamp };
}

/** @throws Error unless these are logs of the task, in order, from block `start` to the edge. */
function check(logs: readonly Log[], task: string, start: number, edge: BlockMark): void {
  if (logs.length > MAX_EVENTS_A_PAGE) throw new Error("The node returned more events than blocks can hold.");
  let [block, index] = [start, -1];
  for (const log of logs) {
    const later = log.blockNumber === block ? log.index > index : log.blockNumber > block;
    if (log.address !== task || !later || log.blockNumber > edge.number) {
      throw new Error(
        "The node returned events that were not asked for, or out of order. Give another one with --rpc.",
      );
    }
    if (log.blockNumber === edge.number && log.blockHash !== edge.hash) {
      throw new BlocksNotThere(`Block ${edge.number} was replaced while it was read.`);
    }
    [block, index] = [log.blockNumber, log.index];
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
  return logs.flatMap((log) => {
    const parsed = taskInterface.parseLog(log);
    return parsed === null ? [] : toTaskEvent(parsed, times.get(log.blockNumber)!, log);
  });
}
