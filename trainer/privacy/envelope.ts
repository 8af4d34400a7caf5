// One ciphertext for several recipients, streamed.
//
//   header    magic "FDSE" ‖ version 1 ‖ uint16 recipients ‖ salt (32)
//             then for each recipient: account (20) ‖ enc (32) ‖ wrapped content key (48)
//   payload   segments of 64 KiB, each followed by its 16-byte tag; the last one may be shorter
//
// The content key, fresh for every update, is wrapped to each recipient by HPKE in base mode (RFC 9180:
// DHKEM-X25519-HKDF-SHA256, HKDF-SHA256, AES-256-GCM). The payload is AES-256-GCM in the STREAM construction (Hoang,
// Reyhanitabar, Rogaway and Vizár 2015; as in age): the nonce is a segment counter and a flag on the last segment, the
// key is derived from content key and salt, so that no nonce ever serves two plaintexts under one key. Associated data
// and HPKE's info bind the task, the round and the trainer: a copied envelope does not open as the copier's own.
//
// GCM does not commit to its key. Whoever opens an envelope must compare contentKeyHash(contentKey) with the chain
// before using a byte of the plaintext.

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ACCOUNT_BYTES, fixedBytes, keccak, toHex, uintBytes } from "./abiWords.ts";
import { ByteReader } from "./byteReader.ts";
import { ENCAPSULATED_BYTES, TAG_BYTES, decryptWith, encryptTo } from "./hpke.ts";

export { newEncryptionKeyPair } from "./hpke.ts";
export type { EncryptionKeyPair } from "./hpke.ts";

export const SEGMENT_BYTES = 64 * 1024;
export const MAX_RECIPIENTS = 256;

const MAGIC = utf8ToBytes("FDSE");
const VERSION = 1;
const SALT_BYTES = 32;
const PREFIX_BYTES = MAGIC.length + 1 + 2;
const KEY_BYTES = 32;
const WRAPPED_BYTES = KEY_BYTES + TAG_BYTES;
const ENTRY_BYTES = ACCOUNT_BYTES + ENCAPSULATED_BYTES + WRAPPED_BYTES;
const NONCE_BYTES = 12;

/** Whose update of which round of which task an envelope holds. */
export interface EnvelopeContext {
  /** The task's domain (protocol/commitments), 32 bytes as 0x-prefixed hex. */
  readonly domain: string;
  /** 0 to 2^32 - 1. */
  readonly round: number;
  /** Address of the trainer whose update this is. */
  readonly trainer: string;
}

/** Somebody who shall be able to open an envelope. */
export interface Recipient {
  /** The account's address. */
  readonly account: string;
  /** The account's registered X25519 public key, 32 bytes. */
  readonly encryptionKey: Uint8Array;
}

export interface SealRequest {
  readonly contentKey: Uint8Array;
  readonly context: EnvelopeContext;
  /** 1 to 256 recipients with different accounts. */
  readonly recipients: readonly Recipient[];
  readonly plaintext: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface OpenRequest {
  /** The recipient's own address and private key. */
  readonly account: string;
  readonly privateKey: Uint8Array;
  /** What the envelope is claimed to hold, as known from the chain. */
  readonly context: EnvelopeContext;
  readonly sealed: AsyncIterable<Uint8Array>;
  /** A longer plaintext is refused as soon as it passes this. */
  readonly maxPlaintextBytes: number;
  readonly signal?: AbortSignal;
}

export interface OpenedEnvelope {
  /** To be checked against the hash on chain before the plaintext is used. */
  readonly contentKey: Uint8Array;
  /** Segments in order, each authenticated before it is yielded. It throws TamperedError at the first that is not, also
   * when the end is missing: plaintext counts only once the generator has finished. */
  readonly plaintext: AsyncGenerator<Uint8Array, void, void>;
}

/** The envelope was not sealed for this account. */
export class NotARecipientError extends Error {
  override readonly name = "NotARecipientError";
}

/** The bytes are not an envelope of this version. */
export class MalformedEnvelopeError extends Error {
  override readonly name = "MalformedEnvelopeError";
}

/** The envelope was changed, cut or extended, or belongs to another task, round or trainer. */
export class TamperedError extends Error {
  override readonly name = "TamperedError";
}

/** The plaintext is longer than the opener allows. */
export class EnvelopeTooLargeError extends Error {
  override readonly name = "EnvelopeTooLargeError";
}

/** A recipient's registered key cannot be encrypted to. */
export class BadRecipientKeyError extends Error {
  override readonly name = "BadRecipientKeyError";
  /** The account to leave out. */
  readonly account: string;

  constructor(account: string, cause?: unknown) {
    super(`The encryption key of ${account} is no usable X25519 key. Seal without this recipient.`, { cause });
    this.account = account;
  }
}

/** Makes a content key: 32 random bytes, one for each update. */
export function newContentKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

/** keccak256 of a content key as 0x-prefixed hex: what the commitment on chain holds. */
export function contentKeyHash(contentKey: Uint8Array): string {
  return toHex(keccak(contentKey));
}

/** Length in bytes of an envelope over this many plaintext bytes for this many recipients. */
export function envelopeLength(plaintextBytes: number, recipients: number): number {
  const segments = Math.max(1, Math.ceil(plaintextBytes / SEGMENT_BYTES));
  return PREFIX_BYTES + SALT_BYTES + recipients * ENTRY_BYTES + plaintextBytes + segments * TAG_BYTES;
}

/**
 * Encrypts `plaintext` to all recipients; yields the header, then segment by segment.
 *
 * @throws BadRecipientKeyError naming the account whose key cannot be used.
 * @throws RangeError when the number of recipients or a length is out of range, or an account appears twice.
 */
export async function* sealEnvelope(request: SealRequest): AsyncGenerator<Uint8Array, void, void> {
  const { contentKey, context, recipients, plaintext, signal } = request;
  if (contentKey.length !== KEY_BYTES) throw new RangeError(`A content key has ${KEY_BYTES} bytes.`);
  signal?.throwIfAborted();
  const binding = bindingOf(context);
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const header = await sealHeader(contentKey, binding, recipients, salt);
  const key = payloadKey(contentKey, salt);
  const associated = concatBytes(binding, sha256(header));
  yield header;

  const reader = new ByteReader(plaintext instanceof Uint8Array ? once(plaintext) : plaintext, signal);
  try {
    for (let counter = 0, last = false; !last; counter++) {
      signal?.throwIfAborted();
      // One byte more than a segment tells whether this one is the last.
      last = (await reader.fill(SEGMENT_BYTES + 1)) <= SEGMENT_BYTES;
      const segment = reader.take(Math.min(SEGMENT_BYTES, reader.available));
      const cipher = createCipheriv("aes-256-gcm", key, segmentNonce(counter, last)).setAAD(associated);
      const body = cipher.update(segment);
      cipher.final();
      yield concatBytes(body, cipher.getAuthTag());
    }
  } finally {
    await reader.close();
  }
}

/**
 * Reads the header and unwraps the content key; the plaintext follows as the generator is drawn. Draw it to its end, or
 * `return()` it after the first segment, so that the source is closed.
 *
 * @throws NotARecipientError when the envelope was not sealed for this account.
 * @throws MalformedEnvelopeError when the bytes are no envelope.
 * @throws TamperedError when the wrapped key does not open for this account, task, round and trainer.
 * @throws RangeError when the account, the private key or the context has the wrong size.
 */
export async function openEnvelope(request: OpenRequest): Promise<OpenedEnvelope> {
  const { account, privateKey, context, sealed, maxPlaintextBytes, signal } = request;
  if (privateKey.length !== KEY_BYTES) throw new RangeError(`A private key has ${KEY_BYTES} bytes.`);
  const binding = bindingOf(context);
  const reader = new ByteReader(sealed, signal);
  try {
    signal?.throwIfAborted();
    const header = await readHeader(reader);
    const contentKey = await unwrapKey(header, account, privateKey, binding);
    const key = payloadKey(contentKey, header.subarray(PREFIX_BYTES, PREFIX_BYTES + SALT_BYTES));
    const associated = concatBytes(binding, sha256(header));
    return { contentKey, plaintext: openSegments({ reader, key, associated, maxPlaintextBytes, signal }) };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

interface SealedSegments {
  readonly reader: ByteReader;
  readonly key: Uint8Array;
  readonly associated: Uint8Array;
  readonly maxPlaintextBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function* openSegments(sealed: SealedSegments): AsyncGenerator<Uint8Array, void, void> {
  const { reader, key, associated, maxPlaintextBytes, signal } = sealed;
  const whole = SEGMENT_BYTES + TAG_BYTES;
  try {
    let total = 0;
    for (let counter = 0, last = false; !last; counter++) {
      signal?.throwIfAborted();
      last = (await reader.fill(whole + 1)) <= whole;
      const length = Math.min(whole, reader.available) - TAG_BYTES;
      // Only an empty plaintext has an empty segment: one plaintext, one length.
      if (length < 0 || (length === 0 && counter > 0)) throw new TamperedError("The envelope is cut short.");
      total += length;
      if (total > maxPlaintextBytes) {
        throw new EnvelopeTooLargeError(`The plaintext exceeds the ${maxPlaintextBytes} bytes this task allows.`);
      }
      const body = reader.take(length);
      const tag = reader.take(TAG_BYTES);
      const segment = openSegment(key, segmentNonce(counter, last), associated, body, tag);
      if (segment === undefined) {
        throw new TamperedError(`Segment ${counter} of the envelope is not what its trainer sealed for this round.`);
      }
      yield segment;
    }
  } finally {
    await reader.close();
  }
}

function openSegment(
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  body: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated).setAuthTag(tag);
  const segment = decipher.update(body);
  try {
    decipher.final(); // throws unless the tag is right; nothing was released before
  } catch {
    return undefined;
  }
  return segment;
}

async function sealHeader(
  contentKey: Uint8Array,
  binding: Uint8Array,
  recipients: readonly Recipient[],
  salt: Uint8Array,
): Promise<Uint8Array> {
  if (recipients.length < 1 || recipients.length > MAX_RECIPIENTS) {
    throw new RangeError(`An envelope has 1 to ${MAX_RECIPIENTS} recipients, not ${recipients.length}.`);
  }
  if (new Set(recipients.map(({ account }) => account.toLowerCase())).size !== recipients.length) {
    throw new RangeError("An account appears twice among the recipients; name each one once.");
  }
  const count = new Uint8Array(2);
  new DataView(count.buffer).setUint16(0, recipients.length);
  // Each wrap is a chain of short waits on WebCrypto: together they take a fraction of the time.
  const entries = await Promise.all(recipients.map((recipient) => wrapKey(contentKey, binding, recipient)));
  return concatBytes(MAGIC, Uint8Array.of(VERSION), count, salt, ...entries);
}

async function wrapKey(contentKey: Uint8Array, binding: Uint8Array, recipient: Recipient): Promise<Uint8Array> {
  const account = fixedBytes("account", recipient.account, ACCOUNT_BYTES);
  try {
    const sealed = await encryptTo(recipient.encryptionKey, wrapInfo(binding, account), contentKey);
    return concatBytes(account, sealed.encapsulated, sealed.ciphertext);
  } catch (error) {
    throw new BadRecipientKeyError(recipient.account, error);
  }
}

/** Reads a header and not a byte more; its length is bounded before anything is kept. */
async function readHeader(reader: ByteReader): Promise<Uint8Array> {
  if ((await reader.fill(PREFIX_BYTES)) < PREFIX_BYTES) throw new MalformedEnvelopeError("The envelope has no header.");
  const prefix = reader.take(PREFIX_BYTES);
  if (!MAGIC.every((byte, i) => prefix[i] === byte) || prefix[MAGIC.length] !== VERSION) {
    throw new MalformedEnvelopeError(
      "These bytes are no envelope of version 1; the sender may need an older or newer one.",
    );
  }
  const count = new DataView(prefix.buffer, prefix.byteOffset).getUint16(MAGIC.length + 1);
  if (count < 1 || count > MAX_RECIPIENTS) {
    throw new MalformedEnvelopeError(`The envelope claims ${count} recipients; it may have 1 to ${MAX_RECIPIENTS}.`);
  }
  const rest = SALT_BYTES + count * ENTRY_BYTES;
  if ((await reader.fill(rest)) < rest) throw new MalformedEnvelopeError("The envelope ends inside its header.");
  return concatBytes(prefix, reader.take(rest));
}

async function unwrapKey(
  header: Uint8Array,
  account: string,
  privateKey: Uint8Array,
  binding: Uint8Array,
): Promise<Uint8Array> {
  const accountBytes = fixedBytes("account", account, ACCOUNT_BYTES);
  for (let at = PREFIX_BYTES + SALT_BYTES; at < header.length; at += ENTRY_BYTES) {
    const entry = header.subarray(at, at + ENTRY_BYTES);
    if (!accountBytes.every((byte, i) => entry[i] === byte)) continue;
    const wrapped = entry.subarray(ACCOUNT_BYTES + ENCAPSULATED_BYTES);
    const encapsulated = entry.subarray(ACCOUNT_BYTES, ACCOUNT_BYTES + ENCAPSULATED_BYTES);
    const contentKey = await decryptWith(privateKey, wrapInfo(binding, accountBytes), encapsulated, wrapped);
    if (contentKey !== undefined) return contentKey;
    throw new TamperedError(
      "The content key does not open with this private key for this task, round and trainer. " +
        "If every envelope fails so, compare the registered encryption key with your own.",
    );
  }
  throw new NotARecipientError(`The envelope was not sealed for ${account}; its trainer left this account out.`);
}

/** domain (32) ‖ round (4) ‖ trainer (20): what key wrapping and every segment are bound to. */
function bindingOf({ domain, round, trainer }: EnvelopeContext): Uint8Array {
  return concatBytes(
    fixedBytes("domain", domain, 32),
    uintBytes("round", round, 32),
    fixedBytes("trainer", trainer, ACCOUNT_BYTES),
  );
}

function wrapInfo(binding: Uint8Array, account: Uint8Array): Uint8Array {
  return concatBytes(utf8ToBytes("Foedus/v1 content key"), binding, account);
}

/** Key of this envelope's payload, as age derives it: sealing again under the same content key repeats no nonce. */
function payloadKey(contentKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", contentKey, salt, "Foedus/v1 payload", KEY_BYTES));
}

/** 11-byte counter ‖ flag of the last segment, big-endian. */
function segmentNonce(counter: number, last: boolean): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  view.setBigUint64(3, BigInt(counter));
  nonce[NONCE_BYTES - 1] = last ? 1 : 0;
  return nonce;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
