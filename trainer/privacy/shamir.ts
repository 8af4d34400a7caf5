// Sharing a secret so that any `threshold` seats can rebuild it and fewer learn nothing (Shamir, "How to share a secret",
// 1979), over the scalar field of secp256k1. Seat s holds the polynomial's value at s + 1; the secret is its value at 0.

import { randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { wordToBigInt } from "./abiWords.ts";
import { ORDER, SCALAR_BYTES, reducedScalar, scalarBytes, secretScalar } from "./secp256k1.ts";

/** Seats are numbered from 0 to this, exclusive. */
export const MAX_SEATS = 256;
/** The largest cohort. */
export const MAX_SHARES = 32;

/** One seat's share, 32 big-endian bytes. */
export interface Share {
  readonly seat: number;
  readonly share: Uint8Array;
}

/** Shares from which no secret can be had: too few, two of one seat, or values out of range. */
export class UnusableSharesError extends Error {
  override readonly name = "UnusableSharesError";
}

const { Fn } = secp256k1.Point;

/**
 * Shares of a secret, one for each of `seats` in their order. The polynomial is drawn anew at every call: two dealings of
 * one secret show no more than one does.
 *
 * @throws RangeError when the secret is not 1 to order - 1, the threshold not 1 to 32, or a seat out of range or twice.
 */
export function dealShares(secret: Uint8Array, threshold: number, seats: readonly number[]): Share[] {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > MAX_SHARES) {
    throw new RangeError(`The threshold is ${threshold}; it must be 1 to ${MAX_SHARES}.`);
  }
  if (!seats.every(isSeat) || new Set(seats).size !== seats.length) {
    throw new RangeError(`Deal to each seat once, and to seats 0 to ${MAX_SEATS - 1} only.`);
  }
  const coefficients = [secretScalar(secret)];
  while (coefficients.length < threshold) coefficients.push(reducedScalar(new Uint8Array(randomBytes(48))));
  return seats.map((seat) => {
    const x = BigInt(seat + 1);
    const value = coefficients.reduceRight((sum, coefficient) => Fn.add(Fn.mul(sum, x), coefficient), 0n);
    return { seat, share: scalarBytes(value) };
  });
}

/**
 * The secret behind shares: Lagrange's interpolation at 0 of the first `threshold` of them. Shares of another polynomial
 * give another secret, so compare the result with the dealing (keyAddress, maskHash) before it is used.
 *
 * @throws UnusableSharesError when there are fewer than `threshold`, or any has a seat out of range or named twice, or is
 * not a scalar below the order.
 */
export function interpolateSecret(shares: readonly Share[], threshold: number): Uint8Array {
  if (shares.length < threshold) {
    throw new UnusableSharesError(`${shares.length} shares rebuild nothing; ${threshold} are needed. Wait for more.`);
  }
  for (const { seat, share } of shares) {
    if (!isSeat(seat)) throw new UnusableSharesError(`A share names seat ${seat}, which no task has. Leave it out.`);
    if (!isShare(share)) throw new UnusableSharesError(`The share of seat ${seat} is no scalar. Leave it out.`);
  }
  if (new Set(shares.map(({ seat }) => seat)).size !== shares.length) {
    throw new UnusableSharesError("Two shares are of one seat. Keep the one that matches the dealer's leaf.");
  }
  const used = shares.slice(0, threshold);
  let secret = 0n;
  for (const { seat, share } of used) {
    // Product over the others of x / (x - own x).
    let [above, below] = [1n, 1n];
    for (const { seat: other } of used) {
      if (other === seat) continue;
      above = Fn.mul(above, BigInt(other + 1));
      below = Fn.mul(below, Fn.create(BigInt(other - seat)));
    }
    secret = Fn.add(secret, Fn.mul(wordToBigInt(share), Fn.div(above, below)));
  }
  return scalarBytes(secret);
}

/** Whether bytes can be a share: a scalar below the order, 0 included. */
export function isShare(share: Uint8Array): boolean {
  return share.length === SCALAR_BYTES && wordToBigInt(share) < ORDER;
}

function isSeat(seat: number): boolean {
  return Number.isInteger(seat) && seat >= 0 && seat < MAX_SEATS;
}
