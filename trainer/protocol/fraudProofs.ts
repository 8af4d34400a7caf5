// Proofs of fraud as AggregationCourt reads them (contracts/interfaces/IAggregationCourt.sol). All stand at one chunk. An
// opening is the chunk's 128 bytes and the hashes of its path from the leaf upwards, one after another without lengths,
// because calldata is what a proof costs. Byte strings are 0x-prefixed hex.

import { AbiCoder, concat, dataSlice, getBytes, isHexString, keccak256 } from "ethers";
import { CHUNK_BYTES, MAX_DEPTH, openingBytes, parentOf } from "./chunkTree.ts";
import type { ChunkProof } from "./chunkTree.ts";
import { HASH_BYTES } from "./chunkShape.ts";
import { NOTHING } from "./modelRoot.ts";

/** An update that is in the sum, at the disputed chunk. */
export interface SeatOpening {
  readonly seat: number;
  readonly opening: ChunkProof;
  /** What its commitment binds beside the root. */
  readonly contentKeyHash: string;
}

/** A wrong sum. */
export interface SumProof {
  /** Bit s: seat s is in the sum. */
  readonly seats: bigint;
  /** By seat: the opening of each update's chunk, and its contentKeyHash. */
  readonly updates: string;
  readonly sum: string;
}

/** A wrong step. */
export interface StepProof {
  readonly sum: string;
  /** Openings in the model it steps from and its moments. */
  readonly from: string;
  /** Openings in the posted model and its moments. */
  readonly next: string;
}

/** A malformed update. */
export interface EncodingProof {
  readonly update: string;
  readonly contentKeyHash: string;
}

/** What an opening holds: a chunk, its path, and the hashes that lead on from its vector's root. */
export interface UnpackedOpening {
  readonly chunk: Uint8Array;
  readonly proof: readonly string[];
  readonly above: readonly string[];
}

/** An opening that is not exactly as long as its tree is deep. */
export class MalformedOpeningError extends Error {
  override readonly name = "MalformedOpeningError";
}

/** Seats are bits of a word. */
const MAX_SEATS = 256;

/**
 * An opening as the court reads it.
 *
 * @param above For a chunk of a model with moments that was asked for: {@link pathToModelRoot} of its vector.
 */
export function packOpening(
  { chunk, proof }: Pick<ChunkProof, "chunk" | "proof">,
  ...above: readonly string[]
): string {
  return concat([chunk, ...proof, ...above]);
}

/**
 * Reads an opening that a stranger has packed. Whether it leads to any root is not looked at.
 *
 * @param depth Levels of the vector's tree above its leaves. @param above How many hashes lead on from its root.
 * @throws MalformedOpeningError unless it has exactly the bytes of such an opening.
 */
export function unpackOpening(opening: string, depth: number, above = 0): UnpackedOpening {
  if (!isCount(depth, MAX_DEPTH) || !isCount(above, MAX_DEPTH)) {
    throw new RangeError(`No tree is ${depth} and ${above} levels deep; take the depth from the task's rules.`);
  }
  const bytes = openingBytes(depth + above);
  if (!isHexString(opening, bytes)) {
    throw new MalformedOpeningError(`An opening of ${depth} and ${above} levels is ${bytes} bytes in hex; ask again.`);
  }
  const hashes = Array.from({ length: depth + above }, (_, i) => {
    const at = CHUNK_BYTES + HASH_BYTES * i;
    return dataSlice(opening, at, at + HASH_BYTES);
  });
  const chunk = getBytes(dataSlice(opening, 0, CHUNK_BYTES));
  return { chunk, proof: hashes.slice(0, depth), above: hashes.slice(depth) };
}

/**
 * The hashes that lead from the root of a model's vector to the root over all of them, which is node(w, m), or
 * node(node(w, m), node(u, 0)); none for a model without moments.
 *
 * @param roots Of the model and its moments. @param vector 0 for the model, 1 and 2 for its moments.
 * @throws RangeError when there is no such vector.
 */
export function pathToModelRoot(roots: readonly string[], vector: number): string[] {
  const [model, first, second] = roots;
  if (model === undefined || roots.length > 3 || roots[vector] === undefined) {
    throw new RangeError(`A model of ${roots.length} vectors has no vector ${vector}.`);
  }
  if (first === undefined) return [];
  const beside = [first, model, NOTHING][vector]!;
  if (second === undefined) return [beside];
  return [beside, vector === 2 ? parentOf(model, first) : parentOf(second, NOTHING)];
}

/**
 * Proof that a chunk of the posted sum is not the sum of the updates' chunks.
 *
 * @param seats All that are in the sum, in any order.
 * @throws RangeError for seats that are none, or twice in it, and for openings of another chunk or depth than the sum's.
 */
export function sumProof(seats: readonly SeatOpening[], sum: ChunkProof): SumProof {
  const ordered = seats.toSorted((a, b) => a.seat - b.seat);
  let bits = 0n;
  for (const { seat, opening } of ordered) {
    if (!isCount(seat, MAX_SEATS - 1)) throw new RangeError(`Seats are numbered 0 to ${MAX_SEATS - 1}, not ${seat}.`);
    const bit = 1n << BigInt(seat);
    if ((bits & bit) !== 0n) throw new RangeError(`Seat ${seat} is in the sum twice; give it once.`);
    bits |= bit;
    checkAlike(opening, sum);
  }
  const updates = ordered.flatMap(({ opening, contentKeyHash }) => [packOpening(opening), contentKeyHash]);
  return { seats: bits, updates: concat(updates), sum: packOpening(sum) };
}

/**
 * Proof that a chunk of the posted model is not the step of the sum's chunk.
 *
 * @param from Openings in the model it steps from and its moments. @param next The same in the posted model.
 * @throws RangeError when there are not as many of both, or one is of another chunk or depth than the sum's.
 */
export function stepProof(sum: ChunkProof, from: readonly ChunkProof[], next: readonly ChunkProof[]): StepProof {
  if (from.length !== next.length || from.length === 0) {
    throw new RangeError(`A step leads from ${from.length} vectors to as many, not to ${next.length}.`);
  }
  for (const opening of [...from, ...next]) checkAlike(opening, sum);
  const packed = (openings: readonly ChunkProof[]) => concat(openings.map((opening) => packOpening(opening)));
  return { sum: packOpening(sum), from: packed(from), next: packed(next) };
}

/** Proof that a chunk of an update breaks the task's rules, or stands in a tree of another depth. */
export function encodingProof(update: ChunkProof, contentKeyHash: string): EncodingProof {
  return { update: packOpening(update), contentKeyHash };
}

/**
 * What a challenger announces a block before it sends the challenge itself, so that nobody can take that from it.
 *
 * @param calldata Of the challenge to come, the function's selector included.
 */
export function claimOf(challenger: string, calldata: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [challenger, keccak256(calldata)]));
}

function checkAlike(opening: ChunkProof, sum: ChunkProof): void {
  if (opening.index !== sum.index || opening.proof.length !== sum.proof.length) {
    throw new RangeError(
      `Chunk ${opening.index} of a tree of ${opening.proof.length} levels cannot be held against chunk ${sum.index} of ` +
        `one of ${sum.proof.length}.`,
    );
  }
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
