/** Stake in words: how much counts in a task, and what to do when it does not suffice. */
import { formatUnits } from "ethers";
import { allowanceFor } from "../chain/allowance.ts";
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

/** Deposits what is missing for the account's stake to count, if anything is. */
export async function depositMissing({ deployment, opened, sender }: Pick<Party, "deployment" | "opened" | "sender">) {
  const { vault, stakeToken } = deployment;
  const missing = opened.rules.minStake - (await vault.eligible(opened.address, sender.address));
  if (missing <= 0n) return;
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
