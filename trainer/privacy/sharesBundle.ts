// The shares that one trainer deals to all others, as one object on IPFS.
//
//   header    magic "FDSS" ‖ version 1 ‖ uint16 seats ‖ uint16 recipients
//   leaves    for each seat 0 .. seats - 1: leaf of its key share (32) ‖ leaf of its seed share (32); zeros if it got none
//   entries   for each recipient, ascending: uint16 seat ‖ encapsulated key (32) ‖ HPKE of key share ‖ seed share (80)
//
// The dealing on chain holds keccak256(leaves). A leaf binds kind, seat and share, so a share can be shown on chain and
// checked there, also against the dealer. What is sealed to a recipient is bound to task, round, dealer, recipient and the
// leaves: shares of another round or dealer do not open. That shares lie on a polynomial of the right degree nobody
// checks here; the secret that they give is compared with the dealing when it is rebuilt.

import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ACCOUNT_BYTES, WORD_BYTES, fixedBytes, keccak, toHex, uintBytes, uintWord } from "./abiWords.ts";
import { ByteReader } from "./byteReader.ts";
import { BadRecipientKeyError, NotARecipientError, TamperedError } from "./envelope.ts";
import type { Recipient } from "./envelope.ts";
import { ENCAPSULATED_BYTES, TAG_BYTES, decryptWith, encryptTo } from "./hpke.ts";
import type { TrainerOfRound } from "./possession.ts";
import type { RoundSecrets } from "./roundSecrets.ts";
import { SCALAR_BYTES } from "./secp256k1.ts";
import { MAX_SEATS, dealShares, isShare } from "./shamir.ts";

/** Of which secret a share is: 0 the round key's, 1 the mask seed's. */
export type ShareKind = 0 | 1;
export const KEY_SHARE: ShareKind = 0;
export const SEED_SHARE: ShareKind = 1;

const MAGIC = utf8ToBytes("FDSS");
const VERSION = 1;
const HEADER_BYTES = MAGIC.length + 1 + 2 + 2;
const SEALED_BYTES = 2 * SCALAR_BYTES + TAG_BYTES;
const ENTRY_BYTES = 2 + ENCAPSULATED_BYTES + SEALED_BYTES;

/** Whose shares of which round. */
export interface SharesDealer extends TrainerOfRound {
  /** The dealer's seat. */
  readonly seat: number;
}

/** Another trainer in the cohort, who gets shares. */
export interface ShareRecipient extends Recipient {
  readonly seat: number;
}

/** One recipient's shares of one dealer's secrets, 32 bytes each. */
export interface SharePair {
  readonly key: Uint8Array;
  readonly seed: Uint8Array;
}

export interface SealSharesRequest {
  readonly dealer: SharesDealer;
  readonly secrets: RoundSecrets;
  /** How many shares rebuild a secret. */
  readonly threshold: number;
  /** Of the task, in all cohorts: 1 to 256. */
  readonly seats: number;
  /** Every other seat of the dealer's cohort. */
  readonly recipients: readonly ShareRecipient[];
}

/** What the dealer publishes. */
export interface SealedShares {
  /** The object for IPFS. */
  readonly bundle: Uint8Array;
  /** keccak256 of the leaves as 0x-prefixed hex: goes into the dealing. */
  readonly sharesHash: string;
}

export interface ReadSharesRequest {
  readonly bundle: AsyncIterable<Uint8Array>;
  /** Of the task, in all cohorts. */
  readonly seats: number;
  /** As known from the chain. */
  readonly sharesHash: string;
  readonly signal?: AbortSignal;
}

export interface OpenSharesRequest extends ReadSharesRequest {
  /** Whose shares these are claimed to be, as known from the chain. */
  readonly dealer: SharesDealer;
  /** Own seat, own address and own private key. */
  readonly recipient: { readonly seat: number; readonly account: string; readonly privateKey: Uint8Array };
}

/** The bytes are no bundle of this version for a cohort of this size. */
export class MalformedBundleError extends Error {
  override readonly name = "MalformedBundleError";
}

/** Length in bytes of a bundle, which is also the most that need be fetched. */
export function sharesBundleLength(seats: number, recipients: number): number {
  return HEADER_BYTES + 2 * WORD_BYTES * seats + ENTRY_BYTES * recipients;
}

/** keccak256(abi.encode(uint8 kind, uint16 seat, bytes32 share)). */
export function shareLeaf(kind: ShareKind, seat: number, share: Uint8Array): Uint8Array {
  return keccak(uintWord("kind", kind, 8), uintWord("seat", seat, 16), share);
}

/** keccak256 of all leaves as 0x-prefixed hex. */
export function sharesHashOf(leaves: Uint8Array): string {
  return toHex(keccak(leaves));
}

/** Whether a share that somebody shows is the one that was dealt to `seat`, by the dealer's leaves (2 a seat). */
export function isDealtShare(leaves: Uint8Array, kind: ShareKind, seat: number, share: Uint8Array): boolean {
  return isShare(share) && equal(leafAt(leaves, kind, seat), shareLeaf(kind, seat, share));
}

/**
 * Deals both secrets and seals each recipient's shares to its registered key.
 *
 * @throws BadRecipientKeyError naming the account whose key cannot be used: deal again without it.
 * @throws RangeError when a number is out of range, a seat is named twice, or the dealer is among the recipients.
 */
export async function sealShares(request: SealSharesRequest): Promise<SealedShares> {
  const { dealer, secrets, threshold, seats } = request;
  const recipients = request.recipients.toSorted((one, other) => one.seat - other.seat);
  if (!Number.isInteger(seats) || seats < 1 || seats > MAX_SEATS) {
    throw new RangeError(`A task has 1 to ${MAX_SEATS} seats, not ${seats}.`);
  }
  const seatsDealtTo = recipients.map(({ seat }) => seat);
  if ([dealer.seat, ...seatsDealtTo].some((seat) => seat >= seats) || seatsDealtTo.includes(dealer.seat)) {
    throw new RangeError(`Deal to the other seats of this task's ${seats} only.`);
  }
  const keyShares = dealShares(secrets.key, threshold, seatsDealtTo);
  const seedShares = dealShares(secrets.seed, threshold, seatsDealtTo);
  const leaves = new Uint8Array(2 * WORD_BYTES * seats);
  for (const { seat, share } of keyShares) leafAt(leaves, KEY_SHARE, seat).set(shareLeaf(KEY_SHARE, seat, share));
  for (const { seat, share } of seedShares) leafAt(leaves, SEED_SHARE, seat).set(shareLeaf(SEED_SHARE, seat, share));
  const sharesHash = sharesHashOf(leaves);
  const entries = await Promise.all(
    recipients.map((recipient, i) => {
      const shares = concatBytes(keyShares[i]!.share, seedShares[i]!.share);
      return sealEntry(recipient, shareInfo(dealer, recipient, sharesHash), shares);
    }),
  );
  const counts = concatBytes(uintBytes("seats", seats, 16), uintBytes("recipients", recipients.length, 16));
  return { bundle: concatBytes(MAGIC, Uint8Array.of(VERSION), counts, leaves, ...entries), sharesHash };
}

/**
 * Opens one's own shares and compares them with the dealer's leaves, and the leaves with the chain.
 *
 * @throws NotARecipientError when the dealer left this seat out.
 * @throws MalformedBundleError when the bytes are no bundle for this cohort.
 * @throws TamperedError when the leaves are not those on chain, or the shares do not open for this task, round, dealer and
 * recipient, or are not those of the leaves.
 */
export async function openShares(request: OpenSharesRequest): Promise<SharePair> {
  const { dealer, recipient, sharesHash } = request;
  const { leaves, entries } = await readBundle(request);
  const entry = entries.get(recipient.seat);
  if (entry === undefined) {
    throw new NotARecipientError(`${dealer.trainer} dealt no shares to seat ${recipient.seat}.`);
  }
  const shares = await decryptWith(
    recipient.privateKey,
    shareInfo(dealer, recipient, sharesHash),
    entry.subarray(0, ENCAPSULATED_BYTES),
    entry.subarray(ENCAPSULATED_BYTES),
  );
  if (shares?.length !== 2 * SCALAR_BYTES) {
    throw new TamperedError(
      `The shares from ${dealer.trainer} do not open with this private key for this task, round and seat. ` +
        "If no dealer's shares open, compare the registered encryption key with your own.",
    );
  }
  const pair = { key: shares.slice(0, SCALAR_BYTES), seed: shares.slice(SCALAR_BYTES) };
  if (
    !isDealtShare(leaves, KEY_SHARE, recipient.seat, pair.key) ||
    !isDealtShare(leaves, SEED_SHARE, recipient.seat, pair.seed)
  ) {
    throw new TamperedError(`The shares from ${dealer.trainer} are not those of its leaves. They are worth nothing.`);
  }
  return pair;
}

/**
 * The leaves of a bundle, 64 bytes a seat, compared with the chain: what a challenge of its shares shows.
 *
 * @throws MalformedBundleError when the bytes are no bundle for this cohort.
 * @throws TamperedError when the leaves are not those on chain.
 */
export async function readLeaves(request: ReadSharesRequest): Promise<Uint8Array> {
  return (await readBundle(request)).leaves;
}

async function sealEntry(recipient: ShareRecipient, info: Uint8Array, shares: Uint8Array): Promise<Uint8Array> {
  try {
    const { encapsulated, ciphertext } = await encryptTo(recipient.encryptionKey, info, shares);
    return concatBytes(uintBytes("seat", recipient.seat, 16), encapsulated, ciphertext);
  } catch (error) {
    throw new BadRecipientKeyError(recipient.account, error);
  }
}

/** Reads a whole bundle and not a byte more; the task says how long it can be at most. */
async function readBundle({ bundle, seats, sharesHash, signal }: ReadSharesRequest): Promise<{
  readonly leaves: Uint8Array;
  /** Encapsulated key and ciphertext by seat. */
  readonly entries: ReadonlyMap<number, Uint8Array>;
}> {
  const reader = new ByteReader(bundle, signal);
  try {
    if ((await reader.fill(HEADER_BYTES)) < HEADER_BYTES) throw new MalformedBundleError("The bundle has no header.");
    const header = reader.take(HEADER_BYTES);
    const counts = new DataView(header.buffer, header.byteOffset + MAGIC.length + 1);
    const recipients = counts.getUint16(2);
    if (!equal(header.subarray(0, MAGIC.length), MAGIC) || header[MAGIC.length] !== VERSION) {
      throw new MalformedBundleError("These bytes are no bundle of shares of version 1.");
    }
    if (counts.getUint16(0) !== seats || recipients >= seats) {
      throw new MalformedBundleError(`The bundle is not for a cohort of ${seats} seats.`);
    }
    const rest = sharesBundleLength(seats, recipients) - HEADER_BYTES;
    if ((await reader.fill(rest + 1)) !== rest) {
      throw new MalformedBundleError("The bundle is shorter or longer than its header says.");
    }
    const leaves = reader.take(2 * WORD_BYTES * seats);
    if (sharesHashOf(leaves) !== sharesHash.toLowerCase()) {
      throw new TamperedError("The bundle's leaves are not those that its dealer committed to.");
    }
    const entries = new Map<number, Uint8Array>();
    for (let last = -1, i = 0; i < recipients; i++) {
      const entry = reader.take(ENTRY_BYTES);
      const seat = new DataView(entry.buffer, entry.byteOffset).getUint16(0);
      if (seat <= last || seat >= seats) throw new MalformedBundleError("The bundle's entries are not in order.");
      entries.set(seat, entry.subarray(2));
      last = seat;
    }
    return { leaves, entries };
  } finally {
    await reader.close();
  }
}

function leafAt(leaves: Uint8Array, kind: ShareKind, seat: number): Uint8Array {
  const at = WORD_BYTES * (2 * seat + kind);
  return leaves.subarray(at, at + WORD_BYTES);
}

function shareInfo(
  dealer: SharesDealer,
  recipient: { readonly seat: number; readonly account: string },
  sharesHash: string,
): Uint8Array {
  return concatBytes(
    utf8ToBytes("Foedus/v1 shares"),
    fixedBytes("domain", dealer.domain, WORD_BYTES),
    uintBytes("round", dealer.round, 32),
    uintBytes("seat", dealer.seat, 16),
    fixedBytes("trainer", dealer.trainer, ACCOUNT_BYTES),
    uintBytes("seat", recipient.seat, 16),
    fixedBytes("account", recipient.account, ACCOUNT_BYTES),
    fixedBytes("shares hash", sharesHash, WORD_BYTES),
  );
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
