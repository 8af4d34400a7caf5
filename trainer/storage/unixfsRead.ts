/**
 * Reads a UnixFS file block by block, as hostile input: whoever published the root chose every link in it.
 *
 * What a block claims is checked before it is believed: sizes must add up from the root down, every child must hold at
 * least one byte, depth and number of blocks are bounded, and a block comes only from `readBlock`, which has verified
 * it against its CID. So a small DAG cannot stand for endless bytes (shared subtrees count each time they are read) nor
 * for endless work (empty or one-byte leaves, long chains). Cycles cannot exist: a CID would have to contain itself.
 *
 * UnixFS: https://specs.ipfs.tech/unixfs/
 */
import { decode as decodeDagPb } from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import { contentIdToCid, DAG_PB, RAW, SHA2_256, type ContentId } from "./contentId.ts";
import { ContentMalformed, ContentTooLarge } from "./storageErrors.ts";

/** Returns the bytes of one block, verified against its CID. */
export type ReadBlock = (cid: CID, signal: AbortSignal) => Promise<Uint8Array>;

/** Bitswap moves no larger blocks than this. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024;
// 1024 links a node reach 1 PiB at depth 3, Kubo's older 174 reach 1 TiB at depth 4.
const MAX_DEPTH = 6;
// Leaves may be smaller than ours, but not so small that blocks outgrow bytes.
const MIN_MEAN_BLOCK_BYTES = 4096;
const SPARE_BLOCKS = 64;

type Leaf = { cid: CID; size: number } | { bytes: Uint8Array };

/**
 * Yields the file's bytes in order, `blocksAhead` blocks being read at once.
 * Throws ContentTooLarge, ContentMalformed, whatever `readBlock` throws, or the signal's reason.
 */
export async function* readContent(
  id: ContentId,
  readBlock: ReadBlock,
  options: { maxBytes: number; blocksAhead: number; signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  // Reading ahead must end with the reader, however it ends.
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const ahead: Promise<Uint8Array>[] = [];
  try {
    for await (const leaf of leavesOf(id, readBlock, options.maxBytes, signal)) {
      const bytes = "bytes" in leaf ? Promise.resolve(leaf.bytes) : readLeaf(id, leaf, readBlock, signal);
      bytes.catch(() => {}); // looked at when its turn comes
      ahead.push(bytes);
      if (ahead.length >= options.blocksAhead) yield (await ahead.shift())!;
    }
    while (ahead.length > 0) yield (await ahead.shift())!;
  } finally {
    ended.abort();
  }
}

/**
 * Visits every distinct block once, nodes before leaves; for content that is local (pins, collection).
 * `visit` says whether to go below a block. Bounded by the number of distinct blocks that `readBlock` can give.
 */
export async function visitBlocks(
  id: ContentId,
  readNode: (cid: CID) => Promise<Uint8Array>,
  visit: (cid: CID) => Promise<boolean> | boolean,
): Promise<void> {
  const pending = [contentIdToCid(id)];
  const seen = new Set<string>();
  for (let cid = pending.pop(); cid !== undefined; cid = pending.pop()) {
    const key = cid.toString();
    if (seen.has(key)) continue;
    seen.add(key);
    if (!(await visit(cid))) continue;
    if (cid.code !== DAG_PB) continue;
    pending.push(...decodeNode(id, await readNode(cid)).links.map((link) => link.cid));
  }
}

async function* leavesOf(
  id: ContentId,
  readBlock: ReadBlock,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Leaf, void, undefined> {
  const maxBlocks = SPARE_BLOCKS + Math.ceil(maxBytes / MIN_MEAN_BLOCK_BYTES);
  const pending: { cid: CID; size: number | undefined; depth: number }[] = [
    { cid: contentIdToCid(id), size: undefined, depth: 0 },
  ];
  let blocks = 1;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    signal.throwIfAborted();
    const { cid, size, depth } = next;
    if (cid.code === RAW) {
      yield { cid, size: size! }; // the root is dag-pb, so a raw block has a parent that gave its size
      continue;
    }
    const node = decodeNode(id, await readBlock(cid, signal));
    if (size === undefined) {
      if (node.size > BigInt(maxBytes)) throw new ContentTooLarge(id, node.size, maxBytes);
    } else if (node.size !== BigInt(size)) {
      throw new ContentMalformed(id, `block ${cid} says ${node.size} bytes, its parent ${size}`);
    }
    if (node.links.length === 0) {
      yield { bytes: node.data };
      continue;
    }
    if (depth === MAX_DEPTH) throw new ContentMalformed(id, `it is more than ${MAX_DEPTH} levels deep`);
    blocks += node.links.length;
    if (blocks > maxBlocks) throw new ContentMalformed(id, `it has more than ${maxBlocks} blocks for its size`);
    for (const link of node.links.toReversed()) pending.push({ ...link, depth: depth + 1 });
  }
}

async function readLeaf(
  id: ContentId,
  leaf: { cid: CID; size: number },
  readBlock: ReadBlock,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await readBlock(leaf.cid, signal);
  if (bytes.length !== leaf.size) {
    throw new ContentMalformed(id, `block ${leaf.cid} has ${bytes.length} bytes, its parent says ${leaf.size}`);
  }
  return bytes;
}

interface Node {
  /** What the node says it holds, its subtree included. */
  size: bigint;
  data: Uint8Array;
  links: { cid: CID; size: number }[];
}

/** Decodes a dag-pb UnixFS file node and checks that it is consistent in itself. */
function decodeNode(id: ContentId, block: Uint8Array): Node {
  let links: readonly { Hash: CID }[];
  let entry: UnixFS;
  try {
    const node = decodeDagPb(block);
    links = node.Links;
    entry = UnixFS.unmarshal(node.Data ?? new Uint8Array());
  } catch (cause) {
    throw new ContentMalformed(id, "a block is not a UnixFS node", { cause });
  }
  if (entry.type !== "file" && entry.type !== "raw") {
    throw new ContentMalformed(id, `it is a ${entry.type}, not a file`);
  }
  const data = entry.data ?? new Uint8Array();
  if (entry.blockSizes.length !== links.length) throw new ContentMalformed(id, "links and sizes differ in number");
  if (links.length > 0 && data.length > 0) throw new ContentMalformed(id, "a node has both links and data");
  return {
    size: entry.fileSize(),
    data,
    links: links.map((link, position) => {
      const size = entry.blockSizes[position]!;
      if (size < 1n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw new ContentMalformed(id, `a link says it has ${size} bytes`);
      }
      const cid = link.Hash;
      if ((cid.code !== RAW && cid.code !== DAG_PB) || cid.multihash.code !== SHA2_256) {
        throw new ContentMalformed(id, `link ${cid} is neither raw nor dag-pb with sha2-256`);
      }
      return { cid, size: Number(size) };
    }),
  };
}
