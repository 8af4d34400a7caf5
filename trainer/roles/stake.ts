/** A trainer's stake in a task: whether it suffices, what to do when it does not, and how it is deposited. */
import { allowanceFor } from "../chain/allowance.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import { unitOf } from "../chain/tokenUnit.ts";
import type { Unit } from "../chain/tokenUnit.ts";
import type { Party } from "./party.ts";

type Staker = Pick<Party, "deployment" | "opened" | "sender">;

/** The stake that counts does not reach what the task asks for. */
export class InsufficientStake extends Error {
  override readonly name = "InsufficientStake";

  constructor(have: bigint, need: bigint, taskId: number, unit: Unit) {
    super(
      `Stake is ${unit.text(have)}, this task needs ${unit.number(need)}. ` +
        `Add it with: foedus stake deposit ${taskId} ${unit.number(need - have)}`,
    );
  }
}

/** What to say if the account's stake does not suffice to enter; undefined if it does. */
export async function missingStake({ deployment, opened, sender }: Staker): Promise<InsufficientStake | undefined> {
  const have = await deployment.vault.eligible(opened.address, sender.address);
  const { minStake } = opened.rules;
  if (have >= minStake) return undefined;
  return new InsufficientStake(have, minStake, opened.id, await unitOf(deployment.stakeToken));
}

/** @throws InsufficientStake if the account's stake does not suffice to enter. */
export async function assertStaked(staker: Staker): Promise<void> {
  const missing = await missingStake(staker);
  if (missing !== undefined) throw missing;
}

/** Stakes so much more, by permit or exact approval. */
export async function depositStake({ deployment, opened, sender }: Staker, amount: bigint): Promise<void> {
  const { vault, stakeToken } = deployment;
  const permit = await allowanceFor(sender, stakeToken, await vault.getAddress(), amount);
  const request =
    permit === undefined
      ? await vault.deposit.populateTransaction(opened.address, amount)
      : await vault.depositWithPermit.populateTransaction(
          opened.address,
          amount,
          permit.deadline,
          permit.v,
          permit.r,
          permit.s,
        );
  await sender.send("deposit stake", request);
}

/** Missed deadlines that a fresh deposit can pay for before the stake falls below what the task asks. */
const FINES_COVERED = 2n;

/** What a task asks for, with room for a few fines. */
export function comfortableStake({ minStake, missFine }: TaskRules): bigint {
  return minStake + FINES_COVERED * missFine;
}

/** Makes the account's stake comfortable if it does not suffice. */
export async function depositMissing(staker: Staker): Promise<void> {
  const { deployment, opened, sender } = staker;
  const have = await deployment.vault.eligible(opened.address, sender.address);
  if (have < opened.rules.minStake) await depositStake(staker, comfortableStake(opened.rules) - have);
}
