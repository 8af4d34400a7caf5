/**
 * The scalar product of two vectors of lanes, to the last unit: every trainer must find the same distances, and in doubles
 * they would depend on the order of adding. Sums stay below 2^53, where doubles are exact, for a block of lanes; blocks are
 * added as BigInt.
 */
import { eventLoopTurn } from "../turn.ts";

/** The event loop gets its turn after this long, in milliseconds. */
const TURN_MS = 10;
const EXACT = 2 ** 53;
/** Blocks shorter than this would cost more than splitting lanes. */
const LEAST_BLOCK = 64;
/** A sum of so many products of half lanes is exact. */
const SPLIT_BLOCK = 2 ** 20;

/** The largest magnitude of a lane, 0 to 2^31. */
export function largestLane(lanes: Int32Array): number {
  let largest = 0;
  for (let i = 0; i < lanes.length; i++) {
    const magnitude = Math.abs(lanes[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/**
 * The sum of a[i] * b[i], for any lanes.
 * @param largest A bound on |a[i] * b[i]|; with a small one it takes a third of the time.
 * @throws RangeError if lengths differ.
 */
export function lanesProduct(a: Int32Array, b: Int32Array, largest = 2 ** 62): bigint {
  if (a.length !== b.length) {
    throw new RangeError(`Updates of ${a.length} and ${b.length} lanes are of different models. Leave one out.`);
  }
  const block = Math.floor(EXACT / Math.max(1, largest));
  return block >= LEAST_BLOCK ? wholeProduct(a, b, block) : splitProduct(a, b);
}

function wholeProduct(a: Int32Array, b: Int32Array, block: number): bigint {
  let total = 0n;
  for (let from = 0; from < a.length; from += block) {
    const end = Math.min(a.length, from + block);
    let sum = 0;
    for (let i = from; i < end; i++) sum += a[i]! * b[i]!;
    total += BigInt(sum);
  }
  return total;
}

/** Of lanes as high * 2^16 + low: each product of halves is below 2^33, and both mixed ones together, too. */
function splitProduct(a: Int32Array, b: Int32Array): bigint {
  let total = 0n;
  for (let from = 0; from < a.length; from += SPLIT_BLOCK) {
    const end = Math.min(a.length, from + SPLIT_BLOCK);
    let [high, mixed, low] = [0, 0, 0];
    for (let i = from; i < end; i++) {
      const [x, y] = [a[i]!, b[i]!];
      const [xHigh, yHigh, xLow, yLow] = [x >> 16, y >> 16, x & 0xffff, y & 0xffff];
      high += xHigh * yHigh;
      mixed += xHigh * yLow + xLow * yHigh;
      low += xLow * yLow;
    }
    total += (BigInt(high) << 32n) + (BigInt(mixed) << 16n) + BigInt(low);
  }
  return total;
}

/**
 * Squared distances between all vectors, as a symmetric table: |a - b|^2 = a a + b b - 2 a b. The event loop runs meanwhile.
 * @throws RangeError if lengths differ, or the signal's reason.
 */
export async function squaredDistances(vectors: readonly Int32Array[], signal?: AbortSignal): Promise<bigint[][]> {
  const largest: number[] = [];
  const products = vectors.map(() => [] as bigint[]);
  let turn = performance.now();
  for (const [i, a] of vectors.entries()) {
    largest.push(largestLane(a));
    for (let j = 0; j <= i; j++) {
      products[i]!.push(lanesProduct(a, vectors[j]!, largest[i]! * largest[j]!));
      if (performance.now() - turn < TURN_MS) continue;
      await eventLoopTurn();
      signal?.throwIfAborted();
      turn = performance.now();
    }
  }
  const product = (i: number, j: number) => (i >= j ? products[i]![j]! : products[j]![i]!);
  return vectors.map((_, i) => vectors.map((__, j) => product(i, i) + product(j, j) - 2n * product(i, j)));
}
