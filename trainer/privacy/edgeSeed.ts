// The secret of two trainers, from which both draw the mask that cancels in their sum: Diffie-Hellman on secp256k1, and of
// the shared point only its Ethereum address, because that is what the EVM can compute (by ecrecover) from one of the two
// keys. The 160 bits left of the point are far more than the curve's strength.

import { addressWord, fixedBytes, keccak, uintWord } from "./abiWords.ts";
import type { RoundOfTask } from "./roundSecrets.ts";
import { addressOfPoint, coordinates, secretScalar, usablePoint } from "./secp256k1.ts";
import type { CurvePoint } from "./secp256k1.ts";

/**
 * The point that two trainers share: one's round key times the other's public key.
 *
 * @throws UnusablePointError when `peer` is no usable point of the curve.
 */
export function sharedPoint(key: Uint8Array, peer: CurvePoint): CurvePoint {
  return coordinates(usablePoint(peer).multiply(secretScalar(key)));
}

/**
 * The seed of the mask between two seats, 32 bytes: the same from either end.
 *
 * @param key The round key of one end.
 * @param peer The public key of the other, from its proof of possession.
 * @param seats Both seats, in any order.
 * @throws UnusablePointError when `peer` is no usable point of the curve.
 * @throws RangeError when a seat, the round, the domain or the key has the wrong size, or both seats are one.
 */
export function edgeSeed(
  key: Uint8Array,
  peer: CurvePoint,
  round: RoundOfTask,
  seats: readonly [number, number],
): Uint8Array {
  return edgeSeedOfPoint(sharedPoint(key, peer), round, seats);
}

/**
 * As {@link edgeSeed}, of a key that everybody knows by now: twice as fast, in a time that tells of the key.
 */
export function edgeSeedOfKnownKey(
  key: Uint8Array,
  peer: CurvePoint,
  round: RoundOfTask,
  seats: readonly [number, number],
): Uint8Array {
  return edgeSeedOfPoint(coordinates(usablePoint(peer).multiplyUnsafe(secretScalar(key))), round, seats);
}

/** The seed that follows from the shared point: what a proof about that point (dleq.ts) leads to. */
export function edgeSeedOfPoint(
  shared: CurvePoint,
  { domain, round }: RoundOfTask,
  [one, other]: readonly [number, number],
): Uint8Array {
  if (one === other) throw new RangeError(`Seat ${one} has no edge to itself.`);
  return keccak(
    fixedBytes("domain", domain, 32),
    uintWord("round", round, 32),
    uintWord("seat", Math.min(one, other), 16),
    uintWord("seat", Math.max(one, other), 16),
    addressWord("shared point", addressOfPoint(shared)),
  );
}
