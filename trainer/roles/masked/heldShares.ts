/**
 * The shares that others have dealt to this trainer, fetched and checked as soon as they are dealt, and the leaves by which
 * anybody's shares are checked. They are in memory only; the encrypted bundles stay in the store.
 */
import { seatOf, sharedSeats, trainersOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { once } from "../../privacy/byteReader.ts";
import { openShares, readLeaves, sharesBundleLength } from "../../privacy/sharesBundle.ts";
import type { SharePair } from "../../privacy/sharesBundle.ts";
import { entriesOf, ownerFirst } from "../directory.ts";
import type { Entry } from "../directory.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";

export interface HeldShares {
  readonly round: number;
  /** Fetches what has been shared and is not here yet; says in the log what cannot be used. */
  collect(round: RoundState): Promise<void>;
  /** What the dealer in `seat` has dealt to this trainer; undefined if it could not be had. */
  from(seat: number): SharePair | undefined;
  /** The hashes of all shares dealt by `seat`, 64 bytes a recipient. */
  leavesOf(seat: number): Uint8Array | undefined;
}

export function createHeldShares(party: Party, traffic: Traffic, round: number): HeldShares {
  const { opened, sender, encryptionKey, deployment, log, signal } = party;
  const { maxTrainers: seats, shareSeconds, revealSeconds } = opened.rules;
  const held = new Map<number, SharePair>();
  const leaves = new Map<number, Uint8Array>();
  /** By what they are told apart, of those that are here. */
  const hashes = new Map<number, string>();
  const failed = new Set<number>();
  // Who hides its shares must not keep others from revealing in time.
  const timeoutMs = Math.max(1_000, Math.min(30_000, shareSeconds * 500, revealSeconds * 250));
  let collecting: Promise<void> | undefined;

  async function collectAll(state: RoundState): Promise<void> {
    const missing = sharedSeats(state).filter(
      (seat) => hashes.get(seat) !== state.seats.get(seat)?.dealing?.sharesHash,
    );
    if (missing.length === 0) return;
    const cohort = await entriesOf(deployment, trainersOf(state));
    await Promise.all(missing.map((seat) => take(state, seat, cohort)));
  }

  async function take(state: RoundState, seat: number, cohort: readonly Entry[]): Promise<void> {
    const dealer = state.seats.get(seat)!;
    // After a reorganisation: of another dealing.
    for (const stale of [leaves, held, hashes]) stale.delete(seat);
    try {
      const bundle = await fetched(dealer, cohort);
      const request = { seats, sharesHash: dealer.dealing!.sharesHash, signal };
      leaves.set(seat, await readLeaves({ ...request, bundle: once(bundle) }));
      hashes.set(seat, dealer.dealing!.sharesHash);
      const own = seatOf(state, sender.address);
      if (own === undefined || own.seat === seat) return;
      const { address: account } = sender;
      held.set(
        seat,
        await openShares({
          ...request,
          bundle: once(bundle),
          dealer: { domain: opened.domain, round, trainer: dealer.trainer, seat },
          recipient: { seat: own.seat, account, privateKey: encryptionKey.privateKey },
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!failed.has(seat))
        log.warn({ round, seat, trainer: dealer.trainer, err: error }, "these shares cannot be used");
      failed.add(seat);
    }
  }

  function fetched({ trainer, dealing }: SeatState, cohort: readonly Entry[]): Promise<Uint8Array> {
    const from = ownerFirst(cohort, trainer);
    const maxBytes = sharesBundleLength(seats, seats - 1);
    return traffic.fetch(dealing!.sharesId, { maxBytes, timeoutMs, from, signal });
  }

  return {
    round,
    async collect(state) {
      collecting ??= collectAll(state).finally(() => (collecting = undefined));
      await collecting;
    },
    from: (seat) => held.get(seat),
    leavesOf: (seat) => leaves.get(seat),
  };
}
