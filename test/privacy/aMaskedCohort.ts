// A cohort in which everybody has entered and dealt to everybody, by the same calls that a trainer makes: secrets derived,
// public keys recovered from proofs of possession, shares opened from sealed bundles.

import { keyAddress } from "../../trainer/privacy/dealing.ts";
import { edgeSeed } from "../../trainer/privacy/edgeSeed.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/hpke.ts";
import { mask } from "../../trainer/privacy/masking.ts";
import { provePossession, recoverRoundKey } from "../../trainer/privacy/possession.ts";
import { deriveRoundSecrets, newDealingNonce } from "../../trainer/privacy/roundSecrets.ts";
import type { RoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
import type { CurvePoint } from "../../trainer/privacy/secp256k1.ts";
import { openShares, sealShares } from "../../trainer/privacy/sharesBundle.ts";
import type { SharePair } from "../../trainer/privacy/sharesBundle.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { randomHex, randomLanes } from "../support/seededRandom.ts";

export interface MaskedSeat {
  readonly seat: number;
  readonly secrets: RoundSecrets;
  readonly publicKey: CurvePoint;
  /** Its plain vector. */
  readonly vector: Int32Array;
  /** Shares it holds, by dealer's seat. */
  readonly held: ReadonlyMap<number, SharePair>;
}

export interface MaskedCohort {
  readonly task: { readonly domain: string; readonly round: number };
  readonly threshold: number;
  readonly seats: readonly MaskedSeat[];
  /** The masked vector of a seat when exactly `shared` have shared. */
  readonly masked: (seat: number, shared: readonly number[]) => Promise<Int32Array>;
}

export async function aMaskedCohort(
  random: Random,
  { size, threshold, lanes }: { size: number; threshold: number; lanes: number },
): Promise<MaskedCohort> {
  const task = { domain: randomHex(random, 32), round: random.below(2 ** 32) };
  const parties = await Promise.all(
    Array.from({ length: size }, async (_, seat) => {
      const account = randomHex(random, 20);
      const keys = await newEncryptionKeyPair();
      const secrets = deriveRoundSecrets(keys.privateKey, newDealingNonce(), task);
      const subject = { ...task, trainer: account };
      const publicKey = recoverRoundKey(provePossession(secrets.key, subject), subject, keyAddress(secrets.key));
      return { seat, account, keys, secrets, publicKey, vector: randomLanes(random, lanes) };
    }),
  );
  const dealt = await Promise.all(
    parties.map(async ({ seat, account, secrets }) => {
      const dealer = { ...task, seat, trainer: account };
      const recipients = parties
        .filter((party) => party.seat !== seat)
        .map((party) => ({ seat: party.seat, account: party.account, encryptionKey: party.keys.publicKey }));
      return { dealer, ...(await sealShares({ dealer, secrets, threshold, seats: size, recipients })) };
    }),
  );
  const seats = await Promise.all(
    parties.map(async ({ seat, account, keys, secrets, publicKey, vector }) => {
      const recipient = { seat, account, privateKey: keys.privateKey };
      const held = new Map<number, SharePair>();
      for (const { dealer, bundle, sharesHash } of dealt) {
        if (dealer.seat === seat) continue;
        held.set(dealer.seat, await openShares({ dealer, seats: size, sharesHash, recipient, bundle: once(bundle) }));
      }
      return { seat, secrets, publicKey, vector, held };
    }),
  );
  const edges = seats.map((own) =>
    seats.map((other) =>
      other === own ? new Uint8Array(32) : edgeSeed(own.secrets.key, other.publicKey, task, [own.seat, other.seat]),
    ),
  );
  const cache = new Map<string, Promise<Int32Array>>();
  const masked = (seat: number, shared: readonly number[]): Promise<Int32Array> => {
    const name = `${seat} of ${shared.join()}`;
    const { vector, secrets } = seats[seat]!;
    const others = shared
      .filter((other) => other !== seat)
      .map((other) => ({ seat: other, seed: edges[seat]![other]! }));
    const made = cache.get(name) ?? mask(vector, { seat, seed: secrets.seed, edges: others });
    cache.set(name, made);
    return made;
  };
  return { task, threshold, seats, masked };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
