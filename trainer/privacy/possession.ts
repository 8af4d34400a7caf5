// Proof that whoever announces a round key has it: a signature by the key over task, round and trainer. Without it a
// trainer could announce another's key, or one made of others' keys. The signature is ECDSA in compact form (EIP-2098);
// everybody recovers the public key from it, so the key itself is nowhere else.

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { addressWord, fixedBytes, keccak, labelWord, toHex, uintBytes, uintWord, wordToBigInt } from "./abiWords.ts";
import type { RoundOfTask } from "./roundSecrets.ts";
import { addressOfPoint, coordinates, secretScalar } from "./secp256k1.ts";
import type { CurvePoint } from "./secp256k1.ts";

/** Whose key of which round. */
export interface TrainerOfRound extends RoundOfTask {
  /** The trainer's address. */
  readonly trainer: string;
}

/** A compact signature: `r`, and `s` with the parity of the nonce point's y in its highest bit; 32 bytes in hex each. */
export interface PossessionProof {
  readonly r: string;
  readonly vs: string;
}

/** The signature is not by the key that is claimed, or not for this task, round and trainer, or malformed. */
export class ForgedPossessionError extends Error {
  override readonly name = "ForgedPossessionError";
}

const PARITY_BIT = 1n << 255n;

/** What the key signs: keccak256(abi.encode(keccak256("Foedus/v1 possession"), domain, round, trainer)). */
export function possessionDigest({ domain, round, trainer }: TrainerOfRound): Uint8Array {
  return keccak(
    labelWord("Foedus/v1 possession"),
    fixedBytes("domain", domain, 32),
    uintWord("round", round, 32),
    addressWord("trainer", trainer),
  );
}

/** Signs with a round key; the nonce is RFC 6979's, so the same call gives the same proof. */
export function provePossession(key: Uint8Array, subject: TrainerOfRound): PossessionProof {
  secretScalar(key);
  const signed = secp256k1.sign(possessionDigest(subject), key, { prehash: false, format: "recovered" });
  const { r, s, recovery } = secp256k1.Signature.fromBytes(signed, "recovered");
  if (recovery !== 0 && recovery !== 1) throw new Error("This key's signature has no compact form. Deal with another.");
  return {
    r: toHex(uintBytes("r", r, 256)),
    vs: toHex(uintBytes("vs", s | (recovery === 1 ? PARITY_BIT : 0n), 256)),
  };
}

/**
 * The public key behind a proof, which must be the one with `keyAddress`.
 *
 * @throws ForgedPossessionError when it is not, or when the proof is malformed or has a high s.
 */
export function recoverRoundKey({ r, vs }: PossessionProof, subject: TrainerOfRound, keyAddress: string): CurvePoint {
  const digest = possessionDigest(subject);
  let recovered: CurvePoint | undefined;
  try {
    const word = wordToBigInt(fixedBytes("vs", vs, 32));
    const signature = new secp256k1.Signature(
      wordToBigInt(fixedBytes("r", r, 32)),
      word & ~PARITY_BIT,
      word & PARITY_BIT ? 1 : 0,
    );
    if (!signature.hasHighS()) recovered = coordinates(signature.recoverPublicKey(digest));
  } catch {
    // said below
  }
  if (recovered === undefined || addressOfPoint(recovered).toLowerCase() !== keyAddress.toLowerCase()) {
    throw new ForgedPossessionError(
      `The signature does not show that ${subject.trainer} has the round key ${keyAddress}. ` +
        "Treat the seat as one that shared nothing.",
    );
  }
  return recovered;
}
