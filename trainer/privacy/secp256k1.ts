// Points and scalars of secp256k1 (SEC 2, section 2.4.1), the curve that the EVM can compute with: what round keys, edge
// seeds and shares are made of. A scalar travels as 32 big-endian bytes, a point as its two affine coordinates.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { WORD_BYTES, keccak, uintBytes, wordToBigInt } from "./abiWords.ts";

export const SCALAR_BYTES = 32;
/** Number of points of the curve; scalars are taken modulo it. */
export const ORDER = secp256k1.Point.Fn.ORDER;

/** Affine coordinates. The point at infinity has none. */
export interface CurvePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** The library's form of a point, for calculations. */
export type Point = InstanceType<typeof secp256k1.Point>;
export const GENERATOR: Point = secp256k1.Point.BASE;

/** What was given as a point, scalar or proof of this curve is none that the protocol allows. */
export class UnusablePointError extends Error {
  override readonly name = "UnusablePointError";
}

/**
 * Checks a point that somebody else names.
 *
 * @throws UnusablePointError when it is off the curve (the twist's small subgroups lie there), at infinity, or its x
 * is not below the order: ecrecover takes x for a scalar.
 */
export function usablePoint({ x, y }: CurvePoint): Point {
  try {
    const point = secp256k1.Point.fromAffine({ x, y });
    point.assertValidity();
    if (x < ORDER) return point;
  } catch {
    // said below
  }
  throw new UnusablePointError("This is no point of secp256k1 with an x below the curve's order. Use it for nothing.");
}

/** The affine coordinates of a result. @throws UnusablePointError as {@link usablePoint}. */
export function coordinates(point: Point): CurvePoint {
  const { x, y } = point.toAffine();
  const affine = { x, y };
  usablePoint(affine);
  return affine;
}

/** The public key of a secret: `scalar * G`. @throws RangeError unless the secret is 1 to order - 1. */
export function publicPoint(secret: Uint8Array): CurvePoint {
  return coordinates(GENERATOR.multiply(secretScalar(secret)));
}

/** The Ethereum address of a point as ethers writes it (EIP-55): the last 20 bytes of keccak256(x ‖ y). */
export function addressOfPoint({ x, y }: CurvePoint): string {
  const lower = bytesToHex(keccak(concatBytes(uintBytes("x", x, 256), uintBytes("y", y, 256))).subarray(12));
  const checksum = bytesToHex(keccak(utf8ToBytes(lower)));
  return `0x${lower.replace(/./g, (digit, i: number) => (checksum[i]! >= "8" ? digit.toUpperCase() : digit))}`;
}

/** A secret as a number. @throws RangeError, without its value, unless it is 1 to order - 1 in 32 bytes. */
export function secretScalar(secret: Uint8Array): bigint {
  const scalar = secret.length === SCALAR_BYTES ? wordToBigInt(secret) : 0n;
  if (scalar === 0n || scalar >= ORDER)
    throw new RangeError("A secret must be 1 to the curve's order - 1 in 32 bytes.");
  return scalar;
}

/** A scalar below the order as 32 bytes. */
export function scalarBytes(scalar: bigint): Uint8Array {
  return uintBytes("scalar", scalar, 8 * WORD_BYTES);
}

/** Uniform bytes, 16 more than a scalar has, modulo the order: a bias of at most 2^-128. */
export function reducedScalar(uniform: Uint8Array): bigint {
  return wordToBigInt(uniform) % ORDER;
}
