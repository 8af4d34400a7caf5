/** Secrets rebuilt from the shares that the chain shows (Shamir), each share compared with what its dealer has dealt. */
import { getBytes } from "ethers";
import { droppedSeats } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { keyAddress, maskHash } from "../../privacy/dealing.ts";
import { interpolateSecret } from "../../privacy/shamir.ts";
import type { Share } from "../../privacy/shamir.ts";
import { KEY_SHARE, SEED_SHARE, isDealtShare } from "../../privacy/sharesBundle.ts";
import type { HeldShares } from "./heldShares.ts";
import type { SecretKind, SecretOfSeat } from "./secretsJournal.ts";

/** What the shares on chain come to. */
export type Rebuilt =
  | { readonly outcome: "rebuilt"; readonly secret: Uint8Array }
  | { readonly outcome: "too few" }
  /** These shares, all dealt by the owner, rebuild something else than it committed to. */
  | { readonly outcome: "contradiction"; readonly shares: readonly Share[] };

/**
 * The secret of the seat `owner` in `round`, from the first `threshold` sound shares.
 * @param leaves Of the owner's shares.
 */
export function rebuild(
  round: RoundState,
  owner: number,
  kind: SecretKind,
  leaves: Uint8Array,
  threshold: number,
): Rebuilt {
  const shares = sharesOnChain(round, owner, kind)
    .filter(({ seat, share }) => isDealtShare(leaves, kind === "key" ? KEY_SHARE : SEED_SHARE, seat, share))
    .slice(0, threshold);
  if (shares.length < threshold) return { outcome: "too few" };
  const secret = interpolated(shares, threshold);
  return secret !== undefined && isCommitted(round.seats.get(owner)!, kind, secret)
    ? { outcome: "rebuilt", secret }
    : { outcome: "contradiction", shares };
}

/** Shares that convict their dealer. */
export interface BadShares extends SecretOfSeat {
  readonly leaves: Uint8Array;
  readonly shares: readonly Share[];
}

/** What is not known yet of what takes the masks out of the sum. */
export function missingSecrets(round: RoundState): SecretOfSeat[] {
  if (round.set === undefined) return [];
  const without = (seats: readonly number[], kind: SecretKind) =>
    seats.filter((seat) => round.seats.get(seat)?.[kind] === undefined).map((seat) => ({ seat, kind }));
  return [...without(droppedSeats(round), "key"), ...without(round.set.members, "seed")];
}

/** Whoever has dealt shares that rebuild something else than it has committed to, as far as the shares on chain show. */
export function badShares(round: RoundState, held: HeldShares, threshold: number): BadShares[] {
  return missingSecrets(round).flatMap((secret) => {
    const leaves = held.leavesOf(secret.seat);
    if (leaves === undefined) return [];
    const found = rebuild(round, secret.seat, secret.kind, leaves, threshold);
    return found.outcome === "contradiction" ? [{ ...secret, leaves, shares: found.shares }] : [];
  });
}

/** By ascending seats, unchecked: of a key in every reveal, of a seed where it was asked for. */
function sharesOnChain(round: RoundState, owner: number, kind: SecretKind): Share[] {
  const place = droppedSeats(round).indexOf(owner);
  const shareIn = ({ keyShares, seedShares }: SeatState) =>
    kind === "key" ? keyShares?.[place] : seedShares?.get(owner);
  return [...round.seats]
    .sort(([a], [b]) => a - b)
    .flatMap(([seat, state]) => {
      const share = shareIn(state);
      return share === undefined ? [] : [{ seat, share: getBytes(share) }];
    });
}

function interpolated(shares: readonly Share[], threshold: number): Uint8Array | undefined {
  try {
    return interpolateSecret(shares, threshold);
  } catch {
    return undefined; // a share beyond the field: dealt so
  }
}

function isCommitted({ dealing }: SeatState, kind: SecretKind, secret: Uint8Array): boolean {
  try {
    return kind === "key" ? keyAddress(secret) === dealing?.keyAddress : maskHash(secret) === dealing?.maskHash;
  } catch {
    return false; // 0 is no secret
  }
}
