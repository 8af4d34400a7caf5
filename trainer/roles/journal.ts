/**
 * What a trainer must not forget between its commitment and its reveal. An opening is synced to disk before its
 * commitment is sent and never changed after, so a bot that is killed at any moment reveals what it committed to.
 */
import { z } from "zod";
import { openJournalFile } from "./journalFile.ts";

const word = z.string().regex(/^0x[0-9a-f]{64}$/);

const openingSchema = z.strictObject({
  round: z.int().min(1),
  commitment: word,
  root: word,
  contentKeyHash: word,
  contentId: word,
});

/** What opens one commitment; where the sealed update lies. */
export type Opening = z.infer<typeof openingSchema>;

export interface Journal {
  /** The openings written for a round, newest first: one, unless the first one's content was lost before the commit. */
  of(round: number): Opening[];
  /** Returns when it is on disk. */
  write(opening: Opening): Promise<void>;
}

/** Seats live for two rounds; a few more cover reorganisations. */
const ROUNDS_KEPT = 16;

/** @throws JournalDamaged if the file is there but cannot be understood. */
export async function openJournal(file: string): Promise<Journal> {
  const journal = await openJournalFile<readonly Opening[]>(file, {
    schema: z.array(openingSchema).max(10_000),
    empty: [],
    wayOut:
      "Move it away: the commitments in it cannot be revealed any more, which costs the fine for a missed deadline, but " +
      "no other stake.",
  });
  return {
    of: (round) => journal.content.filter((opening) => opening.round === round).reverse(),
    write: (opening) =>
      journal.change((old) => [...old.filter(({ round }) => round > opening.round - ROUNDS_KEPT), opening]),
  };
}
