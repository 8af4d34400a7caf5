/**
 * What a trainer must not forget between its commitment and its reveal. An opening is synced to disk before its
 * commitment is sent and never changed after, so a bot that is killed at any moment reveals what it committed to.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { writeWhole } from "../storage/wholeFile.ts";

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

/** The journal is damaged: revealing could contradict what was committed. */
export class JournalDamaged extends Error {
  override readonly name = "JournalDamaged";
}

/** Seats live for two rounds; a few more cover reorganisations. */
const ROUNDS_KEPT = 16;

/** @throws JournalDamaged if the file is there but cannot be understood. */
export async function openJournal(file: string): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let openings = await readOpenings(file);
  let last: Promise<unknown> = Promise.resolve();
  return {
    of: (round) => openings.filter((opening) => opening.round === round).reverse(),
    write(opening) {
      // One at a time: each writes the whole file. What is not on disk is not in the journal.
      const written = last.then(async () => {
        const kept = openings.filter(({ round }) => round > opening.round - ROUNDS_KEPT);
        await writeWhole(file, JSON.stringify([...kept, opening]));
        openings = [...kept, opening];
      });
      last = written.catch(() => undefined);
      return written;
    },
  };
}

async function readOpenings(file: string): Promise<Opening[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "[]";
    throw error;
  });
  try {
    return z.array(openingSchema).max(10_000).parse(JSON.parse(text));
  } catch {
    throw new JournalDamaged(
      `The journal ${file} is damaged. Move it away: the commitments in it cannot be revealed any more, ` +
        "which costs the fine for a missed deadline, but no other stake.",
    );
  }
}
