/** What a trainer sees of a masked round's cohort: whose round keys it has, and the digest of all of it that it votes on. */
import { sharedSeats } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { cohortView as viewDigest } from "../../privacy/dealing.ts";
import { ForgedPossessionError, recoverRoundKey } from "../../privacy/possession.ts";
import type { CurvePoint } from "../../privacy/secp256k1.ts";

/** Somebody who has shared. */
export interface Sharer {
  readonly seat: number;
  readonly state: SeatState;
  /** Its round key; undefined if its possession is forged, which the contract does not let pass, but a lying node might. */
  readonly key: CurvePoint | undefined;
}

/** Everybody who has shared in `round`, by ascending seats. */
export function sharersOf(domain: string, round: RoundState): Sharer[] {
  return sharedSeats(round).map((seat) => {
    const state = round.seats.get(seat);
    if (state?.dealing === undefined) throw new Error(`Seat ${seat} of round ${round.number} has not shared.`);
    return { seat, state, key: keyOf(domain, round.number, state) };
  });
}

/** The digest of the dealings and commitments that this trainer has seen (docs/protocol.md). */
export function viewOf(round: RoundState): string {
  return viewDigest(
    sharedSeats(round).map((seat) => {
      const { trainer, dealing, masked } = round.seats.get(seat)!;
      return { seat, trainer, dealing: dealing!.hash, root: masked?.root };
    }),
  );
}

const keys = new Map<string, CurvePoint>();
const KEYS_KEPT = 256;

/** Recovering a key takes a millisecond, and a round asks for it many times. */
function keyOf(domain: string, round: number, { trainer, dealing }: SeatState): CurvePoint | undefined {
  const { hash, keyAddress, r, vs } = dealing!;
  const known = keys.get(hash);
  if (known !== undefined) return known;
  try {
    const key = recoverRoundKey({ r, vs }, { domain, round, trainer }, keyAddress);
    keys.set(hash, key);
    for (const oldest of keys.keys()) if (keys.size > KEYS_KEPT) keys.delete(oldest);
    return key;
  } catch (error) {
    if (error instanceof ForgedPossessionError) return undefined;
    throw error;
  }
}
