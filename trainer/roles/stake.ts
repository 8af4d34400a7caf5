/** Stake in words: how much counts in a task, and what to do when it does not suffice. */
import { formatUnits } from "ethers";

/** The stake that counts does not reach what the task asks for. */
export class InsufficientStake extends Error {
  override readonly name = "InsufficientStake";

  constructor(have: bigint, need: bigint, taskId: number, symbol = "FDS", decimals = 18) {
    const amount = (wei: bigint) => formatUnits(wei, decimals).replace(/\.0$/, "");
    super(
      `Stake is ${amount(have)} ${symbol}, this task needs ${amount(need)}. ` +
        `Add it with: foedus stake deposit ${taskId} ${amount(need - have)}`,
    );
  }
}
