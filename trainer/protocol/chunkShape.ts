// The shape of the tree over a vector: how its chunks are cut and how deep they lie. chunkTree.ts hashes them.

export const CHUNK_BYTES = 128;
export const CHUNK_LANES = CHUNK_BYTES / 4;
export const HASH_BYTES = 32;
/** Indices are 32 bits wide. */
export const MAX_DEPTH = 32;

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

/** Bytes of a chunk with the hashes of its path, in a tree of `depth` levels above its leaves. */
export function openingBytes(depth: number): number {
  return CHUNK_BYTES + HASH_BYTES * depth;
}
