/** Where every token is, before and after: nothing may appear or vanish. */
import type { Deployment } from "../../trainer/chain/deployment.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { eventIn, taskAt, taskInterface } from "../../trainer/chain/contracts.ts";
import type { Sender } from "../../trainer/chain/sender.ts";

export interface Balances {
  readonly sponsor: bigint;
  readonly trainers: readonly bigint[];
  /** In the task's escrow. */
  readonly task: bigint;
  /** Staked by all, in the vault. */
  readonly vault: bigint;
  readonly burnt: bigint;
}

const BURNT = "0x000000000000000000000000000000000000dEaD";

export async function readBalances(
  { stakeToken, vault }: Deployment,
  accounts: { readonly sponsor: string; readonly trainers: readonly string[]; readonly task: string },
): Promise<Balances> {
  const held = (account: string) => stakeToken.balanceOf(account);
  return {
    sponsor: await held(accounts.sponsor),
    trainers: await Promise.all(accounts.trainers.map(held)),
    task: await held(accounts.task),
    vault: await held(await vault.getAddress()),
    burnt: await held(BURNT),
  };
}

/** Returns to the sponsor what no round has earned. */
export async function refund(
  deployment: Deployment,
  opened: OpenedTask,
  sponsor: Sender,
  budget: bigint,
): Promise<bigint> {
  const task = taskAt(opened.address, deployment.provider);
  const { earned } = await task.progress();
  if (earned === budget) return 0n;
  const receipt = await sponsor.send("refund the budget", await task.refund.populateTransaction());
  const event = eventIn(receipt.logs, taskInterface, opened.address, "BudgetRefunded");
  return BigInt((event?.args["amount"] ?? 0n) as bigint);
}

/** Stake taken for missed deadlines and fraud, in all. */
export async function slashedStake({ vault }: Deployment, opened: OpenedTask): Promise<bigint> {
  const events = await vault.queryFilter(vault.filters.StakeSlashed(opened.address), opened.block);
  return events.reduce((sum, { args }) => sum + args.burnt + args.reward, 0n);
}

/**
 * Compares the balances right after the task was opened with those after everything was claimed and returned.
 * @throws Error naming the account whose balance is not what it must be, to the last unit.
 */
export function checkBalances(
  before: Balances,
  after: Balances,
  flows: {
    readonly budget: bigint;
    readonly returned: bigint;
    readonly claims: readonly { readonly amount: bigint }[];
    readonly slashed: bigint;
  },
): void {
  const { budget, returned, claims, slashed } = flows;
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const total = ({ sponsor, trainers, task, vault, burnt }: Balances) =>
    sum([sponsor, ...trainers, task, vault, burnt]);
  const paid = sum(claims.map(({ amount }) => amount));
  const expect = (what: string, have: bigint, want: bigint) => {
    if (have !== want) throw new Error(`The balances do not add up: ${what} is ${have} and must be ${want}.`);
  };
  expect("the escrow after opening", before.task, budget);
  expect("what was claimed and returned", paid + returned, budget);
  expect("the escrow in the end", after.task, 0n);
  expect("the sponsor's balance", after.sponsor, before.sponsor + returned);
  expect("the sum of all accounts", total(after), total(before));
  // Of what is slashed a part is burnt and the rest goes to trainers as tips.
  const burnt = after.burnt - before.burnt;
  const staked = after.vault - before.vault;
  expect("the trainers' gain", sum(after.trainers) - sum(before.trainers), paid - staked - burnt);
  if (burnt > slashed) throw new Error(`The balances do not add up: ${burnt} was burnt of ${slashed} slashed.`);
}
