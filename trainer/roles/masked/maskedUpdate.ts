/** A masked update on its way: masked and stored by its trainer, fetched and compared with its root by everybody. */
import { seatOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { edgeSeed } from "../../privacy/edgeSeed.ts";
import { mask } from "../../privacy/masking.ts";
import { chunkRoot } from "../../protocol/chunkTree.ts";
import { bytesToLanes, lanesToBytes } from "../../protocol/lanes.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import type { ContentId } from "../../storage/contentId.ts";
import type { FetchRequest, Traffic } from "../traffic.ts";
import type { Party } from "../party.ts";
import { UnacceptableUpdate } from "../sealedUpdate.ts";
import { sharersOf } from "./cohortView.ts";
import { dealingOnChain } from "./ownDealing.ts";
import type { SecretsJournal, WrittenUpdate } from "./secretsJournal.ts";

export type StoredUpdate = WrittenUpdate & { readonly contentId: string };

/**
 * The masked update to commit to in `round`: the one in the journal, or `delta` under the masks of all who have shared,
 * stored, kept and on disk.
 * @returns undefined if there is nothing to commit to: no delta, a dealing that the journal does not know, or a vector
 * masked before and lost since, for two vectors under one dealing would show their difference.
 */
export async function maskedUpdateFor(
  party: Party,
  journal: SecretsJournal,
  stopwatch: Stopwatch,
  keep: (id: ContentId) => Promise<void>,
  round: RoundState,
  delta: Int32Array | undefined,
): Promise<StoredUpdate | undefined> {
  const { opened, sender, store, log, signal } = party;
  const own = seatOf(round, sender.address);
  const dealt = own && dealingOnChain(party, journal, round.number, own.state);
  if (own === undefined || dealt === undefined) {
    log.error({ round: round.number }, "the journal does not know what was shared in this round: it cannot be played");
    return undefined;
  }
  const { keyAddress } = dealt.written;
  const written = journal.update(round.number, keyAddress);
  if (written !== undefined) {
    const { contentId } = written;
    if (contentId !== undefined && (await store.holds(contentId as ContentId))) return { ...written, contentId };
    log.error({ round: round.number }, "the masked update is gone from the store, and must not be masked twice");
    return undefined;
  }
  if (delta === undefined) return undefined;

  const sharers = sharersOf(opened.domain, round).filter(({ seat }) => seat !== own.seat);
  const forged = sharers.find(({ key }) => key === undefined);
  if (forged !== undefined) {
    // No contract takes such a key: the node has made it up.
    log.error({ round: round.number, seat: forged.seat }, "this seat's round key is not its trainer's: the node lies");
    return undefined;
  }
  const { masked, root } = await stopwatch.time("encrypt", async () => {
    const roundOfTask = { domain: opened.domain, round: round.number };
    const edges = sharers.map(({ seat, key }) => ({
      seat,
      seed: edgeSeed(dealt.secrets.key, key!, roundOfTask, [own.seat, seat]),
    }));
    const vector = await mask(delta, { seat: own.seat, seed: dealt.secrets.seed, edges }, { signal });
    return { masked: vector, root: chunkRoot(vector) };
  });
  const update = { round: round.number, keyAddress, root };
  // What is in the store others can fetch.
  await journal.writeUpdate(update);
  const contentId = await store.put(lanesToBytes(masked));
  await keep(contentId);
  await journal.writeUpdate({ ...update, contentId });
  return { ...update, contentId };
}

/**
 * Fetches a masked update and compares it with its root.
 * @throws UnacceptableUpdate if it is another one; the store's errors if it cannot be had.
 */
export async function fetchMaskedUpdate(
  traffic: Traffic,
  stopwatch: Stopwatch,
  parameters: number,
  { trainer, masked }: SeatState,
  request: Omit<FetchRequest, "maxBytes">,
): Promise<Int32Array> {
  if (masked === undefined) throw new Error(`${trainer} has not committed.`);
  const maxBytes = 4 * parameters;
  const bytes = await stopwatch.time("transfer", () => traffic.fetch(masked.contentId, { ...request, maxBytes }));
  return stopwatch.time("encrypt", async () => {
    if (bytes.length !== maxBytes || chunkRoot(bytes) !== masked.root) {
      throw new UnacceptableUpdate(`The masked update of ${trainer} has another root than it committed to.`);
    }
    return bytesToLanes(bytes);
  });
}
