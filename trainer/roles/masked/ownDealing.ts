/**
 * A trainer's own dealing of a round: its secrets, and the shares of them that it deals to everybody who entered. It is in
 * the store and in the journal before the chain hears of it, so a bot that is killed deals the same again.
 */
import { getBytes, hexlify } from "ethers";
import { seatOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { keyAddress, maskHash } from "../../privacy/dealing.ts";
import { deriveRoundSecrets, newDealingNonce } from "../../privacy/roundSecrets.ts";
import type { RoundSecrets } from "../../privacy/roundSecrets.ts";
import { sealShares } from "../../privacy/sharesBundle.ts";
import type { ShareRecipient } from "../../privacy/sharesBundle.ts";
import type { ContentId } from "../../storage/contentId.ts";
import { entriesOf } from "../directory.ts";
import type { Party } from "../party.ts";
import { sealedToUsableKeys } from "../usableKeys.ts";
import type { SecretsJournal, WrittenDealing } from "./secretsJournal.ts";

/** The dealing to share in `round`: the one in the journal if its shares are still in the store, or a fresh one. */
export async function dealingFor(
  party: Party,
  journal: SecretsJournal,
  keep: (id: ContentId) => Promise<void>,
  round: RoundState,
): Promise<WrittenDealing> {
  const [written] = journal.dealings(round.number);
  if (written !== undefined && (await party.store.holds(written.sharesId as ContentId))) return written;
  const nonce = newDealingNonce();
  const secrets = secretsUnder(party, round.number, nonce);
  const { bundle, sharesHash } = await sealedShares(party, round, secrets);
  const sharesId = await party.store.put(bundle);
  await keep(sharesId);
  const dealing = {
    round: round.number,
    nonce: hexlify(nonce),
    keyAddress: keyAddress(secrets.key),
    maskHash: maskHash(secrets.seed),
    ...{ sharesHash, sharesId },
  };
  await journal.writeDealing(dealing);
  return dealing;
}

/** The dealing that the chain has of a seat of ours, and its secrets; undefined if the journal knows nothing of it. */
export function dealingOnChain(
  party: Pick<Party, "opened" | "encryptionKey">,
  journal: SecretsJournal,
  round: number,
  { dealing }: SeatState,
): { readonly written: WrittenDealing; readonly secrets: RoundSecrets } | undefined {
  const written = journal
    .dealings(round)
    .find(({ keyAddress: own, sharesHash }) => own === dealing?.keyAddress && sharesHash === dealing.sharesHash);
  if (written === undefined) return undefined;
  return { written, secrets: secretsUnder(party, round, getBytes(written.nonce)) };
}

/** The secrets that a nonce stands for. */
export function secretsUnder(
  { opened, encryptionKey }: Pick<Party, "opened" | "encryptionKey">,
  round: number,
  nonce: Uint8Array,
): RoundSecrets {
  return deriveRoundSecrets(encryptionKey.privateKey, nonce, { domain: opened.domain, round });
}

/** Those who registered no usable key get no shares, and the log says so: the others are enough, or the round is void. */
async function sealedShares({ opened, sender, deployment, log }: Party, round: RoundState, secrets: RoundSecrets) {
  const own = seatOf(round, sender.address);
  if (own === undefined) throw new Error(`${sender.address} has no seat in round ${round.number}.`);
  const others = [...round.seats].filter(([seat]) => seat !== own.seat);
  const entries = await entriesOf(
    deployment,
    others.map(([, { trainer }]) => trainer),
  );
  const registered = others.flatMap(([seat], i): ShareRecipient[] => {
    const { account, encryptionKey } = entries[i]!;
    return encryptionKey === undefined ? [] : [{ seat, account, encryptionKey }];
  });
  return sealedToUsableKeys(
    registered,
    (recipients) =>
      sealShares({
        dealer: { domain: opened.domain, round: round.number, trainer: sender.address, seat: own.seat },
        secrets,
        threshold: opened.rules.shareThreshold,
        seats: opened.rules.maxTrainers,
        recipients,
      }),
    (account) => log.warn({ account }, "gets no shares: its registered key is unusable"),
  );
}
