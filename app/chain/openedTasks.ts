/** Tasks by number or address, each read once: what is in them never changes. */
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { Chain } from "./node.ts";

const known = new WeakMap<Chain, Map<string, Promise<OpenedTask>>>();

/** @throws UnknownTask */
export function openedTask(chain: Chain, task: string): Promise<OpenedTask> {
  const tasks = known.get(chain) ?? new Map<string, Promise<OpenedTask>>();
  known.set(chain, tasks);
  const found = tasks.get(task) ?? findTask(chain, task);
  tasks.set(task, found);
  // What could not be read is asked for again the next time.
  found.catch(() => tasks.delete(task));
  return found;
}
