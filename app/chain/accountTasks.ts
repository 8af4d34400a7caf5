/** The tasks that an account has staked in, as the vault's events tell, the last one first. Trainers stake before they enter. */
import type { Log } from "ethers";
import { firstTaskBlock } from "../../trainer/chain/firstTaskBlock.ts";
import { readLogPages } from "../../trainer/chain/logPages.ts";
import type { PageSize } from "../../trainer/chain/logPages.ts";
import { unlessAborted } from "../../trainer/chain/unlessAborted.ts";
import type { Chain } from "./node.ts";

export interface AccountTasks {
  /**
   * Their addresses, up to this block at least. Who looks while another look reads waits for the same reading, which stops
   * when nobody waits any more, and goes on there at the next look.
   * @throws the signal's reason.
   */
  look(block: number, signal: AbortSignal): Promise<readonly string[]>;
}

/** Deposits of one account are few. */
const PAGE_SIZE: PageSize = { blocks: 10_000, logs: 2_000 };
/** Blocks that are read again at every look: a reorganisation may move a deposit into one that was read. */
const READ_AGAIN = 64;

const known = new WeakMap<Chain, Map<string, AccountTasks>>();

/** The same for all views, so that none reads again what another has read. */
export function accountTasks(chain: Chain, account: string): AccountTasks {
  const accounts = known.get(chain) ?? new Map<string, AccountTasks>();
  known.set(chain, accounts);
  const own = accounts.get(account) ?? createAccountTasks(chain, account);
  accounts.set(account, own);
  return own;
}

function createAccountTasks(chain: Chain, account: string): AccountTasks {
  const { vault, provider, signal: chainEnds } = chain;
  const found = new Set<string>();
  let first: number | undefined;
  /** Where reading goes on. */
  let next = 0;
  let reading: Promise<number> | undefined;
  /** The last block that somebody waits for. */
  let wanted = -1;
  let waiting = 0;

  return {
    async look(block, signal) {
      const ends = AbortSignal.any([signal, chainEnds]);
      ends.throwIfAborted();
      // What nobody waits for any more may be beyond the end of a chain that has become shorter.
      wanted = waiting === 0 ? block : Math.max(wanted, block);
      waiting++;
      try {
        // What others wait for may have ended short of this block.
        while ((await unlessAborted((reading ??= read()), ends)) < block);
      } finally {
        waiting--;
      }
      return [...found].reverse();
    },
  };

  /** Up to which block it was read. */
  async function read(): Promise<number> {
    try {
      first ??= await firstTaskBlock(chain);
      if (first === undefined) return wanted;
      next = Math.max(first, next);
      const topics = await vault.filters.StakeDeposited(undefined, account).getTopicFilter();
      const filter = { addresses: [await vault.getAddress()], topics };
      while (next <= wanted && waiting > 0) {
        const range = { from: next, to: wanted };
        for await (const { logs, edge } of readLogPages(provider, filter, range, chainEnds, PAGE_SIZE)) {
          note(logs);
          next = edge.number + 1;
          if (waiting === 0) break;
        }
      }
      const reached = next - 1;
      if (reached >= wanted) next = Math.max(first, next - READ_AGAIN);
      return reached;
    } finally {
      reading = undefined;
    }
  }

  function note(logs: readonly Log[]): void {
    for (const log of logs) {
      const event = vault.interface.parseLog(log);
      if (event?.name === "StakeDeposited") found.add(String(event.args["task"]));
    }
  }
}
