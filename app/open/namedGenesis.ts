/** What a task begins with and what it is called: computed here, so that nobody need be believed that it lies on IPFS. */
import type { Genesis, TaskRules } from "../../trainer/chain/taskRules.ts";
import { genesisFiles } from "../../trainer/roles/genesis.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { writeContent } from "../../trainer/storage/unixfsLayout.ts";
import { fetchContent } from "../model/gateway.ts";

export interface NamedGenesis {
  readonly genesis: Genesis;
  readonly modelBytes: number;
  readonly manifestBytes: number;
}

/** Draws the first model and names it and the manifest by their CIDs. Keeps neither. */
export async function nameGenesis(file: TaskFile, rules: TaskRules): Promise<NamedGenesis> {
  const { modelRoot, model, manifest } = genesisFiles(file, rules);
  const [modelId, manifestId] = [await writeContent(model, drop), await writeContent(manifest, drop)];
  return { genesis: { modelRoot, modelId, manifestId }, modelBytes: model.length, manifestBytes: manifest.length };
}

/** That a gateway gives both, whole and sound. @throws what fetchContent throws. */
export async function assertServed(gateway: string, named: NamedGenesis, signal: AbortSignal): Promise<void> {
  const { genesis, modelBytes, manifestBytes } = named;
  await fetchContent(gateway, genesis.manifestId, { maxBytes: manifestBytes, signal });
  await fetchContent(gateway, genesis.modelId, { maxBytes: modelBytes, signal });
}

async function drop(): Promise<void> {}
