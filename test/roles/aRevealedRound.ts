/**
 * A round on the local chain whose trainers have revealed real updates and wait for a proposal: where watchers begin.
 * All have one store in memory; what shall be hidden is taken out of it.
 */
import { HDNodeWallet } from "ethers";
import type { JsonRpcSigner } from "ethers";
import { readTask } from "../../trainer/chain/followTask.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { compress } from "../../trainer/learning/compression/compress.ts";
import type { CompressedUpdate } from "../../trainer/learning/compression/compress.ts";
import { updateForm } from "../../trainer/learning/compression/compression.ts";
import type { Compression } from "../../trainer/learning/compression/compression.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import type { OverturnedProposal, Proposal, TaskState } from "../../trainer/chain/taskState.ts";
import { createLog } from "../../trainer/observe/log.ts";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { CHUNK_LANES, chunkProof, chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { packOpening, pathToModelRoot } from "../../trainer/protocol/fraudProofs.ts";
import type { Sample } from "../../trainer/protocol/judgement.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { leftByTrim, rankedSum } from "../../trainer/protocol/laneRanks.ts";
import { modelRoot, stateToBytes, vectorsOf } from "../../trainer/protocol/modelRoot.ts";
import { momentCount, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerRule, ServerState } from "../../trainer/protocol/serverStep.ts";
import { entriesOf, register } from "../../trainer/roles/directory.ts";
import { MODEL, SUM, readDisclosure } from "../../trainer/roles/disclosure.ts";
import { createGlobalModel } from "../../trainer/roles/globalModel.ts";
import { createNextModel } from "../../trainer/roles/nextModel.ts";
import type { Party } from "../../trainer/roles/party.ts";
import type { Manifest } from "../../trainer/roles/manifest.ts";
import { encodeManifest } from "../../trainer/roles/manifest.ts";
import { updateLabel } from "../../trainer/roles/taskCompression.ts";
import { sealUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { createWatch } from "../../trainer/roles/watch.ts";
import type { Watch, WatchEvent } from "../../trainer/roles/watch.ts";
import { aTaskOnChain } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";
import type { LocalChain } from "../support/localChain.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { impatientTraffic, memoryStore } from "./memoryStore.ts";
import type { MemoryStore } from "./memoryStore.ts";

/** The last chunk is not full, and behind it there is padding. */
export const PARAMETERS = 1_000;
/** Of a network with so many. */
const MANIFEST: Manifest = {
  ...{ version: 1, title: "A revealed round", architecture: { kind: "mlp", inputs: [99], hidden: [], classes: 10 } },
  training: { epochs: 1, batchSize: 16, learningRate: 0.1, optimizer: "sgd" },
  data: {
    kind: "csv",
    features: Array.from({ length: 99 }, (_, i) => `feature ${i}`),
    label: "label",
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  },
};
const WEIGHT = 20;
/** The node's own accounts are Hardhat's. */
const PHRASE = "test test test test test test test test test test test junk";

/** Somebody with an account of the node's. */
export interface Person {
  readonly party: Party;
  readonly signer: JsonRpcSigner;
  /** What it has sent, in words. */
  readonly sent: string[];
}

/** What is posted, in numbers. */
export interface Posted {
  readonly sum: Int32Array;
  readonly next: ServerState;
}

export interface RevealedRound extends TaskOnChain {
  readonly chain: LocalChain;
  readonly store: MemoryStore;
  /** In the order of their seats. */
  readonly people: readonly Person[];
  /** Somebody without a seat. */
  readonly outsider: Person;
  readonly from: ServerState;
  /** What was committed to, in the order of seats. */
  readonly deltas: readonly Int32Array[];
  /** What is right to post. */
  readonly right: Posted;
  /** What follows from a sum. */
  step(sum: Int32Array): ServerState;
  state(): Promise<TaskState>;
}

interface RoundOptions {
  readonly trainers?: number;
  readonly rule?: ServerRule;
  readonly rules?: Partial<TaskRules>;
  /** Of the updates; of honest ones only. */
  readonly compression?: Compression;
  /** What a seat commits to instead of its honest update; `largest` is what its weight allows. */
  readonly lie?: (seat: number, honest: Int32Array, largest: number) => Int32Array;
}

/** The round that a `describe` is about, fresh for each of its tests. */
export function useRevealedRound(options: RoundOptions = {}): () => RevealedRound {
  const chain = useLocalChain();
  let there: RevealedRound;
  let snapshot: string;
  let contents: Map<string, Uint8Array>;
  before("begin a round", async () => {
    there = await aRevealedRound(chain(), options);
    snapshot = await chain().snapshot();
    contents = new Map(there.store.contents);
  });
  afterEach("go back to where it began", async () => {
    await chain().revert(snapshot);
    snapshot = await chain().snapshot();
    there.store.contents.clear();
    for (const [contentId, bytes] of contents) there.store.contents.set(contentId, bytes);
    for (const { sent } of [...there.people, there.outsider]) sent.length = 0;
  });
  return () => there;
}

/** Round 1 of a task, revealed by everybody; the time to attest has just begun. */
async function aRevealedRound(chain: LocalChain, options: RoundOptions = {}): Promise<RevealedRound> {
  const { trainers = 3, rule = "FedAvg", lie, compression } = options;
  const random = seededRandom(`a round of ${rule}`);
  const moments = momentCount(rule);
  const rules: Partial<TaskRules> = {
    ...{ serverRule: rule, parameters: PARAMETERS, maxTrainers: trainers },
    ...(moments > 0 ? { serverRate: 6554, momentum: 58_982 } : {}),
    ...(moments > 1 ? { secondMomentum: rule === "FedAdagrad" ? 0 : 64_881, adaptivity: 1049 } : {}),
    ...options.rules,
  };
  // Small enough that no step saturates, where a lie in the sum would not show.
  const vectors = Array.from({ length: 1 + moments }, () => randomLanes(random, PARAMETERS).map((lane) => lane >> 2));
  const from: ServerState = { model: vectors[0]!, moments: vectors.slice(1) };
  const store = memoryStore();
  const modelId = await store.put(stateToBytes(from));
  const manifestId = await store.put(encodeManifest({ ...MANIFEST, ...(compression && { compression }) }));
  const genesis = { modelRoot: modelRoot(from), modelId, manifestId };
  const there = await aTaskOnChain(chain, { staked: trainers, rules, genesis });
  const { opened, by } = there;

  const people: Person[] = [];
  for (let index = 1; index <= trainers + 1; index++) people.push(await aPerson(index));
  const outsider = people.pop()!;

  const seated = [...people.entries()];
  for (const [seat, { signer }] of seated) await by(signer).enter(seat, WEIGHT);
  const cohort = await entriesOf(
    chain.deployment,
    people.map(({ signer }) => signer.address),
  );
  const largest = (rule === "Uniform" ? 1 : WEIGHT) * opened.rules.bound;
  const random32 = people.map(() => randomLanes(random, PARAMETERS));
  const compressed = random32.map((lanes, seat) => compression && compressedUpdate(compression, lanes, seat));
  const honest = random32.map(
    (lanes, seat) =>
      compressed[seat]?.lanes.map((lane) => lane * (largest / opened.rules.bound)) ??
      lanes.map((lane) => lane % largest),
  );
  const deltas = honest.map((delta, seat) => lie?.(seat, delta, largest) ?? delta);
  const openings = await Promise.all(
    seated.map(([seat, { party }]) => sealUpdate(party, 1, deltas[seat]!, cohort, compressed[seat]?.coded)),
  );
  for (const [seat, { signer }] of seated) await by(signer).commit(1, seat, openings[seat]!.commitment);
  for (const [seat, { signer }] of seated) {
    const { root, contentKeyHash, contentId } = openings[seat]!;
    await by(signer).reveal(1, seat, root, contentKeyHash, contentId);
  }

  const { trim } = opened.rules;
  const ranked = honest.map((delta) => ({ sum: delta, divisor: 1 }));
  const sum = rankedSum(ranked, trim);
  const divisor = rule === "Uniform" ? leftByTrim(trainers, trim) : WEIGHT * trainers;
  const step = (of: Int32Array) => serverStep({ ...opened.rules, rule }, from, of, divisor);
  const state = () => readTask(chain.provider, opened, { confirmations: 0 });
  return { ...there, chain, store, people, outsider, from, deltas, right: { sum, next: step(sum) }, step, state };

  function compressedUpdate(how: Compression, lanes: Int32Array, seat: number): CompressedUpdate {
    const {
      domain,
      rules: { bound },
    } = opened;
    const label = updateLabel(domain, 1, people[seat]!.signer.address);
    const delta = lanes.map((lane) => lane % bound);
    return compress(updateForm(how, PARAMETERS), delta, { residual: undefined, bound, label });
  }

  async function aPerson(index: number): Promise<Person> {
    const wallet = HDNodeWallet.fromPhrase(PHRASE, undefined, `m/44'/60'/0'/0/${index}`);
    const { provider, deployment } = chain;
    const sending = createSender({
      ...{ wallet, provider, pollMs: 5, stuckAfterMs: 20_000, maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS },
    });
    const sent: string[] = [];
    const sender = {
      ...sending,
      send: async (...[words, request]: Parameters<typeof sending.send>) => {
        const receipt = await sending.send(words, request);
        sent.push(words);
        return receipt;
      },
    };
    const encryptionKey = await newEncryptionKeyPair();
    const log = createLog({ name: `person ${index}`, level: "silent", json: false });
    const signal = new AbortController().signal;
    const party: Party = { deployment, opened, sender, encryptionKey, store, log, signal };
    await register(deployment, sender, encryptionKey, store);
    sent.length = 0;
    return { party, signer: await chain.account(index), sent };
  }
}

/** Whoever is drawn, or else `seat`, proposes this; all it takes is in the store, but not what shall be hidden. */
export async function propose(
  { chain, by, people, store, state }: RevealedRound,
  { sum, next }: Posted,
  { seat = undefined as number | undefined, hidden = [] as readonly ("sum" | "model")[] } = {},
): Promise<{ readonly seat: number; readonly proposal: Proposal }> {
  let round = roundNow(await state());
  if (round.phase === "Attesting") await chain.mine(round.endsAt);
  const [sumId, modelId] = [await store.put(lanesToBytes(sum)), await store.put(stateToBytes(next))];
  if (hidden.includes("sum")) store.contents.delete(sumId);
  if (hidden.includes("model")) store.contents.delete(modelId);
  const proposer = seat ?? round.drawn!;
  await by(people[proposer]!.signer).propose(1, proposer, chunkRoot(sum), modelRoot(next), sumId, modelId);
  round = roundNow(await state());
  return { seat: proposer, proposal: round.proposal! };
}

/** Somebody who has what was posted shows all that is asked for; returns how much that was. */
export async function answerAll({ chain, opened, state, outsider }: RevealedRound, posted: Posted): Promise<number> {
  const { proposal } = roundNow(await state());
  if (proposal === undefined) return 0;
  const { open } = await readDisclosure(chain.deployment, opened.address, opened.rules, 1, proposal);
  const vectors = vectorsOf(posted.next);
  const roots = vectors.map(chunkRoot);
  const court = chain.deployment.court.connect(outsider.signer);
  for (const { vector, chunk } of open) {
    const opening =
      vector === SUM
        ? packOpening(chunkProof(posted.sum, chunk))
        : packOpening(chunkProof(vectors[vector - MODEL]!, chunk), ...pathToModelRoot(roots, vector - MODEL));
    await court.answerRequest(opened.address, 1, vector, chunk, opening);
  }
  return open.length;
}

/** Somebody asks for a chunk. */
export async function ask({ chain, opened }: RevealedRound, by: Person, vector: number, chunk: number): Promise<void> {
  const court = chain.deployment.court.connect(by.signer);
  const value = 10n ** 16n;
  await court.requestChunk(opened.address, 1, vector, chunk, { value });
}

/** Watches for somebody, one look at a time. */
export interface Watching {
  readonly events: WatchEvent[];
  readonly watch: Watch;
  /** Looks at the chain as it is, until nothing more is under way. */
  look(): Promise<void>;
}

export function watching(
  { state }: Pick<RevealedRound, "state">,
  { party }: Person,
  { answers = true, sample = undefined as Sample } = {},
): Watching {
  const traffic = impatientTraffic(party.store);
  const stopwatch = createStopwatch();
  const events: WatchEvent[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const globalModel = createGlobalModel(party, traffic);
  const nextModel = createNextModel(party, globalModel, traffic, stopwatch, () => {}, failed.reject, sample);
  const watch = createWatch(party, nextModel, globalModel, traffic, stopwatch, {
    ...{ pollMs: 5, answers, onEvent: (event) => void events.push(event) },
    ...(sample === undefined ? {} : { sample }),
  });
  return {
    events,
    watch,
    async look() {
      const now = await state();
      const round = roundNow(now);
      await nextModel.follow(now);
      const isThere = () =>
        nextModel.lacks(round) || (sample === undefined ? nextModel.of(round) : nextModel.sum(round)) !== undefined;
      while (!isThere()) {
        await Promise.race([pause(1), failed.promise]);
        await nextModel.follow(now);
      }
      watch.follow(now);
      await watch.idle();
    },
  };
}

/** Whoever takes the first, second, ... turn after this seat. */
export function turnAfter({ people }: RevealedRound, seat: number, turn = 1): Person {
  return people[(seat + turn) % people.length]!;
}

/** The proposals that were overturned so far. */
export async function overturned({ state }: RevealedRound): Promise<readonly OverturnedProposal[]> {
  return roundNow(await state()).overturned;
}

/** The chain's clock goes on. */
export async function pass({ chain, state }: RevealedRound, seconds: number): Promise<void> {
  await chain.mine((await state()).time + seconds);
}

export const kinds = ({ events }: Watching): string[] => events.map(({ event }) => event);

export const chunkAt = (lane: number): number => Math.floor(lane / CHUNK_LANES);

/** One lane of the sum is wrong, and the model does not follow from it. */
export function wrongSum({ right }: RevealedRound, lane: number): Posted {
  return { ...right, sum: corrupted(right.sum, lane) };
}

/** One lane of the sum is wrong, and the model follows from it. */
export function consistentLie(there: RevealedRound, lane: number): Posted {
  const { sum } = wrongSum(there, lane);
  return { sum, next: there.step(sum) };
}

/** One lane of the model is wrong, or of one of its moments. */
export function wrongStep({ right: { sum, next } }: RevealedRound, lane: number, vector = 0): Posted {
  const lie = (lanes: Int32Array, v: number) => (v === vector ? corrupted(lanes, lane) : lanes);
  return { sum, next: { model: lie(next.model, 0), moments: next.moments.map((moment, i) => lie(moment, i + 1)) } };
}

/** The same vector with its lane changed in one bit. */
function corrupted(vector: Int32Array, lane: number): Int32Array {
  const wrong = vector.slice();
  wrong[lane]! ^= 1 << 15;
  return wrong;
}
