/** A journal's file, written whole with every change: what is not on disk is not in the journal. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { writeWhole } from "../storage/wholeFile.ts";

export interface JournalFile<Content> {
  /** What is on disk. */
  readonly content: Content;
  /** Returns when what `next` makes of the content is on disk; one change at a time. The same content is not written again. */
  change(next: (content: Content) => Content): Promise<void>;
}

interface Kind<Content> {
  readonly schema: z.ZodType<Content>;
  readonly empty: Content;
  readonly wayOut: string;
}

/** The journal is damaged: revealing could contradict what was committed. */
export class JournalDamaged extends Error {
  override readonly name = "JournalDamaged";
}

/**
 * @param kind.empty What the journal holds while there is no file.
 * @param kind.wayOut What to do when the file is damaged, and what that costs.
 * @throws JournalDamaged if the file is there but cannot be understood.
 */
export async function openJournalFile<Content>(file: string, kind: Kind<Content>): Promise<JournalFile<Content>> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let content: Content = await read(file, kind);
  let last: Promise<unknown> = Promise.resolve();
  return {
    get content() {
      return content;
    },
    change(next) {
      const written = last.then(async () => {
        const changed = next(content);
        if (changed === content) return;
        await writeWhole(file, JSON.stringify(changed));
        content = changed;
      });
      last = written.catch(() => undefined);
      return written;
    },
  };
}

async function read<Content>(file: string, { schema, empty, wayOut }: Kind<Content>): Promise<Content> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
  if (text === undefined) return empty;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new JournalDamaged(`The journal ${file} is damaged. ${wayOut}`);
  }
}
