/** One task as its events tell it, block after block, for as long as a view shows it. */
import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { followTask } from "../../trainer/chain/followTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { errorText } from "../words/errorText.ts";
import type { Chain } from "./node.ts";
import { forgetTasks, openedTask } from "./openedTasks.ts";
import { untilAnswered } from "./untilAnswered.ts";

export interface Followed {
  readonly opened: ReadonlySignal<OpenedTask | undefined>;
  readonly state: ReadonlySignal<TaskState | undefined>;
  /** Why it cannot be read at all. */
  readonly fault: ReadonlySignal<string | undefined>;
  /** How often the chain has taken back what was read. */
  readonly reorganisations: ReadonlySignal<number>;
  stop(): void;
}

/** @param task Its number or address, as a link gives it. */
export function follow(chain: Chain, task: string): Followed {
  const own = new AbortController();
  const ends = AbortSignal.any([own.signal, chain.signal]);
  const opened = signal<OpenedTask | undefined>(undefined);
  const state = signal<TaskState | undefined>(undefined);
  const fault = signal<string | undefined>(undefined);
  const reorganisations = signal(0);
  void untilAnswered(read, ends).catch((error: unknown) => {
    if (!ends.aborted) fault.value = errorText(error);
  });
  return { opened, state, fault, reorganisations, stop: () => own.abort() };

  async function read(): Promise<void> {
    const { confirmations, pollMs } = chain;
    const onReorganisation = () => {
      forgetTasks(chain);
      reorganisations.value++;
    };
    const found = (opened.value ??= await openedTask(chain, task));
    ends.throwIfAborted();
    const states = followTask(chain.provider, found, { confirmations, pollMs, signal: ends, onReorganisation });
    for await (const now of states) state.value = now;
  }
}
