/**
 * The trainers of a Foedus, read from events while somebody looks at them and kept for the visit: a second look goes on where
 * the first one stopped.
 */
import { signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { createTrainersReader } from "../../trainer/chain/trainersReader.ts";
import type { TrainersRead } from "../../trainer/chain/trainersReader.ts";
import type { Chain } from "./node.ts";
import { untilAnswered } from "./untilAnswered.ts";

export interface TrainerBook {
  /** What is read so far, a new object with every page; undefined before the first. */
  readonly read: ReadonlySignal<TrainersRead | undefined>;
  /** The time of a block in seconds since 1970; undefined until it was asked for and read. */
  timeOf(block: number): ReadonlySignal<number | undefined>;
  /** Asks for the times of these blocks, those that are not known. */
  readTimes(blocks: readonly number[]): void;
  /** Reads on to this block, until `ends` aborts. */
  readTo(block: number, ends: AbortSignal): void;
}

const books = new WeakMap<Chain, TrainerBook>();

export function trainerBook(chain: Chain): TrainerBook {
  const book = books.get(chain) ?? createTrainerBook(chain);
  books.set(chain, book);
  return book;
}

function createTrainerBook(chain: Chain): TrainerBook {
  const reader = createTrainersReader(chain);
  const read = signal<TrainersRead | undefined>(undefined);
  const times = new Map<number, Signal<number | undefined>>();
  const asked = new Set<number>();
  let wanted = 0;
  let isReading = false;
  /** Of who has asked last. */
  let looking: AbortSignal | undefined;

  const timeOf = (block: number) => {
    const time = times.get(block) ?? signal<number | undefined>(undefined);
    times.set(block, time);
    return time;
  };

  return {
    read,
    timeOf,
    readTimes(blocks) {
      for (const block of new Set(blocks)) {
        if (asked.has(block)) continue;
        asked.add(block);
        chain.provider.getBlock(block).then(
          (found) => (timeOf(block).value = found?.timestamp),
          // Asked for again when it is next shown.
          () => asked.delete(block),
        );
      }
    },
    readTo(block, ends) {
      wanted = Math.max(wanted, block);
      looking = ends;
      if (!isReading) void readOn(AbortSignal.any([ends, chain.signal]));
    },
  };

  async function readOn(ends: AbortSignal): Promise<void> {
    isReading = true;
    try {
      while ((read.value?.last ?? -1) < wanted) {
        await untilAnswered(async () => {
          for await (const now of reader.readTo(wanted, ends)) read.value = now;
        }, ends);
      }
    } catch {
      // Only an abort gets here. Who looks again while the first look is being broken off is not forgotten.
      if (!chain.signal.aborted && looking?.aborted === false) {
        void readOn(AbortSignal.any([looking, chain.signal]));
        return;
      }
    }
    isReading = false;
  }
}
