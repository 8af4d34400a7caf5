/** The model a round starts from: the one this participant has computed itself, or fetched and checked against its root. */
import type { TaskState } from "../chain/taskState.ts";
import { chunkRoot } from "../protocol/chunkTree.ts";
import { bytesToLanes, lanesToBytes } from "../protocol/lanes.ts";
import { WrongModelShape } from "../learning/model.ts";
import type { ContentId } from "../storage/contentId.ts";
import { entriesOf } from "./directory.ts";
import type { Entry } from "./directory.ts";
import type { Party } from "./party.ts";
import type { Traffic } from "./traffic.ts";

/** What was fetched is not the model that the chain names. */
export class WrongModelRoot extends Error {
  override readonly name = "WrongModelRoot";
}

export interface GlobalModel {
  /** The lanes of the model that the round under way starts from. */
  lanes(state: TaskState, signal: AbortSignal): Promise<Int32Array>;
  /** Keeps a model that was computed here and makes it available to others; returns where it lies. */
  keep(root: string, lanes: Int32Array): Promise<ContentId>;
  /** Keeps a round's sum that was computed here, for those who have computed another; returns where it lies. */
  keepSum(sum: Int32Array): Promise<ContentId>;
}

const FETCH_TIMEOUT_MS = 120_000;
/** The current model and the one proposed. */
const MODELS_KEPT = 2;

export function createGlobalModel(
  { deployment, store }: Pick<Party, "deployment" | "store">,
  traffic: Traffic,
  keep: (id: ContentId) => Promise<void> = async () => {},
): GlobalModel {
  const known = new Map<string, Int32Array>();

  function remember(root: string, lanes: Int32Array): void {
    known.delete(root);
    known.set(root, lanes);
    for (const oldest of known.keys()) if (known.size > MODELS_KEPT) known.delete(oldest);
  }

  return {
    async lanes(state, signal) {
      const { root, id } = state.model;
      const cached = known.get(root);
      if (cached !== undefined) return cached;
      const from = await holdersOf(state);
      const lanes = await fetchModel(traffic, { root, id, parameters: state.rules.parameters, from, signal });
      remember(root, lanes);
      return lanes;
    },
    async keep(root, lanes) {
      const id = await stored(lanes);
      remember(root, lanes);
      return id;
    },
    keepSum: stored,
  };

  async function stored(lanes: Int32Array): Promise<ContentId> {
    const id = await store.put(lanesToBytes(lanes));
    await keep(id);
    return id;
  }

  function holdersOf(state: TaskState): Promise<Entry[]> {
    const { round } = state.model;
    const cohort = [...(state.rounds.get(round)?.seats.values() ?? [])].map(({ trainer }) => trainer);
    const proposer = state.rounds.get(round)?.seats.get(state.rounds.get(round)?.proposal?.seat ?? -1)?.trainer;
    const holders = [proposer, ...cohort, state.rules.sponsor].filter((account) => account !== undefined);
    return entriesOf(deployment, [...new Set(holders)]);
  }
}

export interface ModelRequest {
  readonly root: string;
  readonly id: ContentId;
  readonly parameters: number;
  readonly from: readonly Entry[];
  readonly signal: AbortSignal;
}

/**
 * Fetches a model and checks it.
 * @throws WrongModelShape if it has another number of parameters, WrongModelRoot if it is another model, or the store's errors.
 */
export async function fetchModel(traffic: Traffic, request: ModelRequest): Promise<Int32Array> {
  const { root, id, parameters, from, signal } = request;
  const bytes = await traffic.fetch(id, { maxBytes: 4 * parameters, timeoutMs: FETCH_TIMEOUT_MS, from, signal });
  if (bytes.length !== 4 * parameters) throw new WrongModelShape(parameters, bytes.length / 4);
  const found = chunkRoot(bytes);
  if (found !== root) {
    throw new WrongModelRoot(
      `The model at ${id} has the root ${found}, the chain says ${root}. ` +
        "Its proposer published something else: wait for another proposal, or for the round to end.",
    );
  }
  return bytesToLanes(bytes);
}
