/** In how many rounds of which tasks an account has taken a seat. */
import { getAddress, zeroPadValue } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { taskInterface } from "./contracts.ts";
import { readLogPages } from "./logPages.ts";

/**
 * @param tasks Their addresses, in whatever case.
 * @returns by the task's address in lower case, tasks without any left out; one question for all tasks, of blocks `from` to `to`.
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
  const filter = { addresses: tasks.map((task) => getAddress(task)), topics };
  for await (const { logs } of readLogPages(provider, filter, range, signal)) {
    for (const { address } of logs) {
      const task = address.toLowerCase();
      counts.set(task, (counts.get(task) ?? 0) + 1);
    }
  }
  return counts;
}
