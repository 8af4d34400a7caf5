/** The sponsor: draws the initial model, stores it with the manifest where trainers find them, and opens the task. */
import type { Genesis, TaskRules } from "../chain/taskRules.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { register } from "./directory.ts";
import { coveredBudget, escrowAndOpen, rulesHere } from "./escrow.ts";
import type { OpenedByUs } from "./escrow.ts";
import { genesisFiles } from "./genesis.ts";
import type { Party } from "./party.ts";
import type { TaskFile } from "./taskFile.ts";

/**
 * Stores model and manifest, registers where they are served, escrows the budget and opens the task.
 * @param initial The weights that it starts from; drawn from the file's seed unless given.
 */
export async function openTask(
  party: Omit<Party, "opened">,
  file: TaskFile,
  initial?: Float32Array,
): Promise<OpenedByUs> {
  const { deployment, sender, encryptionKey, store, log } = party;
  const rules = await rulesHere(deployment, sender.address, file);
  await coveredBudget(deployment, rules); // before anything is stored or sent
  const genesis = await storeGenesis(store, file, rules, initial);
  await register(deployment, sender, encryptionKey, store);
  const opened = await escrowAndOpen(party, rules, genesis);
  log.info({ task: opened.id }, "the task is open");
  return opened;
}

/** Keeps what a task begins with, for its trainers to fetch. */
export async function storeGenesis(
  store: ContentStore,
  file: TaskFile,
  rules: Pick<TaskRules, "serverRule" | "fractionBits" | "parameters">,
  initial?: Float32Array,
): Promise<Genesis> {
  const { modelRoot, model, manifest } = genesisFiles(file, rules, initial);
  return { modelRoot, modelId: await store.put(model), manifestId: await store.put(manifest) };
}
