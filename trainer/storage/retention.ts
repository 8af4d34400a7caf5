/**
 * How long content is kept for others: a task says until when its participants must, this remembers it over restarts.
 * A JSON file of content ids and times, written whole and swapped in, so that a crash leaves the old or the new one.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { ContentId } from "./contentId.ts";
import type { ContentStore } from "./contentStore.ts";
import { writeWhole } from "./wholeFile.ts";

export interface Retention {
  /**
   * Pins local content until then (Unix time in seconds). Asked more than once, the latest time counts: several tasks
   * may need the same content. Throws ContentNotFound if it is not all local.
   */
  keepUntil(id: ContentId, unixSeconds: number): Promise<void>;
  /** Until when it is kept, undefined if nobody asked to. */
  keptUntil(id: ContentId): number | undefined;
  /** Unpins what was to be kept until `nowSeconds` or earlier; returns it. */
  letGoOfExpired(nowSeconds: number): Promise<ContentId[]>;
}

/** The file is there but cannot be understood. Nothing was unpinned. */
export class RetentionUnreadable extends Error {
  override readonly name = "RetentionUnreadable";
  constructor(file: string, options?: ErrorOptions) {
    super(
      `The retention file ${file} is damaged. All content stays pinned. ` +
        "Move the file away and start again: what the running tasks need is recorded anew, older content stays until unpinned.",
      options,
    );
  }
}

const times = z.record(z.string().regex(/^0x[0-9a-f]{64}$/), z.number().int().nonnegative());

/** Opens the record in `file`, which need not exist yet. Throws RetentionUnreadable if it is damaged. */
export async function openRetention(store: ContentStore, file: string): Promise<Retention> {
  const kept = await load(file);
  let last: Promise<unknown> = Promise.resolve();

  // One change at a time: each writes the whole file.
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  }

  return {
    keptUntil: (id) => kept.get(canonical(id)),

    async keepUntil(id, unixSeconds) {
      if (!Number.isSafeInteger(unixSeconds) || unixSeconds < 0) {
        throw new RangeError(`A time to keep content until is in whole Unix seconds, not ${unixSeconds}.`);
      }
      return inTurn(async () => {
        // Pinned before it is recorded: a crash between the two keeps too long, never too short.
        await store.pin(id);
        const until = kept.get(canonical(id));
        if (until !== undefined && until >= unixSeconds) return;
        kept.set(canonical(id), unixSeconds);
        await save(file, kept);
      });
    },

    letGoOfExpired(nowSeconds) {
      return inTurn(async () => {
        const expired = [...kept].filter(([, until]) => until <= nowSeconds).map(([id]) => id);
        if (expired.length === 0) return [];
        for (const id of expired) {
          await store.unpin(id);
          kept.delete(id);
        }
        await save(file, kept);
        return expired;
      });
    },
  };
}

async function load(file: string): Promise<Map<ContentId, number>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
  try {
    return new Map(Object.entries(times.parse(JSON.parse(text))) as [ContentId, number][]);
  } catch (cause) {
    throw new RetentionUnreadable(file, { cause });
  }
}

function save(file: string, kept: ReadonlyMap<ContentId, number>): Promise<void> {
  return writeWhole(file, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

function canonical(id: ContentId): ContentId {
  return id.toLowerCase() as ContentId;
}
