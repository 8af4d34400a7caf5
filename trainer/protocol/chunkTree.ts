// The commitment to a vector: a Merkle tree of keccak256 over chunks of 128 bytes (32 lanes).
//
//   leaf = keccak256(0x00 ‖ uint32 index ‖ chunk)     node = keccak256(0x01 ‖ left ‖ right)
//
// It is positional, and padded with zeros to a power of two of chunks; the domain bytes keep leaves and nodes apart
// (RFC 6962, section 2.1). The contract's side is contracts/libraries/ChunkTree.sol. Roots are computed in one pass; the
// memory needed beyond the vector is one batch of chunks and one hash a level.
import { CHUNK_BYTES, CHUNK_LANES, HASH_BYTES, MAX_DEPTH, chunkDepth } from "./chunkShape.ts";
import { BATCH_CHUNKS, BATCH_DEPTH, chunkArea, hashArea, hashLeaves, hashNodes, placeLanes } from "./keccakBatch.ts";

export { CHUNK_BYTES, CHUNK_LANES, MAX_DEPTH, chunkDepth, openingBytes } from "./chunkShape.ts";

/** A vector: its lanes, or the same as big-endian bytes. */
export type Vector = Int32Array | Uint8Array;

/** One chunk and what ties it to the root. */
export interface ChunkProof {
  readonly index: number;
  /** 128 bytes, zero-padded at the end of the vector. */
  readonly chunk: Uint8Array;
  /** Sibling hashes from the leaf upwards, as many as the tree is deep; 0x-prefixed hex. */
  readonly proof: readonly string[];
}

/** Computes a root while the bytes of a vector arrive. */
export interface RootStream {
  /**
   * Takes the next bytes, any number of them.
   *
   * @throws RangeError when they are more than the vector has.
   */
  push(segment: Uint8Array): void;
  /**
   * The root, once all bytes are here; nothing can be pushed afterwards.
   *
   * @throws RangeError when bytes are missing.
   */
  finish(): string;
}

/** All hashes over a vector, for whoever needs more of them than the root. */
export interface ChunkTree {
  readonly root: string;
  readonly depth: number;
  /**
   * A hash of the tree as 0x-prefixed hex; level 0 holds the leaves.
   *
   * @throws RangeError when the tree has no such node.
   */
  node(level: number, position: number): string;
  /**
   * Chunk `index` with its proof. Chunks of the padding can be proved too.
   *
   * @throws RangeError when the index lies outside the tree.
   */
  proof(index: number): ChunkProof;
}

const BATCH_BYTES = BATCH_CHUNKS * CHUNK_BYTES;

/**
 * Root over the chunks of a vector, as 0x-prefixed hex.
 *
 * @throws RangeError when the vector is empty or its bytes are not whole lanes.
 */
export function chunkRoot(vector: Vector): string {
  const stream = createRootStream(laneCount(vector));
  const { length } = vector;
  const step = vector instanceof Int32Array ? BATCH_BYTES / 4 : BATCH_BYTES;
  for (let at = 0; at < length; at += step) stream.push(bytesOf(vector, at, at + step));
  return stream.finish();
}

/**
 * Begins the root of a vector of `lanes` lanes. Nothing is allocated for its length, and bytes are kept only from one
 * segment to the next when they fill no batch: the fastest segments are of 65,536 bytes.
 *
 * @throws RangeError when lanes is not a whole number from 1 to 2^37.
 */
export function createRootStream(lanes: number): RootStream {
  const depth = chunkDepth(lanes);
  const batchDepth = Math.min(depth, BATCH_DEPTH);
  const batchBytes = 2 ** batchDepth * CHUNK_BYTES;
  const waiting: Uint8Array[] = [];
  let missing = 4 * lanes;
  let pending: Uint8Array | undefined;
  let filled = 0;
  let batches = 0;
  let root: string | undefined;

  /** Hashes the batch that lies in the chunk area. */
  function climbBatch(): void {
    climb(batchDepth, batchRoot(batchDepth, batches));
  }

  /** Takes the root of the next 2^level chunks; of each level only a left sibling is kept until its right one comes. */
  function climb(level: number, hash: Uint8Array): void {
    batches += 2 ** (level - batchDepth);
    let position = (batches * 2 ** batchDepth) / 2 ** level - 1;
    while (level < depth && position % 2 === 1) {
      hash = nodeHash(waiting[level]!, hash);
      level++;
      position = Math.floor(position / 2);
    }
    waiting[level] = hash;
  }

  return {
    push(segment) {
      if (segment.length > missing) {
        throw new RangeError(`${segment.length - missing} bytes more than the vector has; fetch it again.`);
      }
      missing -= segment.length;
      for (let at = 0; at < segment.length;) {
        const piece = segment.subarray(at, at + batchBytes - filled);
        at += piece.length;
        if (piece.length === batchBytes) {
          chunkArea.set(piece);
          climbBatch();
          continue;
        }
        pending ??= new Uint8Array(batchBytes);
        pending.set(piece, filled);
        filled += piece.length;
        if (filled < batchBytes) continue;
        chunkArea.set(pending);
        filled = 0;
        climbBatch();
      }
    },
    finish() {
      if (missing > 0) throw new RangeError(`${missing} bytes of the vector are missing; fetch it again.`);
      if (root !== undefined) return root;
      if (filled > 0) {
        chunkArea.set(pending!.fill(0, filled));
        climbBatch();
      }
      for (const total = 2 ** (depth - batchDepth); batches < total;) {
        // The largest subtree that may begin here: all the padding takes at most one for each level.
        let level = batchDepth;
        let position = batches;
        while (position % 2 === 0) {
          level++;
          position /= 2;
        }
        climb(level, paddingRoot(level, position));
      }
      root = toHex(waiting[depth]!);
      return root;
    },
  };
}

/**
 * The whole tree over a vector, in memory: at most as much again as the vector, or twice that for a few chunks. The
 * vector is not copied, so it must not change as long as proofs are wanted.
 *
 * @throws RangeError when the vector is empty or its bytes are not whole lanes.
 */
export function chunkTree(vector: Vector): ChunkTree {
  const depth = chunkDepth(laneCount(vector));
  // Levels one after the other, the leaves first: level l begins behind 2^depth + … + 2^(depth - l + 1) hashes.
  const hashes = new Uint8Array((2 ** (depth + 1) - 1) * HASH_BYTES);
  const placeOf = (level: number, position: number) =>
    (2 ** (depth + 1) - 2 ** (depth + 1 - level) + position) * HASH_BYTES;

  for (let index = 0; index < 2 ** depth; index += BATCH_CHUNKS) {
    const count = Math.min(BATCH_CHUNKS, 2 ** depth);
    placeChunks(vector, index, count);
    hashLeaves(count, index);
    hashes.set(hashArea.subarray(0, count * HASH_BYTES), placeOf(0, index));
  }
  for (let level = 1; level <= depth; level++) {
    const count = Math.min(BATCH_CHUNKS / 2, 2 ** (depth - level));
    for (let position = 0; position < 2 ** (depth - level); position += count) {
      const below = placeOf(level - 1, 2 * position);
      hashArea.set(hashes.subarray(below, below + 2 * count * HASH_BYTES));
      hashNodes(count);
      hashes.set(hashArea.subarray(0, count * HASH_BYTES), placeOf(level, position));
    }
  }

  function node(level: number, position: number): string {
    if (!Number.isInteger(level) || level < 0 || level > depth || !isIndex(position, depth - level)) {
      throw new RangeError(`Node ${position} of level ${level} lies outside the tree, which is ${depth} levels deep.`);
    }
    const place = placeOf(level, position);
    return toHex(hashes.subarray(place, place + HASH_BYTES));
  }

  return {
    root: node(depth, 0),
    depth,
    node,
    proof(index) {
      if (!isIndex(index, depth)) {
        throw new RangeError(`Chunk ${index} lies outside the tree; its indices are 0 to ${2 ** depth - 1}.`);
      }
      placeChunks(vector, index, 1);
      return {
        index,
        chunk: chunkArea.slice(0, CHUNK_BYTES),
        proof: Array.from({ length: depth }, (_, level) => node(level, siblingPosition(index, level))),
      };
    },
  };
}

/**
 * Chunk `index` of a vector with its proof. Whoever needs several proofs makes a `chunkTree` once.
 *
 * @throws RangeError when the vector is empty, its bytes are not whole lanes, or the index lies outside the tree.
 */
export function chunkProof(vector: Vector, index: number): ChunkProof {
  return chunkTree(vector).proof(index);
}

/**
 * Whether a chunk stands at `index` under `root` in a tree of this depth. Every length must be exact. Anything malformed
 * is false: proofs come from strangers.
 */
export function verifyChunk(root: string, depth: number, { index, chunk, proof }: ChunkProof): boolean {
  if (!Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH || !isIndex(index, depth)) return false;
  if (chunk.length !== CHUNK_BYTES || proof.length !== depth) return false;
  chunkArea.set(chunk);
  let hash = batchRoot(0, index);
  let position = index;
  for (const sibling of proof) {
    if (!/^0x[0-9a-fA-F]{64}$/.test(sibling)) return false;
    const siblingHash = fromHex(sibling);
    hash = position % 2 === 0 ? nodeHash(hash, siblingHash) : nodeHash(siblingHash, hash);
    position = Math.floor(position / 2);
  }
  return toHex(hash) === root.toLowerCase();
}

/** Position at `level` of the node that stands beside the way from chunk `index` to the root. */
export function siblingPosition(index: number, level: number): number {
  const position = Math.floor(index / 2 ** level);
  return position % 2 === 0 ? position + 1 : position - 1;
}

/** The hash over two neighbouring subtrees, or over the roots of two vectors: 0x-prefixed hex of 32 bytes each. */
export function parentOf(left: string, right: string): string {
  return toHex(nodeHash(fromHex(left), fromHex(right)));
}

// Vectors of one task all have the same padding, and with it the same roots over nothing but padding.
const paddingRoots = new Map<string, Uint8Array>();
const MOST_PADDING_ROOTS = 1024;

/** Hash at a place under which there is only padding, BATCH_DEPTH or more levels above the leaves. */
function paddingRoot(level: number, position: number): Uint8Array {
  const place = `${level} ${position}`;
  const known = paddingRoots.get(place);
  if (known) return known;
  const hash = computePaddingRoot(level, position);
  if (paddingRoots.size >= MOST_PADDING_ROOTS) paddingRoots.clear();
  paddingRoots.set(place, hash);
  return hash;
}

function computePaddingRoot(level: number, position: number): Uint8Array {
  if (level > BATCH_DEPTH) {
    const left = computePaddingRoot(level - 1, 2 * position);
    return nodeHash(left, computePaddingRoot(level - 1, 2 * position + 1));
  }
  chunkArea.fill(0);
  return batchRoot(level, position);
}

/** Root over the 2^level chunks in the chunk area, at most a batch, which are the subtree at `position` of the level. */
function batchRoot(level: number, position: number): Uint8Array {
  let count = 2 ** level;
  hashLeaves(count, position * count);
  while (count > 1) {
    count /= 2;
    hashNodes(count);
  }
  return hashArea.slice(0, HASH_BYTES);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  hashArea.set(left);
  hashArea.set(right, HASH_BYTES);
  hashNodes(1);
  return hashArea.slice(0, HASH_BYTES);
}

/** Puts chunks of a vector into the chunk area, with zeros beyond the vector's end. */
function placeChunks(vector: Vector, firstIndex: number, count: number): void {
  const width = vector instanceof Int32Array ? CHUNK_LANES : CHUNK_BYTES;
  const bytes = bytesOf(vector, firstIndex * width, (firstIndex + count) * width);
  chunkArea.set(bytes);
  chunkArea.fill(0, bytes.length, count * CHUNK_BYTES);
}

/** Elements `from` to `to` of a vector as bytes, at most a batch; they last until the chunk area changes. */
function bytesOf(vector: Vector, from: number, to: number): Uint8Array {
  const part = vector.subarray(from, to);
  return part instanceof Int32Array ? placeLanes(part) : part;
}

function laneCount(vector: Vector): number {
  if (vector instanceof Int32Array) return vector.length;
  if (vector.length % 4 !== 0) {
    throw new RangeError(`${vector.length} bytes are not whole lanes of four; fetch the vector again.`);
  }
  return vector.length / 4;
}

function isIndex(index: number, depth: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < 2 ** depth;
}

function toHex(bytes: Uint8Array): string {
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array((hex.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 + 2 * i, 4 + 2 * i), 16);
  return bytes;
}
