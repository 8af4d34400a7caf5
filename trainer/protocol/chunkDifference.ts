// Where two vectors, or their chunk trees, differ: what a watcher needs to find the chunk it can prove wrong.
import { CHUNK_BYTES, CHUNK_LANES, siblingPosition } from "./chunkTree.ts";
import type { ChunkProof, ChunkTree, Vector } from "./chunkTree.ts";
import { lanesToBytes } from "./lanes.ts";

/** A place in a chunk tree; level 0 holds the leaves. */
export interface TreePlace {
  readonly level: number;
  readonly position: number;
}

/**
 * Index of the first chunk in which two vectors differ, or undefined when they are equal.
 *
 * @throws RangeError when they have different lengths.
 */
export function firstDifference(vectorA: Vector, vectorB: Vector): number | undefined {
  if (vectorA instanceof Int32Array && vectorB instanceof Int32Array) {
    return firstUnequal(vectorA, vectorB, CHUNK_LANES);
  }
  return firstUnequal(bytesOf(vectorA), bytesOf(vectorB), CHUNK_BYTES);
}

/**
 * Compares the siblings of a proof, which must have been verified under another root of the same depth, with our own
 * tree's. Under each place returned the other tree differs from ours in at least one chunk; under the siblings that are
 * equal it differs in none.
 *
 * @throws RangeError when the proof is of another depth.
 */
export function differingSiblings(tree: ChunkTree, { index, proof }: ChunkProof): TreePlace[] {
  if (proof.length !== tree.depth) {
    throw new RangeError(`A proof of ${proof.length} siblings is of another tree than one of ${tree.depth} levels.`);
  }
  return proof
    .map((hash, level) => ({ level, position: siblingPosition(index, level), hash: hash.toLowerCase() }))
    .filter(({ level, position, hash }) => hash !== tree.node(level, position))
    .map(({ level, position }) => ({ level, position }));
}

function firstUnequal(a: Int32Array | Uint8Array, b: Int32Array | Uint8Array, width: number): number | undefined {
  if (a.length !== b.length) {
    throw new RangeError(`Vectors of ${a.length} and ${b.length} elements are of different models.`);
  }
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return Math.floor(i / width);
  return undefined;
}

function bytesOf(vector: Vector): Uint8Array {
  return vector instanceof Int32Array ? lanesToBytes(vector) : vector;
}
