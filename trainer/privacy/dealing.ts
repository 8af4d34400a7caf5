// The public side of a masked round: what the secrets of a dealing (protocol/commitments) are checked against when they
// are shown, and what a trainer says that it saw when it votes for the set of updates.

import { WORD_BYTES, addressWord, fixedBytes, keccak, toHex, uintWord } from "./abiWords.ts";
import { addressOfPoint, publicPoint, secretScalar } from "./secp256k1.ts";

/** One seat that shared, as a voter saw it. */
export interface SeatSeen {
  readonly seat: number;
  readonly trainer: string;
  /** Its hash (protocol/commitments). */
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
