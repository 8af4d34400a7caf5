// Proofs about masked rounds as MaskCourt reads them (contracts/interfaces/IMaskCourt.sol): wrong sums, shares that rebuild
// something else, and what members show of a chunk whose sum is out of range. Like fraudProofs.ts: openings and secrets one
// after another without lengths, byte strings as 0x-prefixed hex.

import { concat, keccak256, toBeHex } from "ethers";
import { CHUNK_BYTES } from "./chunkTree.ts";
import type { ChunkProof } from "./chunkTree.ts";
import { packOpening } from "./fraudProofs.ts";
import { HASH_BYTES } from "./chunkShape.ts";

/** Tasks have so many seats at most. */
const MAX_SEATS = 256;

/** A public round key: affine coordinates on secp256k1. */
export interface RoundKey {
  readonly x: bigint;
  readonly y: bigint;
}

/** A member of the set, at the disputed chunk. */
export interface MemberOpening {
  readonly seat: number;
  /** In its masked update. */
  readonly opening: ChunkProof;
  /** Of its own mask, as shown on chain. */
  readonly seed: string;
  readonly key: RoundKey;
  readonly sharesHash: string;
}

/** A seat that shared and is no member. */
export interface DroppedSeat {
  readonly seat: number;
  /** Its secret round key, as rebuilt on chain. */
  readonly key: string;
  readonly maskHash: string;
  readonly sharesHash: string;
}

/** The right sum of a chunk. */
export interface UnmaskingProof {
  readonly members: string;
  readonly dropped: string;
}

/** A share that somebody has shown. */
export interface ShownShare {
  readonly seat: number;
  readonly share: string;
}

/** Shares that rebuild something else than their dealer has committed to. */
export interface SharesProof {
  /** 0: of its key, 1: of its seed. */
  readonly kind: 0 | 1;
  readonly keyAddress: string;
  readonly maskHash: string;
  // Lists as the contracts' types want them.
  readonly leaves: string[];
  readonly seats: number[];
  readonly shares: string[];
}

/** The mask between a member and another one, at the accused chunk. */
export interface EdgeStream {
  /** The other's. */
  readonly seat: number;
  /** 128 bytes: the keystream's 32 lanes, each big-endian, those behind the vector's end too. */
  readonly stream: Uint8Array;
}

/** What a member shows of an accused chunk. */
export interface ChunkOpening {
  readonly member: string;
  readonly dropped: string;
  readonly streams: string;
}

/** What a member has shown, as the court's event tells it. */
export interface OpenedEdges {
  readonly seat: number;
  readonly key: RoundKey;
  /** A hash for each member, by ascending seats; zeros for the seat itself. */
  readonly streams: string[];
}

/**
 * Proof of what the sum of the masked updates, less their masks, is in one chunk: for `challengeMaskedSum` together with
 * the posted sum's opening ({@link packOpening}), and for `accuse` alone.
 *
 * @param members All that are in the set, in any order. @param dropped All that shared and are not in it, in any order.
 * @throws RangeError without members, for seats that are none or named twice, openings at different chunks, and words
 * that do not have 32 bytes.
 */
export function unmaskingProof(members: readonly MemberOpening[], dropped: readonly DroppedSeat[]): UnmaskingProof {
  const ordered = bySeat(members);
  const first = ordered[0];
  if (first === undefined) throw new RangeError("Nothing is summed without members; give all of the set.");
  for (const { opening } of ordered) {
    if (opening.index === first.opening.index && opening.proof.length === first.opening.proof.length) continue;
    throw new RangeError(`Open the same chunk of all members, not ${first.opening.index} and ${opening.index}.`);
  }
  checkSeats([...members, ...dropped]);
  return { members: concat(ordered.map(packMember)), dropped: packDropped(dropped) };
}

/**
 * Proof that a trainer has dealt bad shares of its key or its seed.
 *
 * @param leaves Of its bundle: 64 bytes a seat.
 * @param shares As many as the task's threshold, or one that is no scalar below the curve's order; in any order.
 * @throws RangeError for seats that are none or named twice, and leaves that are no whole number of seats'.
 */
export function sharesProof(
  { kind, keyAddress, maskHash }: Pick<SharesProof, "kind" | "keyAddress" | "maskHash">,
  leaves: Uint8Array,
  shares: readonly ShownShare[],
): SharesProof {
  if (leaves.length % (2 * HASH_BYTES) !== 0) throw new RangeError("Leaves are two hashes for each seat.");
  const ordered = bySeat(shares);
  const words = Array.from({ length: leaves.length / HASH_BYTES }, (_, i) =>
    concat([leaves.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1))]),
  );
  const columns = { seats: ordered.map(({ seat }) => seat), shares: ordered.map(({ share }) => word(share)) };
  return { kind, keyAddress, maskHash, leaves: words, ...columns };
}

/**
 * What a member shows of an accused chunk.
 *
 * @param dropped As in {@link unmaskingProof}. @param streams The masks to all other members, in any order.
 * @throws RangeError for seats that are none or named twice, and streams of another length.
 */
export function chunkOpening(
  member: MemberOpening,
  dropped: readonly DroppedSeat[],
  streams: readonly EdgeStream[],
): ChunkOpening {
  checkSeats([member, ...streams, ...dropped]);
  for (const { seat, stream } of streams) {
    if (stream.length === CHUNK_BYTES) continue;
    throw new RangeError(`The mask to seat ${seat} has ${stream.length} bytes at a chunk; it must be ${CHUNK_BYTES}.`);
  }
  return {
    member: packMember(member),
    dropped: packDropped(dropped),
    streams: concat(bySeat(streams).map(({ stream }) => stream)),
  };
}

/** The hash of a mask at a chunk, which the court compares. */
export function streamHash(stream: Uint8Array): string {
  return keccak256(stream);
}

/**
 * Pairs of members who differ about the mask between them, the lower seat first: somebody of each pair has lied.
 *
 * @param members All seats of the set, ascending. @param opened What some or all of them have shown.
 */
export function disputedEdges(
  members: readonly number[],
  opened: readonly OpenedEdges[],
): (readonly [OpenedEdges, OpenedEdges])[] {
  const place = new Map(members.map((seat, i) => [seat, i]));
  const said = (by: OpenedEdges, about: OpenedEdges) => by.streams[place.get(about.seat) ?? -1];
  const ordered = bySeat(opened);
  return ordered.flatMap((one, i) =>
    ordered
      .slice(i + 1)
      .filter((other) => said(one, other) !== said(other, one))
      .map((other) => [one, other] as const),
  );
}

function packMember({ opening, seed, key, sharesHash }: MemberOpening): string {
  const point = [key.x, key.y].map((coordinate) => toBeHex(coordinate, HASH_BYTES));
  return concat([packOpening(opening), word(seed), ...point, word(sharesHash)]);
}

function packDropped(dropped: readonly DroppedSeat[]): string {
  return concat(bySeat(dropped).flatMap(({ key, maskHash, sharesHash }) => [key, maskHash, sharesHash].map(word)));
}

function bySeat<T extends { readonly seat: number }>(seats: readonly T[]): T[] {
  checkSeats(seats);
  return seats.toSorted((one, other) => one.seat - other.seat);
}

function checkSeats(seats: readonly { readonly seat: number }[]): void {
  const seen = new Set<number>();
  for (const { seat } of seats) {
    if (!Number.isInteger(seat) || seat < 0 || seat >= MAX_SEATS) {
      throw new RangeError(`Seats are numbered 0 to ${MAX_SEATS - 1}, not ${seat}.`);
    }
    if (seen.has(seat)) throw new RangeError(`Seat ${seat} is named twice; name it once.`);
    seen.add(seat);
  }
}

/** A secret may be among them: it is not repeated. */
function word(hex: string): string {
  if (!/^0x[0-9a-fA-F]{64}$/.test(hex))
    throw new RangeError("Secrets, hashes and shares are 32 bytes in 0x-prefixed hex.");
  return hex;
}
