import type { Deployment } from "./deployment.ts";

/** The block in which the first task was opened: nothing was staked before. @returns undefined while there is no task. */
export async function firstTaskBlock({ foedus }: Pick<Deployment, "foedus">): Promise<number | undefined> {
  if ((await foedus.taskCount()) === 0n) return undefined;
  return Number(await foedus.openedAtBlock(await foedus.taskAt(1n)));
}
