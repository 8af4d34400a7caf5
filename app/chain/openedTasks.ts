/** Tasks by number or address, each read once: what is in them never changes, once their block is believed. */
import { effect } from "@preact/signals";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { chain as chainInUse, head } from "./node.ts";
import type { Chain } from "./node.ts";

const known = new WeakMap<Chain, Map<string, Promise<OpenedTask>>>();

/** @throws UnknownTask */
export function openedTask(chain: Chain, task: string): Promise<OpenedTask> {
  const tasks = known.get(chain) ?? new Map<string, Promise<OpenedTask>>();
  known.set(chain, tasks);
  const before = tasks.get(task);
  if (before !== undefined) return before;
  const found = findTask(chain, task);
  tasks.set(task, found);
  // What could not be read, or may yet be taken back, is asked for again the next time.
  const forget = () => tasks.get(task) === found && tasks.delete(task);
  found.then((opened) => isBelieved(opened) || forget(), forget);
  return found;
}

/** Forgets what was read of a chain that has taken blocks back. */
export function forgetTasks(chain: Chain): void {
  known.get(chain)?.clear();
}

/** The head that the page shows is already as many blocks down as it takes to believe one. */
function isBelieved({ block }: OpenedTask): boolean {
  const believed = head.peek();
  return believed !== undefined && block <= believed.number;
}

let last = head.peek();
effect(() => {
  const [chain, now] = [chainInUse.value, head.value];
  const isTakenBack = last && now && now.number <= last.number && now.hash !== last.hash;
  last = now;
  if (chain !== undefined && isTakenBack === true) forgetTasks(chain);
});
