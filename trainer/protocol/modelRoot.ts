// What the model's root on chain covers, and how the model lies on IPFS: the model and its rule's moments. A rule without
// moments has the root of the model's chunk tree; the others combine the trees' roots with the hash of tree nodes
// (contracts/libraries/ServerStep.sol).

import { chunkRoot, parentOf } from "./chunkTree.ts";
import { bytesToLanes, lanesToBytes } from "./lanes.ts";
import { momentCount } from "./serverStep.ts";
import type { ServerRule, ServerState } from "./serverStep.ts";

/** What stands beside the root of a second moment. */
export const NOTHING = `0x${"00".repeat(32)}`;

/** The root over a model and its moments, as 0x-prefixed hex. */
export function modelRoot(state: ServerState): string {
  return combineRoots(vectorsOf(state).map(chunkRoot));
}

/**
 * The model's root from its vectors' own: w, or node(w, m), or node(node(w, m), node(u, 0)).
 *
 * @throws RangeError unless there are one to three.
 */
export function combineRoots(roots: readonly string[]): string {
  const [model, first, second] = roots;
  if (model === undefined || roots.length > 3) {
    throw new RangeError(`A model has one to three vectors, not ${roots.length}.`);
  }
  if (first === undefined) return model;
  const both = parentOf(model, first);
  return second === undefined ? both : parentOf(both, parentOf(second, NOTHING));
}

/** The model and its moments one after another, unpadded: `4 * parameters` bytes each. */
export function stateToBytes(state: ServerState): Uint8Array<ArrayBuffer> {
  const vectors = vectorsOf(state);
  const bytes = new Uint8Array(vectors.reduce((total, { length }) => total + 4 * length, 0));
  let at = 0;
  for (const lanes of vectors) {
    bytes.set(lanesToBytes(lanes), at);
    at += 4 * lanes.length;
  }
  return bytes;
}

/**
 * Reads what stateToBytes has written.
 *
 * @throws RangeError when there are not exactly as many bytes as a model of so many parameters has with its moments.
 */
export function stateFromBytes(bytes: Uint8Array, parameters: number, rule: ServerRule): ServerState {
  const vectorBytes = 4 * parameters;
  const count = 1 + momentCount(rule);
  if (bytes.length !== count * vectorBytes) {
    throw new RangeError(
      `A ${rule} model of ${parameters} parameters has ${count * vectorBytes} bytes, these are ${bytes.length}: ` +
        "they are of another model. Fetch it again.",
    );
  }
  const vector = (i: number) => bytesToLanes(bytes.subarray(i * vectorBytes, (i + 1) * vectorBytes));
  return { model: vector(0), moments: Array.from({ length: count - 1 }, (_, i) => vector(i + 1)) };
}

/** A model and its moments. */
export function vectorsOf({ model, moments }: ServerState): Int32Array[] {
  return [model, ...moments];
}
