/** Escrows a task's budget and opens it, once its model and manifest have names. */
import { allowanceFor } from "../chain/allowance.ts";
import { eventIn, foedusInterface, tokenAt } from "../chain/contracts.ts";
import type { FoedusToken } from "../chain/contracts.ts";
import type { Deployment } from "../chain/deployment.ts";
import type { Sender } from "../chain/sender.ts";
import { fromTaskRules } from "../chain/taskRules.ts";
import type { Genesis, TaskRules } from "../chain/taskRules.ts";
import { unitOf } from "../chain/tokenUnit.ts";
import { rulesOf } from "./taskFile.ts";
import type { TaskFile } from "./taskFile.ts";

export interface OpenedByUs {
  readonly id: number;
  readonly task: string;
  /** Escrowed, in wei of the reward token. */
  readonly budget: bigint;
  readonly gas: bigint;
}

/** The sponsor's account does not hold the budget. */
export class BudgetNotCovered extends Error {
  override readonly name = "BudgetNotCovered";
}

/** The file's rules as this account would open them, in the units of the tokens here. @throws as rulesOf */
export async function rulesHere(
  { stakeToken, provider }: Pick<Deployment, "stakeToken" | "provider">,
  sponsor: string,
  file: TaskFile,
): Promise<TaskRules> {
  const stakeDecimals = Number(await stakeToken.decimals());
  const rewardDecimals =
    file.rewardToken === undefined ? stakeDecimals : Number(await tokenAt(file.rewardToken, provider).decimals());
  return rulesOf(file, sponsor, { stakeToken: await stakeToken.getAddress(), stakeDecimals, rewardDecimals });
}

/** What the task costs, in wei of its reward token. @throws BudgetNotCovered if the account holds less. */
export async function coveredBudget(
  { foedus, provider }: Pick<Deployment, "foedus" | "provider">,
  rules: TaskRules,
): Promise<bigint> {
  const budget = await foedus.budgetOf(fromTaskRules(rules));
  await requireBudget(tokenAt(rules.rewardToken, provider), rules.sponsor, budget);
  return budget;
}

/** Takes two signatures where the token knows permits, else two transactions. @throws BudgetNotCovered */
export async function escrowAndOpen(
  { deployment, sender }: { readonly deployment: Deployment; readonly sender: Sender },
  rules: TaskRules,
  genesis: Genesis,
): Promise<OpenedByUs> {
  const { foedus, provider, address } = deployment;
  const config = fromTaskRules(rules);
  const budget = await coveredBudget(deployment, rules);
  const permit = await allowanceFor(sender, tokenAt(rules.rewardToken, provider), address, budget);
  const request =
    permit === undefined
      ? await foedus.openTask.populateTransaction(config, genesis)
      : await foedus.openTaskWithPermit.populateTransaction(
          config,
          genesis,
          permit.deadline,
          permit.v,
          permit.r,
          permit.s,
        );
  const receipt = await sender.send("open the task", request);
  const opening = eventIn(receipt.logs, foedusInterface, address, "TaskOpened");
  if (opening === undefined) throw new Error("The transaction opened no task: is this Foedus?");
  return { id: Number(opening.args["id"]), task: String(opening.args["task"]), budget, gas: receipt.gasUsed };
}

async function requireBudget(token: FoedusToken, account: string, budget: bigint): Promise<void> {
  const balance = await token.balanceOf(account);
  if (balance >= budget) return;
  const { text } = await unitOf(token);
  throw new BudgetNotCovered(
    `The task costs ${text(budget)}, ${account} holds ${text(balance)}. ` +
      "Offer smaller rewards or fewer rounds, or fund the account.",
  );
}
