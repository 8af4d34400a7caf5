/** The tasks that an account has staked in, as the vault's events tell, the last one first. Trainers stake before they enter. */
import type { Log } from "ethers";
import { RpcUnreachable } from "../../trainer/chain/chainErrors.ts";
import type { Chain } from "./node.ts";

export interface AccountTasks {
  /** Their addresses, up to this block. */
  look(block: number): Promise<readonly string[]>;
}

const FIRST_PAGE = 10_000;
const LARGEST_PAGE = 200_000;
/** Blocks that are read again at every look: a reorganisation may move a deposit into one that was read. */
const READ_AGAIN = 64;

export function createAccountTasks({ foedus, vault, provider, signal }: Chain, account: string): AccountTasks {
  const found = new Set<string>();
  let next: number | undefined;

  return {
    async look(block) {
      const from = next ?? (await firstBlock());
      if (from === undefined) return [];
      const deposits = vault.filters.StakeDeposited(undefined, account);
      const topics = await deposits.getTopicFilter();
      const address = await vault.getAddress();
      let page = FIRST_PAGE;
      for (let start = from; start <= block;) {
        signal.throwIfAborted();
        const end = Math.min(start + page - 1, block);
        try {
          note(await provider.getLogs({ address, topics, fromBlock: start, toBlock: end }));
        } catch (error) {
          // Nodes differ in how many blocks they look through at once and in how they say so.
          if (error instanceof RpcUnreachable || end === start) throw error;
          page = Math.max(1, Math.floor((end - start + 1) / 2));
          continue;
        }
        start = end + 1;
        page = Math.min(page * 2, LARGEST_PAGE);
      }
      next = Math.max(from, block - READ_AGAIN);
      return [...found].reverse();
    },
  };

  /** Where the first task was opened: nothing was staked before. */
  async function firstBlock(): Promise<number | undefined> {
    if ((await foedus.taskCount()) === 0n) return undefined;
    return Number(await foedus.openedAtBlock(await foedus.taskAt(1n)));
  }

  function note(logs: readonly Log[]): void {
    for (const log of logs) {
      const event = vault.interface.parseLog(log);
      if (event?.name === "StakeDeposited") found.add(String(event.args["task"]));
    }
  }
}
