// The two secrets of a trainer in a masked round: its round key on secp256k1, from which edge seeds come, and the seed of
// its own mask. They are derived from the private encryption key (HKDF, RFC 5869) and a public nonce, so that neither is
// ever on disk and both can be had again after a restart.
//
// Whoever masks two different vectors under one nonce shows their difference: draw a new one for every dealing.

import { hkdfSync, randomBytes } from "node:crypto";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { fixedBytes, uintBytes } from "./abiWords.ts";
import { reducedScalar, scalarBytes } from "./secp256k1.ts";

export const NONCE_BYTES = 32;

const PRIVATE_KEY_BYTES = 32;
/** 16 more than a scalar: then taking it modulo the order shows nothing. */
const UNIFORM_BYTES = 48;

/** Which round of which task. */
export interface RoundOfTask {
  /** The task's domain (protocol/commitments), 32 bytes as 0x-prefixed hex. */
  readonly domain: string;
  /** 0 to 2^32 - 1. */
  readonly round: number;
}

/** A trainer's secrets in one round, 32 bytes each, big-endian scalars of secp256k1. Only one of them is ever shown. */
export interface RoundSecrets {
  /** sk: the edge seeds follow from it. Shown, by shares, of a seat that did not commit. */
  readonly key: Uint8Array;
  /** b: seeds the trainer's own mask. Shown of a seat that committed. */
  readonly seed: Uint8Array;
}

/** A nonce for one dealing. It is public; keep it where a restart finds it. */
export function newDealingNonce(): Uint8Array {
  return new Uint8Array(randomBytes(NONCE_BYTES));
}

/**
 * The secrets of one dealing. The same arguments give the same secrets.
 *
 * @throws RangeError when the key, the nonce, the domain or the round has the wrong size.
 */
export function deriveRoundSecrets(
  encryptionPrivateKey: Uint8Array,
  nonce: Uint8Array,
  { domain, round }: RoundOfTask,
): RoundSecrets {
  if (encryptionPrivateKey.length !== PRIVATE_KEY_BYTES) {
    throw new RangeError(`A private key has ${PRIVATE_KEY_BYTES} bytes.`);
  }
  if (nonce.length !== NONCE_BYTES) throw new RangeError(`A dealing's nonce has ${NONCE_BYTES} bytes.`);
  const binding = concatBytes(fixedBytes("domain", domain, 32), uintBytes("round", round, 32));
  const secret = (label: string): Uint8Array => {
    const info = concatBytes(utf8ToBytes(label), binding);
    const scalar = reducedScalar(new Uint8Array(hkdfSync("sha256", encryptionPrivateKey, nonce, info, UNIFORM_BYTES)));
    if (scalar === 0n) throw new Error("This nonce gives no secret, which chance never does. Draw another.");
    return scalarBytes(scalar);
  };
  return { key: secret("Foedus/v1 round key"), seed: secret("Foedus/v1 self mask") };
}
