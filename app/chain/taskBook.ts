/**
 * The tasks of a Foedus by number, read a few at a time and only while somebody looks at them: what never changes once, the
 * rest with every block.
 */
import { signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { taskAt } from "../../trainer/chain/contracts.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { PHASES } from "../../trainer/protocol/roundClock.ts";
import type { Phase } from "../../trainer/protocol/roundClock.ts";
import { errorText } from "../words/errorText.ts";
import { onTrouble } from "./node.ts";
import type { Chain } from "./node.ts";
import { openedTask } from "./openedTasks.ts";

export interface TaskSummary {
  readonly opened: OpenedTask;
  readonly round: number;
  readonly phase: Phase;
  /** When the phase ends by the clock: seconds since 1970. */
  readonly endsAt: number;
  readonly completed: number;
  readonly closed: boolean;
  /** Wei of the reward token that final rounds have earned. */
  readonly earned: bigint;
}

export interface TaskBook {
  /** How many tasks there are, numbered from 1; undefined until that is known. */
  readonly count: ReadonlySignal<number | undefined>;
  /** One task, undefined until it is read; or why it cannot be. */
  task(id: number): ReadonlySignal<TaskSummary | string | undefined>;
  /** Reads these, in this order, and reads no others any more. */
  want(ids: readonly number[]): void;
  /** Looks at the count and at the wanted tasks again. */
  refresh(): void;
}

/** Tasks asked for at once: each takes six requests, and a batch holds a hundred. The first few come sooner alone. */
const AT_ONCE = 16;
const AT_FIRST = 6;

export function createTaskBook(chain: Chain): TaskBook {
  const count = signal<number | undefined>(undefined);
  const tasks = new Map<number, Signal<TaskSummary | string | undefined>>();
  const stale = new Set<number>();
  let wanted: readonly number[] = [];
  let counting = false;
  let reading = false;
  let hasRead = false;

  const at = (id: number) => {
    const known = tasks.get(id) ?? signal<TaskSummary | string | undefined>(undefined);
    tasks.set(id, known);
    return known;
  };

  return {
    count,
    task: at,
    want(ids) {
      wanted = ids;
      void read();
    },
    refresh() {
      for (const id of tasks.keys()) stale.add(id);
      void recount();
      void read();
    },
  };

  async function recount(): Promise<void> {
    if (counting) return;
    counting = true;
    try {
      count.value = Number(await chain.foedus.taskCount());
    } catch (error) {
      complain(error);
    } finally {
      counting = false;
    }
  }

  async function read(): Promise<void> {
    if (reading) return;
    reading = true;
    try {
      for (let next = due(); next.length > 0 && !chain.signal.aborted; next = due()) {
        for (const id of next) stale.delete(id);
        await Promise.all(next.map(readOne));
        hasRead = true;
      }
    } finally {
      reading = false;
    }
  }

  function due(): number[] {
    return wanted.filter((id) => at(id).value === undefined || stale.has(id)).slice(0, hasRead ? AT_ONCE : AT_FIRST);
  }

  async function readOne(id: number): Promise<void> {
    try {
      const opened = await openedTask(chain, String(id));
      const contract = taskAt(opened.address, chain.provider);
      const [[round, phase, endsAt], progress] = await Promise.all([contract.clock(), contract.progress()]);
      at(id).value = {
        opened,
        round: Number(round),
        phase: PHASES[Number(phase)] ?? "Idle",
        endsAt: Number(endsAt),
        completed: Number(progress.completed),
        closed: progress.closed,
        earned: progress.earned,
      };
    } catch (error) {
      complain(error);
      // What was known stays; a task of which nothing is known says why.
      const known = at(id);
      if (known.value === undefined) known.value = errorText(error);
    }
  }

  function complain(error: unknown): void {
    if (!chain.signal.aborted) onTrouble(error);
  }
}
