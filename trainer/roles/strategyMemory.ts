/**
 * What a strategy remembers from round to round, such as SCAFFOLD's control variates, on disk before it matters: a trainer that
 * is killed at any moment goes on with what it had. What a training would leave behind counts only once its round is final with
 * the own update in the sum; until then it waits under the round's number.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { NO_MEMORY } from "../learning/strategies/strategy.ts";
import type { Memory, Vectors } from "../learning/strategies/strategy.ts";
import { VectorFileDamaged, readVectors, writeVectors } from "../storage/vectorFile.ts";

export interface StrategyMemory {
  readonly memory: Memory;
  /** The last final round that `memory.shared` has followed; undefined of a trainer that is new in the task. */
  readonly followed: number | undefined;
  /** The round whose end decides about what `keep` was given last. */
  readonly pending: number | undefined;
  /** `memory.shared` after this final round. Returns when it is on disk. */
  follow(round: number, shared: Vectors): Promise<void>;
  /** What `memory.own` becomes if this round ends with the own update in its sum. Returns when it is on disk. */
  keep(round: number, own: Vectors): Promise<void>;
  /** The pending round is over: what was kept is now own, or forgotten. Returns when it is on disk. */
  settle(isOwn: boolean): Promise<void>;
}

/** The memory is damaged: training would go on from something else than it was. */
export class StrategyMemoryDamaged extends Error {
  override readonly name = "StrategyMemoryDamaged";
}

const sharedNote = z.strictObject({ followed: z.int().min(0) });
const ownNote = z.strictObject({ pending: z.int().min(1).optional() });

const OWN = "own ";
const KEPT = "kept ";

/** @throws StrategyMemoryDamaged if a file is there but cannot be understood. */
export async function openStrategyMemory(path: string): Promise<StrategyMemory> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const [sharedFile, ownFile] = [`${path}.shared`, `${path}.own`];
  const [writtenShared, writtenOwn] = await Promise.all([
    read(sharedFile, sharedNote, "Shared vectors"),
    read(ownFile, ownNote, "Own vectors"),
  ]);
  let { followed } = writtenShared?.note ?? { followed: undefined };
  let { pending } = writtenOwn?.note ?? { pending: undefined };
  let shared: Vectors = writtenShared?.vectors ?? NO_MEMORY.shared;
  let own = withPrefix(OWN, writtenOwn?.vectors ?? {});
  let kept = withPrefix(KEPT, writtenOwn?.vectors ?? {});

  async function writeOwn(next: { own: Vectors; kept: Vectors; pending: number | undefined }): Promise<void> {
    const vectors = { ...prefixed(OWN, next.own), ...prefixed(KEPT, next.kept) };
    await writeVectors(ownFile, { note: next.pending === undefined ? {} : { pending: next.pending }, vectors });
    ({ own, kept, pending } = next);
  }

  return {
    get memory() {
      return { shared, own };
    },
    get followed() {
      return followed;
    },
    get pending() {
      return pending;
    },
    async follow(round, next) {
      await writeVectors(sharedFile, { note: { followed: round }, vectors: next });
      [followed, shared] = [round, next];
    },
    keep: (round, next) => writeOwn({ own, kept: next, pending: round }),
    async settle(isOwn) {
      if (pending === undefined) return;
      await writeOwn({ own: isOwn ? kept : own, kept: {}, pending: undefined });
    },
  };
}

async function read<Note>(file: string, schema: z.ZodType<Note>, what: string) {
  try {
    const written = await readVectors(file);
    return written && { note: schema.parse(written.note), vectors: written.vectors };
  } catch (error) {
    if (!(error instanceof VectorFileDamaged) && !(error instanceof z.ZodError)) throw error;
    throw new StrategyMemoryDamaged(
      `${what} of the task's strategy in ${file} are damaged. Move the file away: training goes on without them, as that of a ` +
        "trainer who has just joined.",
    );
  }
}

function prefixed(prefix: string, vectors: Vectors): Vectors {
  return Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [`${prefix}${name}`, vector]));
}

function withPrefix(prefix: string, vectors: Vectors): Vectors {
  return Object.fromEntries(
    Object.entries(vectors).flatMap(([name, vector]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), vector]] : [],
    ),
  );
}
