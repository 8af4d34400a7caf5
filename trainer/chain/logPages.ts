/**
 * Logs of contracts, read from block ranges in pages. Every page is read together with the block at its edge and must
 * continue the page before it, so that neither a reorganisation between two requests nor a node that has not seen the last
 * blocks yet goes unnoticed. Pages are as long as nodes and readers bear: few logs, however many blocks.
 */
import type { Block, JsonRpcProvider, Log } from "ethers";
import { toMark } from "./blockMark.ts";
import type { BlockMark } from "./blockMark.ts";
import { RpcUnreachable } from "./chainErrors.ts";

export interface PageSize {
  /** Blocks asked for at first; halved when a node finds that too many, doubled again when it answers with few logs. */
  readonly blocks: number;
  /** Logs of one page from which on the next ones are made shorter. */
  readonly logs: number;
}

const USUAL_PAGE: PageSize = { blocks: 2_000, logs: 2_000 };
const LARGEST_PAGE = 50_000;
/** More than this are not taken at once, and more than blocks can hold of one. */
const MOST_LOGS = 100_000;

/** Whose logs, and of which kinds; undefined for all kinds. */
export interface LogFilter {
  readonly addresses: readonly string[];
  readonly topics?: (string | string[] | null)[];
}

export interface LogPage {
  /** In order. */
  readonly logs: readonly Log[];
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

/**
 * Yields the pages from block `from` to block `to`, both included.
 * @param range.after The block before `from` as it was read; the pages must continue it.
 * @param size Smaller for those who must not be held up while a page is decoded.
 * @throws ChainReorganised, BlocksNotThere; what was yielded before is right all the same.
 */
export async function* readLogPages(
  provider: JsonRpcProvider,
  { addresses, topics }: LogFilter,
  range: { readonly from: number; readonly to: number; readonly after?: BlockMark | undefined },
  signal?: AbortSignal,
  size: PageSize = USUAL_PAGE,
): AsyncGenerator<LogPage> {
  const wanted = { address: [...addresses], ...(topics === undefined ? {} : { topics }) };
  let { after } = range;
  let page = size.blocks;
  for (let start = range.from; start <= range.to;) {
    signal?.throwIfAborted();
    const end = Math.min(start + page - 1, range.to);
    const half = Math.max(1, Math.floor((end - start + 1) / 2));
    let logs: Log[], edge: Block | null, before: Block | null;
    try {
      // At once, and so as one batch: by the edge one sees that who answered has the blocks whose logs it gives.
      [logs, edge, before] = await Promise.all([
        provider.getLogs({ ...wanted, fromBlock: start, toBlock: end }),
        provider.getBlock(end),
        after === undefined || end === start ? null : provider.getBlock(after.number),
      ]);
    } catch (error) {
      // Nodes differ in how many blocks or results they give at once and in how they say so.
      signal?.throwIfAborted();
      if (error instanceof RpcUnreachable || end === start) throw error;
      page = half;
      continue;
    }
    if (logs.length > MOST_LOGS) {
      if (end === start) throw new Error("The node returned more events than blocks can hold.");
      page = half;
      continue;
    }
    const mark = toMark(edge);
    if (mark === undefined) throw new BlocksNotThere(`The node has no block ${end} yet.`);
    const continued = end === start ? mark.parentHash : before?.hash;
    if (after !== undefined && continued !== after.hash) {
      throw new ChainReorganised(`Block ${after.number} is not ${after.hash} any more.`);
    }
    check(logs, addresses, start, mark);
    yield { logs, edge: mark };
    after = mark;
    start = end + 1;
    page = nextPage(page, logs.length, size);
  }
}

/** Half as long after too many logs, twice as long where that will not be too many. */
function nextPage(page: number, logs: number, size: PageSize): number {
  if (logs > size.logs) return Math.max(1, Math.floor(page / 2));
  return logs > size.logs / 2 ? page : Math.min(page * 2, LARGEST_PAGE);
}

/** @throws Error unless these are logs of the contracts, in order, from block `start` to the edge. */
function check(logs: readonly Log[], addresses: readonly string[], start: number, edge: BlockMark): void {
  let [block, index] = [start, -1];
  for (const log of logs) {
    const later = log.blockNumber === block ? log.index > index : log.blockNumber > block;
    if (!addresses.includes(log.address) || !later || log.blockNumber > edge.number) {
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
