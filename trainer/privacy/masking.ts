// Secure aggregation by masks that cancel (Bonawitz et al. 2017): each trainer adds to its vector the mask of its own
// seed, and for every other seat that shared the mask of their edge: the lower of two seats adds it, the higher one
// subtracts it. In the sum over all of them the edges are gone. Whoever knows the seeds of those who committed (U), and
// the edges between them and those who did not (D), takes the rest away.
//
// All modulo 2^32, a lane a lane: the result is the plain sum bit for bit. A vector has the model's parameters and no
// more; lanes that only fill its last chunk are never masked.

import type { MaskStream } from "./maskStream.ts";
import { addStreamsOnThreads } from "./streamThreads.ts";
import type { ThreadOptions } from "./streamThreads.ts";

/** The mask between one's own seat and another that shared. */
export interface OwnEdge {
  /** The other seat. */
  readonly seat: number;
  /** From edgeSeed, 32 bytes. */
  readonly seed: Uint8Array;
}

/** What a trainer masks with. */
export interface OwnMask {
  /** Own seat. */
  readonly seat: number;
  /** Seed of the trainer's own mask: RoundSecrets.seed. */
  readonly seed: Uint8Array;
  /** One for every other seat that shared, whether or not it will commit. */
  readonly edges: readonly OwnEdge[];
}

/** The mask between a seat whose vector is in the sum and one whose vector is missing. */
export interface LooseEdge {
  readonly member: number;
  readonly missing: number;
  /** From edgeSeed with the missing seat's rebuilt key, 32 bytes. */
  readonly seed: Uint8Array;
}

/** What is left in a sum of masked vectors. */
export interface LeftMasks {
  /** Seeds of the own masks of all seats in the sum. */
  readonly seeds: readonly Uint8Array[];
  /** One for every pair of a seat in the sum and a seat that shared and is not. */
  readonly edges: readonly LooseEdge[];
}

/**
 * The masked vector, in new memory. Never mask two vectors with one dealing's secrets: their difference would be plain.
 *
 * @throws RangeError when an edge is to the own seat or named twice, or a seed does not have 32 bytes.
 */
export async function mask(
  vector: Int32Array,
  { seat, seed, edges }: OwnMask,
  options?: ThreadOptions,
): Promise<Int32Array<ArrayBuffer>> {
  assertDistinct([seat, ...edges.map((edge) => edge.seat)]);
  const masked = new Int32Array(vector);
  const own: MaskStream = { seed, sign: 1 };
  await addStreamsOnThreads(masked, [own, ...edges.map((edge) => edgeStream(seat, edge.seat, edge.seed))], options);
  return masked;
}

/**
 * The plain sum, in new memory.
 *
 * @param sum Sum of the masked vectors, modulo 2^32.
 * @throws RangeError when a pair is named twice or a seat is on both sides, or a seed does not have 32 bytes.
 */
export async function unmask(
  sum: Int32Array,
  masks: LeftMasks,
  options?: ThreadOptions,
): Promise<Int32Array<ArrayBuffer>> {
  const plain = new Int32Array(sum);
  await addStreamsOnThreads(plain, leftStreams(masks), options);
  return plain;
}

/** What has to be added to a sum of masked vectors, from lane 0 on, to have the plain sum. Throws as `unmask` does. */
export function leftStreams({ seeds, edges }: LeftMasks): MaskStream[] {
  assertDistinct(edges.map(({ member, missing }) => `${member}-${missing}`));
  assertDistinct([...new Set(edges.map(({ member }) => member)), ...new Set(edges.map(({ missing }) => missing))]);
  const own = seeds.map((seed): MaskStream => ({ seed, sign: -1 }));
  return [...own, ...edges.map(({ member, missing, seed }) => opposite(edgeStream(member, missing, seed)))];
}

/** What seat `own` does with its edge to `other`. */
function edgeStream(own: number, other: number, seed: Uint8Array): MaskStream {
  return { seed, sign: other > own ? 1 : -1 };
}

function opposite({ seed, sign }: MaskStream): MaskStream {
  return { seed, sign: sign === 1 ? -1 : 1 };
}

function assertDistinct(names: readonly (number | string)[]): void {
  if (new Set(names).size !== names.length) throw new RangeError("Name each seat and each edge of a mask once.");
}
