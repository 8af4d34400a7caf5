// Public-key encryption as this project uses it: HPKE in base mode (RFC 9180: DHKEM-X25519-HKDF-SHA256, HKDF-SHA256,
// AES-256-GCM), one short plaintext a call.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";

/** An X25519 key pair, 32 bytes each. */
export interface EncryptionKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** Bytes of an encapsulated key. */
export const ENCAPSULATED_BYTES = 32;
/** Bytes that a ciphertext is longer than its plaintext. */
export const TAG_BYTES = 16;

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** Makes a key pair to be registered (public) and kept (private). */
export async function newEncryptionKeyPair(): Promise<EncryptionKeyPair> {
  const { publicKey, privateKey } = await suite.kem.generateKeyPair();
  return {
    publicKey: new Uint8Array(await suite.kem.serializePublicKey(publicKey)),
    privateKey: new Uint8Array(await suite.kem.serializePrivateKey(privateKey)),
  };
}

/** Encrypts to a public key, bound to `info`. Rejects when the key cannot be encrypted to (of small order, or no key). */
export async function encryptTo(
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
): Promise<{ readonly encapsulated: Uint8Array; readonly ciphertext: Uint8Array }> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(ownBuffer(publicKey));
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: ownBuffer(info) }, ownBuffer(plaintext));
  return { encapsulated: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
}

/** Decrypts; undefined when the ciphertext is not for this key and `info`, or was changed. */
export async function decryptWith(
  privateKey: Uint8Array,
  info: Uint8Array,
  encapsulated: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array | undefined> {
  const recipientKey = await suite.kem.deserializePrivateKey(ownBuffer(privateKey));
  try {
    const enc = ownBuffer(encapsulated);
    return new Uint8Array(await suite.open({ recipientKey, enc, info: ownBuffer(info) }, ownBuffer(ciphertext)));
  } catch {
    return undefined;
  }
}

/** The bytes in a buffer of their own: the HPKE library takes whole buffers. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
