/** The sponsor: draws the initial model, stores it with the manifest where trainers find them, and opens the task. */
import { eventIn, foedusInterface, tokenAt } from "../chain/contracts.ts";
import type { FoedusToken } from "../chain/contracts.ts";
import { fromTaskRules } from "../chain/taskRules.ts";
import type { Genesis, TaskRules } from "../chain/taskRules.ts";
import { unitOf } from "../chain/tokenUnit.ts";
import { allowanceFor } from "../chain/allowance.ts";
import type { Backend } from "../learning/backend.ts";
import { WrongModelShape, createModel } from "../learning/model.ts";
import { modelRoot, stateToBytes } from "../protocol/modelRoot.ts";
import { quantise } from "../protocol/quantise.ts";
import { freshState } from "../protocol/serverStep.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { encodeManifest } from "./manifest.ts";
import { register } from "./directory.ts";
import type { Party } from "./party.ts";
import { manifestOf, rulesOf } from "./taskFile.ts";
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

/**
 * Stores model and manifest, registers where they are served, escrows the budget and opens the task.
 * @param initial The weights that it starts from; drawn from the file's seed unless given.
 */
export async function openTask(
  party: Omit<Party, "opened">,
  backend: Backend,
  file: TaskFile,
  initial?: Float32Array,
): Promise<OpenedByUs> {
  const { deployment, sender, encryptionKey, store, log } = party;
  const rules = await rulesFor(party, file);
  const config = fromTaskRules(rules);
  const budget = await deployment.foedus.budgetOf(config);
  const token = tokenAt(rules.rewardToken, deployment.provider);
  await requireBudget(token, sender.address, budget);

  const genesis = await storeGenesis(store, file, rules, initial ?? drawnWeights(backend, file));
  await register(deployment, sender, encryptionKey, store);
  const permit = await allowanceFor(sender, token, deployment.address, budget);
  const request =
    permit === undefined
      ? await deployment.foedus.openTask.populateTransaction(config, genesis)
      : await deployment.foedus.openTaskWithPermit.populateTransaction(
          config,
          genesis,
          permit.deadline,
          permit.v,
          permit.r,
          permit.s,
        );
  const receipt = await sender.send("open the task", request);
  const opening = eventIn(receipt.logs, foedusInterface, deployment.address, "TaskOpened");
  if (opening === undefined) throw new Error("The transaction opened no task: is this Foedus?");
  const id = Number(opening.args["id"]);
  log.info({ task: id }, "the task is open");
  return { id, task: String(opening.args["task"]), budget, gas: receipt.gasUsed };
}

async function rulesFor({ deployment, sender }: Omit<Party, "opened">, file: TaskFile): Promise<TaskRules> {
  const { stakeToken, provider } = deployment;
  const stakeDecimals = Number(await stakeToken.decimals());
  const rewardDecimals =
    file.rewardToken === undefined ? stakeDecimals : Number(await tokenAt(file.rewardToken, provider).decimals());
  const tokens = { stakeToken: await stakeToken.getAddress(), stakeDecimals, rewardDecimals };
  return rulesOf(file, sender.address, tokens);
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

function drawnWeights(backend: Backend, { architecture, seed }: TaskFile): Float32Array {
  const model = createModel(backend, architecture, seed);
  const weights = model.readWeights();
  model.dispose();
  return weights;
}

async function storeGenesis(
  store: ContentStore,
  file: TaskFile,
  rules: TaskRules,
  initial: Float32Array,
): Promise<Genesis> {
  if (initial.length !== rules.parameters) throw new WrongModelShape(rules.parameters, initial.length);
  const { fractionBits } = rules;
  // The model may use the whole range of a lane; only updates are clipped.
  const lanes = quantise(initial, { fractionBits, clip: 2 ** (31 - fractionBits) });
  const first = freshState(rules.serverRule, lanes);
  const modelId = await store.put(stateToBytes(first));
  const manifestId = await store.put(encodeManifest(manifestOf(file)));
  return { modelRoot: modelRoot(first), modelId, manifestId };
}
