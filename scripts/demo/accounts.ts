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
  /** Coins, not tokens: what the court holds, and what it owes to the trainers. */
  readonly court: bigint;
  readonly owed: bigint;
}

const BURNT = "0x000000000000000000000000000000000000dEaD";

export async function readBalances(
  { stakeToken, vault, court, provider }: Deployment,
  accounts: { readonly sponsor: string; readonly trainers: readonly string[]; readonly task: string },
): Promise<Balances> {
  const held = (account: string) => stakeToken.balanceOf(account);
  return {
    sponsor: await held(accounts.sponsor),
    trainers: await Promise.all(accounts.trainers.map(held)),
    task: await held(accounts.task),
    vault: await held(await vault.getAddress()),
    burnt: await held(BURNT),
    court: await provider.getBalance(await court.getAddress()),
    owed: total(await Promise.all(accounts.trainers.map((trainer) => court.owed(trainer)))),
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

/** Stake taken for missed deadlines and fraud, in all, and what of it was burnt. */
export async function slashedStake(
  { vault }: Deployment,
  opened: OpenedTask,
): Promise<{ readonly slashed: bigint; readonly burnt: bigint }> {
  const events = await vault.queryFilter(vault.filters.StakeSlashed(opened.address), opened.block);
  const burnt = events.reduce((sum, { args }) => sum + args.burnt, 0n);
  return { burnt, slashed: events.reduce((sum, { args }) => sum + args.reward, burnt) };
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
    readonly burnt: bigint;
  },
): void {
  const { budget, returned, claims, burnt } = flows;
  const all = ({ sponsor, trainers, task, vault, burnt }: Balances) =>
    total([sponsor, ...trainers, task, vault, burnt]);
  const paid = total(claims.map(({ amount }) => amount));
  const expect = (what: string, have: bigint, want: bigint) => {
    if (have !== want) throw new Error(`The balances do not add up: ${what} is ${have} and must be ${want}.`);
  };
  expect("the escrow after opening", before.task, budget);
  expect("what was claimed and returned", paid + returned, budget);
  expect("the escrow in the end", after.task, 0n);
  expect("the sponsor's balance", after.sponsor, before.sponsor + returned);
  expect("the sum of all accounts", all(after), all(before));
  // Of what is slashed a part is burnt and the rest goes to trainers, for their trouble.
  expect("what is burnt", after.burnt - before.burnt, burnt);
  const staked = after.vault - before.vault;
  expect("the trainers' gain", total(after.trainers) - total(before.trainers), paid - staked - burnt);
  // Paid for answers that were asked for, or to be given back.
  expect("the court's coins", after.court, after.owed);
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}
