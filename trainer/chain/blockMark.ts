/** A block as readers remember it: by its hash they notice that it is not on the chain any more. */
import type { Block, JsonRpcProvider } from "ethers";

export interface BlockMark {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
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

/** What is remembered of a block; undefined of none. */
export function toMark(block: Block | null): BlockMark | undefined {
  if (block === null || block.hash === null) return undefined;
  const { number, hash, parentHash, timestamp } = block;
  return { number, hash, parentHash, timestamp };
}
