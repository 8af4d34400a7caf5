/** Stake in words: how much counts in a task, and what to do when it does not suffice. */
import { formatUnits } from "ethers";
import { allowanceFor } from "../chain/allowance.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import type { Party } from "./party.ts";

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

/** Missed deadlines that a fresh deposit can pay for before the stake falls below what the task asks. */
const FINES_COVERED = 2n;

/** What a task asks for, with room for a few fines. */
export function comfortableStake({ minStake, missFine }: TaskRules): bigint {
  return minStake + FINES_COVERED * missFine;
}

/** Makes the account's stake comfortable if it does not suffice. */
export async function depositMissing({ deployment, opened, sender }: Pick<Party, "deployment" | "opened" | "sender">) {
  const { vault, stakeToken } = deployment;
  const have = await vault.eligible(opened.address, sender.address);
  if (have >= opened.rules.minStake) return;
  const missing = comfortableStake(opened.rules) - have;
  const permit = await allowanceFor(sender, stakeToken, await vault.getAddress(), missing);
  const request =
    permit === undefined
      ? await vault.deposit.populateTransaction(opened.address, missing)
      : await vault.depositWithPermit.populateTransaction(
          opened.address,
          missing,
          permit.deadline,
          permit.v,
          permit.r,
          permit.s,
        );
  await sender.send("deposit stake", request);
}
