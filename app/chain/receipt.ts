/** A transaction that the wallet has sent, until the chain has it for good. */
import type { TransactionReceipt, TransactionResponse } from "ethers";
import { pause } from "../../trainer/chain/pause.ts";
import { head, onTrouble } from "./node.ts";
import type { Chain } from "./node.ts";

/** Another transaction of the account took its place: the wallet's owner has cancelled it, or the account is used elsewhere. */
export class Replaced extends Error {
  override readonly name = "Replaced";
}

/** Looks at the chain without a block that has it, after which it counts as stuck. */
const STUCK_AFTER_LOOKS = 15;
/** Blocks in which one that replaced it is looked for. */
const MOST_BLOCKS = 64;

/**
 * Waits for its receipt, or for that of the same transaction at a higher fee, as long as it takes the node to answer.
 * @param onState Told whether it is on its way or stuck.
 * @throws Replaced
 */
export async function receiptOf(
  { provider, pollMs, signal }: Chain,
  account: string,
  hash: string,
  onState: (state: "sent" | "stuck") => void,
): Promise<TransactionReceipt> {
  let sent: TransactionResponse | null = null;
  let [looks, current] = [0, hash];
  for (;;) {
    try {
      const receipt = await look();
      // The head is the last block that is believed.
      if (receipt !== null && receipt.blockNumber <= (head.value?.number ?? -1)) return receipt;
      onState(receipt === null && looks++ >= STUCK_AFTER_LOOKS ? "stuck" : "sent");
    } catch (error) {
      if (signal.aborted || error instanceof Replaced) throw error;
      onTrouble(error instanceof Error ? error.message : String(error));
    }
    await pause(pollMs, signal);
  }

  async function look(): Promise<TransactionReceipt | null> {
    const receipt = await provider.getTransactionReceipt(current);
    if (receipt !== null) return receipt;
    sent ??= await provider.getTransaction(hash);
    if (sent === null || (await provider.getTransactionCount(account, "latest")) <= sent.nonce) return null;
    const mined = await minedWith(sent.nonce);
    if (mined !== undefined && (mined.to !== sent.to || mined.data !== sent.data)) {
      throw new Replaced(`transaction ${mined.hash} took the place of ${hash}`);
    }
    current = mined?.hash ?? current;
    return null;
  }

  /** The account's transaction with this nonce in one of the last blocks. */
  async function minedWith(nonce: number): Promise<TransactionResponse | undefined> {
    const last = await provider.getBlockNumber();
    for (let number = last; number > last - MOST_BLOCKS && number > 0; number--) {
      const block = await provider.getBlock(number, true);
      const found = block?.prefetchedTransactions.find((each) => each.from === account && each.nonce === nonce);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
