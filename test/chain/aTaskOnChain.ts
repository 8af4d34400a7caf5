// A task on the local chain, opened by its first account, and accounts with stake in it: what tests of trainer/chain
// start from.
import { JsonRpcSigner, toQuantity } from "ethers";
import { sealedTaskAt } from "../../trainer/chain/contracts.ts";
import type { SealedTask } from "../../trainer/chain/contracts.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { fromTaskRules } from "../../trainer/chain/taskRules.ts";
import type { Genesis, TaskRules } from "../../trainer/chain/taskRules.ts";
import { GENESIS, RULES as MADE_UP, TOKEN, madeUpUpdate } from "../support/madeUpTask.ts";
import type { LocalChain } from "../support/localChain.ts";

export { GENESIS, TOKEN };

const RULES: Omit<TaskRules, "sponsor" | "rewardToken"> = { ...MADE_UP, privacy: "sealed", serverRule: "FedAvg" };

/** What every trainer of a task has staked: a few fines more than it needs. */
export const STAKE = 150n * TOKEN;

export interface TaskOnChain {
  readonly opened: OpenedTask;
  readonly task: SealedTask;
  readonly sponsor: JsonRpcSigner;
  readonly trainers: readonly JsonRpcSigner[];
  /** The contract as a trainer, or another account of the node's, calls it. */
  by(account: JsonRpcSigner): SealedTask;
}

/** Opens a task and stakes for the accounts 1 to `staked`. */
export async function aTaskOnChain(
  chain: LocalChain,
  options: { readonly staked?: number; readonly rules?: Partial<TaskRules>; readonly genesis?: Partial<Genesis> } = {},
): Promise<TaskOnChain> {
  const { foedus, stakeToken, vault } = chain.deployment;
  const sponsor = await chain.account(0);
  const minSummed = options.rules?.minTrainers ?? RULES.minTrainers;
  const rewardToken = await stakeToken.getAddress();
  const rules = { ...RULES, minSummed, sponsor: sponsor.address, rewardToken, ...options.rules };
  const config = fromTaskRules(rules);
  await stakeToken.connect(sponsor).approve(await foedus.getAddress(), await foedus.budgetOf(config));
  await foedus.connect(sponsor).openTask(config, { ...GENESIS, ...options.genesis });
  const opened = await findTask(chain.deployment, String(await foedus.taskCount()));
  const trainers = await Promise.all(
    Array.from({ length: options.staked ?? 3 }, (_, index) => chain.account(index + 1)),
  );
  for (const trainer of trainers) {
    await stakeToken.connect(sponsor).transfer(trainer.address, STAKE);
    await stakeToken.connect(trainer).approve(await vault.getAddress(), STAKE);
    await vault.connect(trainer).deposit(opened.address, STAKE);
  }
  const task = sealedTaskAt(opened.address, chain.provider);
  return { opened, task, sponsor, trainers, by: (account) => task.connect(account) };
}

/** The contract as the court calls it, which alone may overturn, expel and hold. */
export async function asTheCourt(chain: LocalChain, { opened }: TaskOnChain): Promise<SealedTask> {
  const court = await chain.deployment.court.getAddress();
  await chain.rpc("hardhat_impersonateAccount", court);
  await chain.rpc("hardhat_setBalance", court, toQuantity(10n ** 21n));
  return sealedTaskAt(opened.address, new JsonRpcSigner(chain.provider, court));
}

/** A made-up update of a trainer in a round: what it commits to and later reveals. */
export function anUpdate({ domain }: OpenedTask, round: number, trainer: string) {
  return madeUpUpdate(domain, round, trainer);
}
