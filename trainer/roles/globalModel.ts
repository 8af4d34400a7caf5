/**
 * The model a round starts from, with its rule's moments: the one this participant has computed itself, or fetched and
 * checked against its root. And what a proposal says its sum and its model are, for those who have computed others.
 */
import { trainersOf } from "../chain/taskState.ts";
import type { Proposal, RoundState, TaskState } from "../chain/taskState.ts";
import { chunkRoot } from "../protocol/chunkTree.ts";
import { bytesToLanes, lanesToBytes } from "../protocol/lanes.ts";
import { stateToBytes } from "../protocol/modelRoot.ts";
import type { ServerState } from "../protocol/serverStep.ts";
import type { ContentId } from "../storage/contentId.ts";
import { entriesOf } from "./directory.ts";
import type { Entry } from "./directory.ts";
import { WrongModelRoot, fetchModel } from "./fetchModel.ts";
import type { Timing } from "./fetchModel.ts";
import type { Party } from "./party.ts";
import type { Traffic } from "./traffic.ts";

export interface GlobalModel {
  /** The model that the round under way starts from. */
  state(task: TaskState, signal: AbortSignal): Promise<ServerState>;
  /** The model that this final round ended with, without moments; that which the task began with, of round 0. */
  final(task: TaskState, round: number, timing: Timing): Promise<Int32Array>;
  /** Keeps a model that was computed here and makes it available to others; returns where it lies. */
  keep(root: string, state: ServerState): Promise<ContentId>;
  /** Keeps a round's sum that was computed here, for those who have computed another; returns where it lies. */
  keepSum(sum: Int32Array): Promise<ContentId>;
  /** The model that a proposal is for. */
  proposed(task: TaskState, round: RoundState, proposal: Proposal, timing: Timing): Promise<ServerState>;
  /** The sum that a proposal says it steps by. */
  proposedSum(task: TaskState, round: RoundState, proposal: Proposal, timing: Timing): Promise<Int32Array>;
}

const FETCH_TIMEOUT_MS = 120_000;
/** The current model and the one proposed. */
const MODELS_KEPT = 2;

export function createGlobalModel(
  { deployment, store }: Pick<Party, "deployment" | "store">,
  traffic: Traffic,
  keep: (id: ContentId) => Promise<void> = async () => {},
): GlobalModel {
  const known = new Map<string, ServerState>();

  function remember(root: string, state: ServerState): void {
    known.delete(root);
    known.set(root, state);
    for (const oldest of known.keys()) if (known.size > MODELS_KEPT) known.delete(oldest);
  }

  return {
    async state(task, signal) {
      const { root, id, round } = task.model;
      const cached = known.get(root);
      if (cached !== undefined) return cached;
      const source = task.rounds.get(round);
      const from = await holdersOf(task, source, source?.proposal);
      const state = await fetchModel(traffic, {
        ...{ root, id, from, signal, timeoutMs: FETCH_TIMEOUT_MS },
        ...{ parameters: task.rules.parameters, rule: task.rules.serverRule },
      });
      remember(root, state);
      return state;
    },
    async final(task, number, timing) {
      const round = task.rounds.get(number);
      const { parameters, serverRule: rule } = task.rules;
      if (number > 0 && (round?.result === undefined || round.proposal === undefined)) {
        throw new Error(`Round ${number} is not final.`);
      }
      const { modelRoot: root, modelId: id } = round?.proposal ?? task.genesis;
      const cached = known.get(root);
      if (cached !== undefined) return cached.model;
      const from = await holdersOf(task, round, round?.proposal);
      return (await fetchModel(traffic, { root, id, parameters, rule, from, ...timing })).model;
    },
    async keep(root, state) {
      const id = await stored(stateToBytes(state));
      remember(root, state);
      return id;
    },
    keepSum: (sum) => stored(lanesToBytes(sum)),
    async proposed(task, round, proposal, timing) {
      const { modelRoot: root, modelId: id } = proposal;
      const { parameters, serverRule: rule } = task.rules;
      const from = await holdersOf(task, round, proposal);
      return fetchModel(traffic, { root, id, parameters, rule, from, ...timing });
    },
    async proposedSum(task, round, proposal, timing) {
      const { seat, sumRoot, sumId } = proposal;
      const from = await holdersOf(task, round, proposal);
      const bytes = await traffic.fetch(sumId, { maxBytes: 4 * task.rules.parameters, from, ...timing });
      if (bytes.length !== 4 * task.rules.parameters || chunkRoot(bytes) !== sumRoot) {
        throw new WrongModelRoot(`The sum at ${sumId} is not the one that the proposal of seat ${seat} names.`);
      }
      return bytesToLanes(bytes);
    },
  };

  async function stored(bytes: Uint8Array): Promise<ContentId> {
    const id = await store.put(bytes);
    await keep(id);
    return id;
  }

  /** Its proposer first, then whoever has computed the same, then the sponsor. */
  function holdersOf(
    task: TaskState,
    round: RoundState | undefined,
    proposal: Pick<Proposal, "seat"> | undefined,
  ): Promise<Entry[]> {
    const cohort = round === undefined ? [] : trainersOf(round);
    const proposer = round?.seats.get(proposal?.seat ?? -1)?.trainer;
    const holders = [proposer, ...cohort, task.rules.sponsor].filter((account) => account !== undefined);
    return entriesOf(deployment, [...new Set(holders)]);
  }
}
