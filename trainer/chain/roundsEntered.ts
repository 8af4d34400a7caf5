/** In how many rounds of which tasks an account has taken a seat. */
import { zeroPadValue } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { taskInterface } from "./contracts.ts";
import { readLogPages } from "./logPages.ts";

/**
 * By the task's address in lower case, tasks without any left out; one question for all tasks, of blocks `from` to `to`.
 * @throws BlocksNotThere if the node lags.
 */
export async function roundsEntered(
  provider: JsonRpcProvider,
  tasks: readonly string[],
  account: string,
  range: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  if (tasks.length === 0) return counts;
  const topics = [taskInterface.getEvent("TrainerEntered")!.topicHash, null, null, zeroPadValue(account, 32)];
  for await (const { logs } of readLogPages(provider, { addresses: tasks, topics }, range, signal)) {
    for (const { address } of logs) {
      const task = address.toLowerCase();
      counts.set(task, (counts.get(task) ?? 0) + 1);
    }
  }
  return counts;
}
