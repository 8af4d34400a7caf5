/** Which numbers of a vector are kept, ascending. */
import { createRandom } from "../random.ts";

/** So many with the largest magnitudes; of equal ones the first. */
export function largestLanes(vector: Float64Array, kept: number): Uint32Array {
  const magnitudes = vector.map(Math.abs);
  const threshold = magnitudes.slice().sort()[vector.length - kept] ?? 0;
  let atThreshold = kept;
  for (const magnitude of magnitudes) if (magnitude > threshold) atThreshold--;
  const positions = new Uint32Array(kept);
  let found = 0;
  for (let i = 0; found < kept; i++) {
    const magnitude = magnitudes[i]!;
    if (magnitude > threshold || (magnitude === threshold && atThreshold-- > 0)) positions[found++] = i;
  }
  return positions;
}

/**
 * So many drawn by whoever knows the label, the same on every machine (Knuth, The Art of Computer Programming, volume 2,
 * section 3.4.2, algorithm S).
 */
export function drawnLanes(label: string, lanes: number, kept: number): Uint32Array {
  const { uint32 } = createRandom(`${label}/kept`);
  const positions = new Uint32Array(kept);
  let found = 0;
  for (let i = 0; found < kept; i++) {
    if ((uint32() / 2 ** 32) * (lanes - i) < kept - found) positions[found++] = i;
  }
  return positions;
}
