// The commitment to a vector: a Merkle tree of keccak256 over chunks of 128 bytes (32 lanes).
//
//   leaf = keccak256(0x00 ‖ uint32 index ‖ chunk)     node = keccak256(0x01 ‖ left ‖ right)
//
// It is positional, and padded with zeros to a power of two of chunks; the domain bytes keep leaves and nodes apart
// (RFC 6962, section 2.1). The contract's side is contracts/libraries/ChunkTree.sol. Roots are computed in one pass; the
// memory needed beyond the vector is one hash a level.

import { createKeccak } from "hash-wasm";

export const CHUNK_BYTES = 128;
export const CHUNK_LANES = CHUNK_BYTES / 4;
/** Indices are 32 bits wide. */
export const MAX_DEPTH = 32;

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

const HASH_BYTES = 32;
const LEAF_HEADER = 5;
const NODE_BYTES = 1 + 2 * HASH_BYTES;
const EMPTY = new Uint8Array(0);

// One instance serves all: it is used only between synchronous lines, so two trees cannot mix.
const hasher = await createKeccak(256);

/**
 * Depth of the tree over a vector of `lanes` lanes: 0 for up to 32 lanes, 1 for up to 64, and so on.
 *
 * @throws RangeError when lanes is not a whole number from 1 to 2^37.
 */
export function chunkDepth(lanes: number): number {
  if (!Number.isInteger(lanes) || lanes < 1 || lanes > CHUNK_LANES * 2 ** MAX_DEPTH) {
    throw new RangeError(`A vector of ${lanes} lanes has no chunk tree; it needs 1 to 2^37.`);
  }
  const chunks = Math.ceil(lanes / CHUNK_LANES);
  let depth = 0;
  while (2 ** depth < chunks) depth++;
  return depth;
}

/**
 * Root over the chunks of a vector, as 0x-prefixed hex.
 *
 * @throws RangeError when the vector is empty or its bytes are not whole lanes.
 */
export function chunkRoot(vector: Vector): string {
  return toHex(climb(vector, chunkDepth(laneCount(vector))));
}

/**
 * Chunk `index` of a vector with its proof. Chunks of the padding can be proved too.
 *
 * @throws RangeError when the vector is empty, its bytes are not whole lanes, or the index lies outside the tree.
 */
export function chunkProof(vector: Vector, index: number): ChunkProof {
  const depth = chunkDepth(laneCount(vector));
  if (!isIndex(index, depth)) {
    throw new RangeError(`Chunk ${index} lies outside the tree; its indices are 0 to ${2 ** depth - 1}.`);
  }
  const proof: string[] = [];
  climb(vector, depth, (level, position, hash) => {
    if (level < depth && position === (Math.floor(index / 2 ** level) ^ 1)) proof[level] = toHex(hash);
  });
  const leaf = new Uint8Array(LEAF_HEADER + CHUNK_BYTES);
  leafWriter(vector, leaf)(index);
  return { index, chunk: leaf.subarray(LEAF_HEADER), proof };
}

/**
 * Whether a chunk stands at `index` under `root` in a tree of this depth. Every length must be exact. Anything malformed
 * is false: proofs come from strangers.
 */
export function verifyChunk(root: string, depth: number, { index, chunk, proof }: ChunkProof): boolean {
  if (!Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH || !isIndex(index, depth)) return false;
  if (chunk.length !== CHUNK_BYTES || proof.length !== depth) return false;
  const leaf = new Uint8Array(LEAF_HEADER + CHUNK_BYTES);
  new DataView(leaf.buffer).setUint32(1, index);
  leaf.set(chunk, LEAF_HEADER);
  let hash = keccak256(leaf);
  let position = index;
  for (const sibling of proof) {
    if (!/^0x[0-9a-fA-F]{64}$/.test(sibling)) return false;
    const siblingHash = fromHex(sibling);
    hash = position % 2 === 0 ? nodeHash(hash, siblingHash) : nodeHash(siblingHash, hash);
    position = Math.floor(position / 2);
  }
  return toHex(hash) === root.toLowerCase();
}

/** Visits every hash of the tree once, children before parents; level 0 holds the leaves. */
type Visitor = (level: number, position: number, hash: Uint8Array) => void;

/** Computes the root, keeping of each level only the left sibling that still waits for its right one. */
function climb(vector: Vector, depth: number, visit?: Visitor): Uint8Array {
  const waiting: Uint8Array[] = [];
  const leaf = new Uint8Array(LEAF_HEADER + CHUNK_BYTES);
  const writeLeaf = leafWriter(vector, leaf);
  let hash = EMPTY as Uint8Array;
  for (let index = 0; index < 2 ** depth; index++) {
    writeLeaf(index);
    hash = keccak256(leaf);
    visit?.(0, index, hash);
    let level = 0;
    let position = index;
    // An odd position is a right child: its left sibling is waiting, so their parent can be computed.
    while (level < depth && position % 2 === 1) {
      hash = nodeHash(waiting[level]!, hash);
      level++;
      position = Math.floor(position / 2);
      visit?.(level, position, hash);
    }
    waiting[level] = hash;
  }
  return hash;
}

/** Returns a function that writes the preimage of leaf `index` into `leaf`, whose first byte stays 0x00. */
function leafWriter(vector: Vector, leaf: Uint8Array<ArrayBuffer>): (index: number) => void {
  const view = new DataView(leaf.buffer);
  if (vector instanceof Int32Array) {
    return (index) => {
      view.setUint32(1, index);
      const first = index * CHUNK_LANES;
      const count = Math.max(0, Math.min(CHUNK_LANES, vector.length - first));
      for (let i = 0; i < count; i++) view.setInt32(LEAF_HEADER + 4 * i, vector[first + i]!);
      leaf.fill(0, LEAF_HEADER + 4 * count);
    };
  }
  return (index) => {
    view.setUint32(1, index);
    const present = vector.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    leaf.set(present, LEAF_HEADER);
    leaf.fill(0, LEAF_HEADER + present.length);
  };
}

const node = new Uint8Array(NODE_BYTES);
node[0] = 0x01;

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return keccak256(node);
}

function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest("binary");
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
