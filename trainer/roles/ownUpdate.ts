/** A trainer's own update of a round, sealed once: what it commits to is in the store and in the journal before. */
import { roundNow, trainersOf } from "../chain/taskState.ts";
import type { TaskState } from "../chain/taskState.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import type { ContentId } from "../storage/contentId.ts";
import { entriesOf } from "./directory.ts";
import type { Journal, Opening } from "./journal.ts";
import type { Party } from "./party.ts";
import type { OwnUpdate } from "./localTraining.ts";
import { sealUpdate } from "./sealedUpdate.ts";

/**
 * The opening the journal has for this round, or a fresh one for `update`: sealed to the round's cohort, stored, kept and
 * on disk. After a crash the same update is committed again, so that nothing is ever revealed twice in two ways.
 * @returns undefined if what the journal names is lost from the store and there is no update to seal anew.
 */
export async function openingFor(
  party: Party,
  journal: Journal,
  stopwatch: Stopwatch,
  keep: (id: ContentId) => Promise<void>,
  state: TaskState,
  update: OwnUpdate | undefined,
): Promise<Opening | undefined> {
  const round = roundNow(state);
  const [written] = journal.of(round.number);
  if (written !== undefined && (await party.store.holds(contentOf(written)))) return written;
  if (update === undefined) return undefined;
  const opening = await stopwatch.time("encrypt", async () =>
    sealUpdate(
      ...([party, round.number, update.delta] as const),
      ...([await entriesOf(party.deployment, trainersOf(round)), update.coded] as const),
    ),
  );
  await keep(contentOf(opening));
  await journal.write(opening);
  return opening;
}

function contentOf({ contentId }: Opening): ContentId {
  return contentId as ContentId; // checked when the journal was read
}
