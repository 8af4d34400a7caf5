/** A task's model with its manifest, from a gateway, checked against what the chain says of both. */
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import { momentCount } from "../../trainer/protocol/serverStep.ts";
import { fetchModel } from "../../trainer/roles/fetchModel.ts";
import { MAX_MANIFEST_BYTES, decodeManifest } from "../../trainer/roles/manifest.ts";
import type { Manifest } from "../../trainer/roles/manifest.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import { fetchContent } from "./gateway.ts";

/** A model as the chain names it. */
export interface NamedModel {
  /** Whose final model it is; 0 for the one that the task began with. */
  readonly round: number;
  readonly root: string;
  readonly id: ContentId;
}

export interface VerifiedModel {
  readonly named: NamedModel;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array<ArrayBuffer>;
  /** As the network takes them, in the order of its layers. */
  readonly weights: Float32Array<ArrayBuffer>;
}

export interface Progress {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** The model that a round ended with; the current one unless a round is asked for. Undefined if there is none. */
export function namedModel(state: TaskState, round?: number): NamedModel | undefined {
  if (round === undefined || round === state.model.round) return state.model;
  if (round === 0) return { round, root: state.genesis.modelRoot, id: state.genesis.modelId };
  const { result, proposal } = state.rounds.get(round) ?? {};
  if (result === undefined || proposal === undefined) return undefined;
  return { round, root: proposal.modelRoot, id: proposal.modelId };
}

/** What will come at most, in bytes; the manifest is small beside it. */
export function modelBytes({ rules }: Pick<OpenedTask, "rules">): number {
  return 4 * rules.parameters * (1 + momentCount(rules.serverRule));
}

/**
 * @throws GatewayFailed if the gateway does not give it, WrongModelRoot if it is not the chain's, UnusableManifest, what
 * fetchContent throws, or the signal's reason.
 */
export async function fetchVerified(
  gateway: string,
  { rules, genesis }: Pick<OpenedTask, "rules" | "genesis">,
  named: NamedModel,
  { signal, onBytes }: Progress,
): Promise<VerifiedModel> {
  const manifestBytes = Uint8Array.from(
    await fetchContent(gateway, genesis.manifestId, { maxBytes: MAX_MANIFEST_BYTES, signal }),
  );
  const manifest = decodeManifest(manifestBytes, rules.parameters);
  const traffic = {
    fetch: (id: ContentId, { maxBytes }: { readonly maxBytes: number }) =>
      fetchContent(gateway, id, { maxBytes, signal, onBytes }),
  };
  const { model } = await fetchModel(traffic, {
    ...{ root: named.root, id: named.id, parameters: rules.parameters, rule: rules.serverRule },
    ...{ from: [], timeoutMs: Infinity, signal },
  });
  return { named, manifest, manifestBytes, weights: Float32Array.from(dequantise(model, rules.fractionBits)) };
}
