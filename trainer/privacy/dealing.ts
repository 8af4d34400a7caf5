// The public hashes of a masked round: what the chain keeps of a trainer's dealing, and what a trainer says that it saw
// when it votes for the set of updates.

import { WORD_BYTES, addressWord, fixedBytes, keccak, toHex, uintWord } from "./abiWords.ts";
import type { TrainerOfRound } from "./possession.ts";
import { addressOfPoint, publicPoint, secretScalar } from "./secp256k1.ts";

/** What a trainer commits to by sharing; byte strings are 0x-prefixed hex. */
export interface Dealing extends TrainerOfRound {
  /** Address of the round key's public point. */
  readonly keyAddress: string;
  readonly maskHash: string;
  /** From the bundle of shares. */
  readonly sharesHash: string;
}

/** One seat that shared, as a voter saw it. */
export interface SeatSeen {
  readonly seat: number;
  readonly trainer: string;
  /** From {@link dealingHash}. */
  readonly dealing: string;
  /** Chunk root of the masked update; undefined when the seat did not commit. */
  readonly root?: string | undefined;
}

/** keccak256 of the seed of a trainer's own mask: what its seed is checked against when it is shown. */
export function maskHash(seed: Uint8Array): string {
  secretScalar(seed);
  return toHex(keccak(seed));
}

/** Address of a round key's public point: what the key is checked against when it is rebuilt. */
export function keyAddress(key: Uint8Array): string {
  return addressOfPoint(publicPoint(key));
}

/** The 32 bytes that the chain keeps of a dealing. */
export function dealingHash(dealing: Dealing): string {
  return toHex(
    keccak(
      fixedBytes("domain", dealing.domain, WORD_BYTES),
      uintWord("round", dealing.round, 32),
      addressWord("trainer", dealing.trainer),
      addressWord("key address", dealing.keyAddress),
      fixedBytes("mask hash", dealing.maskHash, WORD_BYTES),
      fixedBytes("shares hash", dealing.sharesHash, WORD_BYTES),
    ),
  );
}

/**
 * Digest of all seats that shared, ascending, as seen by a voter. Two voters that see different dealings or commitments
 * sign different views.
 *
 * @throws RangeError when seats are not ascending or a field has the wrong size.
 */
export function cohortView(seats: readonly SeatSeen[]): string {
  const words = seats.flatMap(({ seat, trainer, dealing, root }, i) => {
    if (i > 0 && seats[i - 1]!.seat >= seat) throw new RangeError("Name the seats of a view once each, ascending.");
    return [
      uintWord("seat", seat, 16),
      addressWord("trainer", trainer),
      fixedBytes("dealing", dealing, WORD_BYTES),
      root === undefined ? new Uint8Array(WORD_BYTES) : fixedBytes("root", root, WORD_BYTES),
    ];
  });
  return toHex(keccak(...words));
}
