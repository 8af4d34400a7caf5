// Proof that a point is the one that two trainers share, without the key: equality of discrete logarithms (Chaum and
// Pedersen, "Wallet databases with observers", 1992), made non-interactive by hashing (Fiat and Shamir 1986). It says:
// the secret behind this public key, times that peer's public key, is this point.
//
// Of the two commitments only the Ethereum addresses are hashed, because that is what the EVM can compute.

import { hkdfSync } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { addressWord, fixedBytes, keccak, labelWord, uintWord, wordToBigInt } from "./abiWords.ts";
import { sharedPoint } from "./edgeSeed.ts";
import type { RoundOfTask } from "./roundSecrets.ts";
import {
  GENERATOR,
  ORDER,
  addressOfPoint,
  coordinates,
  publicPoint,
  reducedScalar,
  secretScalar,
  usablePoint,
} from "./secp256k1.ts";
import type { CurvePoint, Point } from "./secp256k1.ts";

/** Two public keys and the point that is claimed to be the key behind `prover` times `peer`. */
export interface SharedPointClaim extends RoundOfTask {
  readonly prover: CurvePoint;
  readonly peer: CurvePoint;
  readonly shared: CurvePoint;
}

/** Challenge (a hash, 0 to 2^256 - 1) and response (below the curve's order). */
export interface SharedPointProof {
  readonly c: bigint;
  readonly z: bigint;
}

/** What a contract is told so that it need not compute: it checks each with ecrecover or one multiplication. */
export interface SharedPointHints {
  /** z * peer. */
  readonly zPeer: CurvePoint;
  /** c * shared. */
  readonly cShared: CurvePoint;
  /** 1 / (zPeer.x - cShared.x) in the field of coordinates: the slope of the line through zPeer and -cShared needs it. */
  readonly inverse: bigint;
}

/**
 * Proves the point that `key` shares with `peer`, and gives it. The nonce follows from key and claim (HKDF): a repeated
 * or guessed nonce would show the key, and so no random generator can be to blame for one.
 *
 * @throws UnusablePointError when `peer` is no usable point.
 */
export function proveSharedPoint(
  key: Uint8Array,
  peer: CurvePoint,
  { domain, round }: RoundOfTask,
): { readonly claim: SharedPointClaim; readonly proof: SharedPointProof } {
  const claim = { domain, round, prover: publicPoint(key), peer, shared: sharedPoint(key, peer) };
  const salt = keccak(...claimWords(claim));
  const nonce = reducedScalar(new Uint8Array(hkdfSync("sha256", key, salt, "Foedus/v1 dleq nonce", 48)));
  const c = challenge(claim, GENERATOR.multiply(nonce), usablePoint(peer).multiply(nonce));
  return { claim, proof: { c, z: (nonce + (c % ORDER) * secretScalar(key)) % ORDER } };
}

/** Whether the proof holds. False as well for points or numbers out of range: it never throws for what others wrote. */
export function verifySharedPoint(claim: SharedPointClaim, { c, z }: SharedPointProof): boolean {
  if (c < 0n || c >> 256n !== 0n || z < 0n || z >= ORDER) return false;
  try {
    const [prover, peer, shared] = [usablePoint(claim.prover), usablePoint(claim.peer), usablePoint(claim.shared)];
    const minusC = (ORDER - (c % ORDER)) % ORDER;
    return c === challenge(claim, GENERATOR.mulAddUnsafe(z, prover, minusC), peer.mulAddUnsafe(z, shared, minusC));
  } catch {
    return false;
  }
}

/** Hints for a proof that verifies. @throws UnusablePointError when a point is not usable. */
export function hintsOf({ peer, shared }: SharedPointClaim, { c, z }: SharedPointProof): SharedPointHints {
  const zPeer = coordinates(usablePoint(peer).multiplyUnsafe(z));
  const cShared = coordinates(usablePoint(shared).multiplyUnsafe(c % ORDER));
  const { Fp } = secp256k1.Point;
  return { zPeer, cShared, inverse: Fp.inv(Fp.sub(zPeer.x, cShared.x)) };
}

function challenge(claim: SharedPointClaim, commitment: Point, peerCommitment: Point): bigint {
  const addresses = [commitment, peerCommitment].map((point) =>
    addressWord("commitment", addressOfPoint(coordinates(point))),
  );
  return wordToBigInt(keccak(labelWord("Foedus/v1 dleq"), ...claimWords(claim), ...addresses));
}

function claimWords({ domain, round, prover, peer, shared }: SharedPointClaim): Uint8Array[] {
  const coordinatesOf = [prover, peer, shared].flatMap(({ x, y }) => [x, y]);
  return [
    fixedBytes("domain", domain, 32),
    uintWord("round", round, 32),
    ...coordinatesOf.map((coordinate) => uintWord("coordinate", coordinate, 256)),
  ];
}
