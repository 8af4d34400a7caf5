/** Rounds whose vectors are real, so that they can be disputed: trees, commitments, sums and steps, and any lie in them. */
import { createRandom } from "../../trainer/learning/random.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { CHUNK_LANES, chunkDepth, chunkRoot, chunkTree, parentOf } from "../../trainer/protocol/chunkTree.ts";
import type { ChunkProof, ChunkTree } from "../../trainer/protocol/chunkTree.ts";
import { updateCommitment } from "../../trainer/protocol/commitments.ts";
import { claimOf, encodingProof, stepProof, sumProof } from "../../trainer/protocol/fraudProofs.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { leftByTrim, rankedSum } from "../../trainer/protocol/laneRanks.ts";
import { combineRoots } from "../../trainer/protocol/modelRoot.ts";
import { SERVER_RULES, momentCount, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerRule, ServerState } from "../../trainer/protocol/serverStep.ts";
import { randomHex, randomLanes } from "./seededRandom.ts";
import { aTaskWith, drawnSeat, ethers, passDeadline, phaseOf, weightOf } from "./task.ts";
import type { Rules, Signer, TaskFixture } from "./task.ts";

/** A vector that can be opened, at the disputed chunk at least. */
export type Openable = Pick<ChunkTree, "root" | "proof">;

/** An update as it is committed to. */
export interface Committed {
  readonly tree: Openable;
  readonly contentKeyHash: string;
}

/** A round of a task: what its seats committed to, and the model and moments that it steps from. */
export interface DisputedRound extends TaskFixture {
  readonly round: number;
  readonly updates: readonly Committed[];
  readonly from: readonly Openable[];
}

/** What an aggregator posts: the sum, and the next model with its moments. */
export interface Posted {
  readonly sum: Openable;
  readonly next: readonly Openable[];
}

/** The same in numbers. */
export interface Vectors {
  readonly sum: Int32Array;
  readonly next: ServerState;
}

/** A round whose updates and model are known in full. */
export interface RealRound extends DisputedRound {
  readonly rule: ServerRule;
  readonly lanes: readonly Int32Array[];
  readonly state: ServerState;
}

interface RoundOptions {
  random: Random;
  trainers?: number;
  rule?: ServerRule;
  rules?: Partial<Rules>;
  /** What a seat commits to instead of its honest update. */
  lie?: (seat: number, honest: Int32Array, largest: number) => Int32Array;
}

/** The largest that `weightOf` gives. */
const MAX_WEIGHT = 17;

/** The numbers that a task with this server rule has. */
export function serverRules(rule: ServerRule) {
  const moments = momentCount(rule);
  return {
    serverRule: SERVER_RULES.indexOf(rule),
    serverRate: moments > 0 ? 6554 : 0,
    momentum: moments > 0 ? 58_982 : 0,
    secondMomentum: moments > 1 && rule !== "FedAdagrad" ? 64_881 : 0,
    adaptivity: moments > 1 ? 1049 : 0,
  };
}

/** Round 1 of a task whose model and moments are any numbers, revealed by everybody. */
export async function aRealRound(options: RoundOptions): Promise<RealRound> {
  const { random, trainers = 3, rule = "FedAvg" } = options;
  const rules = {
    ...serverRules(rule),
    maxTrainers: trainers,
    minTrainers: 1,
    maxWeight: MAX_WEIGHT,
    ...options.rules,
  };
  const parameters = rules.parameters ?? 300;
  const [model, ...moments] = Array.from({ length: 1 + momentCount(rule) }, () => randomLanes(random, parameters));
  const state = { model: model!, moments };
  const modelRoot = combineRoots(vectorsOf(state).map(chunkRoot));
  const task = await aTaskWith({ staked: trainers, rules: { ...rules, parameters }, modelRoot });
  return aRoundFrom(task, 1, state, options);
}

/** A round of a task that steps from this model and its moments, revealed by everybody. */
export async function aRoundFrom(
  task: TaskFixture,
  round: number,
  state: ServerState,
  { random, rule = "FedAvg", lie }: RoundOptions,
): Promise<RealRound> {
  const lanes = task.trainers.map((_, seat) => {
    const weight = rule === "Uniform" ? 1 : weightOf(seat);
    const largest = weight * task.rules.bound;
    const honest = Int32Array.from({ length: task.rules.parameters }, () => likelyLane(random, weight, largest));
    return lie?.(seat, honest, largest) ?? honest;
  });
  const updates = lanes.map((vector) => ({ tree: chunkTree(vector), contentKeyHash: randomHex(random, 32) }));
  const from = vectorsOf(state).map((vector) => chunkTree(vector));
  const real = { ...task, round, updates, from, rule, lanes, state };
  await revealAll(real);
  return real;
}

/** What is right to post when the updates of these seats, or of all, are in the sum. */
export function rightOf({ rules, rule, lanes, state }: RealRound, some?: readonly number[]): Vectors {
  const seats = some ?? lanes.map((_, seat) => seat);
  const sum = sumOf(
    seats.map((seat) => lanes[seat]!),
    rules.trim,
  );
  const weight = seats.reduce((total, seat) => total + (rule === "Uniform" ? 1 : weightOf(seat)), 0);
  const divisor = rules.trim === 0 ? weight : leftByTrim(seats.length, rules.trim);
  return { sum, next: serverStep({ ...rules, rule }, state, sum, divisor) };
}

function sumOf(updates: readonly Int32Array[], trim: number): Int32Array {
  return rankedSum(
    updates.map((sum) => ({ sum, divisor: 1 })),
    trim,
  );
}

/** A number of a weighted update; the largest ones, and none, more often than chance would have them. */
function likelyLane(random: Random, weight: number, largest: number): number {
  const special = [0, largest, -largest];
  if (random.below(8) === 0) return special[random.below(special.length)]!;
  return weight * Math.round(2 ** 11 * random.normal());
}

/** Everybody enters, commits to its update and reveals it; those who stay enter the next round with their commitment. */
export async function revealAll(f: DisputedRound, { stay = false } = {}): Promise<void> {
  const { task, trainers, round, updates, domain } = f;
  for (const [seat, trainer] of trainers.entries()) await task.connect(trainer).enter(seat, weightOf(seat));
  if ((await phaseOf(task)) === "Entering") await passDeadline(task);
  for (const [seat, trainer] of trainers.entries()) {
    const { tree, contentKeyHash } = updates[seat]!;
    const binding = { domain, round, trainer: trainer.address, root: tree.root, contentKeyHash };
    const commitment = updateCommitment(binding);
    if (stay) await task.connect(trainer).commitAndEnter(round, seat, commitment, weightOf(seat));
    else await task.connect(trainer).commit(round, seat, commitment);
  }
  for (const [seat, trainer] of trainers.entries()) {
    const { tree, contentKeyHash } = updates[seat]!;
    await task.connect(trainer).reveal(round, seat, tree.root, contentKeyHash, ethers.id(`content ${seat}`));
  }
}

/** Chunk trees over what is posted. */
export function treesOf({ sum, next }: Vectors): Posted {
  return { sum: chunkTree(sum), next: vectorsOf(next).map((vector) => chunkTree(vector)) };
}

function vectorsOf({ model, moments }: ServerState): Int32Array[] {
  return [model, ...moments];
}

/** Waits until the attest phase is over; then the drawn aggregator, or another seat, posts this. */
export async function post(f: DisputedRound, { sum, next }: Posted, by?: number): Promise<number> {
  if ((await phaseOf(f.task)) === "Attesting") await passDeadline(f.task);
  const seat = by ?? (await drawnSeat(f.task, f.round));
  const modelRoot = combineRoots(next.map(({ root }) => root));
  const ids = [ethers.id("sum content"), ethers.id("model content")] as const;
  await f.task.connect(f.trainers[seat]!).propose(f.round, seat, sum.root, modelRoot, ...ids);
  return seat;
}

/** The calldata that shows a chunk of the posted sum, with the updates of these seats or all. */
export function sumChallenge(f: DisputedRound, { sum }: Posted, chunk: number, some?: readonly number[]): string {
  const seats = (some ?? f.updates.map((_, seat) => seat)).map((seat) => {
    const { tree, contentKeyHash } = f.updates[seat]!;
    return { seat, opening: tree.proof(chunk), contentKeyHash };
  });
  const proof = sumProof(seats, sum.proof(chunk));
  return f.court.interface.encodeFunctionData("challengeSum", [f.taskAddress, f.round, chunk, proof]);
}

/** The calldata that shows a chunk of the posted model. */
export function stepChallenge(f: DisputedRound, { sum, next }: Posted, chunk: number): string {
  const open = (tree: Openable) => tree.proof(chunk);
  const proof = stepProof(sum.proof(chunk), f.from.map(open), next.map(open));
  return f.court.interface.encodeFunctionData("challengeStep", [f.taskAddress, f.round, chunk, proof]);
}

/** The calldata that shows a chunk of a seat's update. */
export function encodingChallenge(f: DisputedRound, seat: number, chunk: number): string {
  const { tree, contentKeyHash } = f.updates[seat]!;
  const proof = encodingProof(tree.proof(chunk), contentKeyHash);
  return f.court.interface.encodeFunctionData("challengeEncoding", [f.taskAddress, f.round, seat, chunk, proof]);
}

/** Announces a challenge. */
export function claim(f: DisputedRound, by: Signer, calldata: string) {
  return f.court.connect(by).claim(f.taskAddress, f.round, claimOf(by.address, calldata));
}

/** Sends calldata to the court as it is. */
export async function send(f: Pick<DisputedRound, "court">, by: Signer, data: string) {
  return by.sendTransaction({ to: await f.court.getAddress(), data });
}

/** Announces a challenge and sends it in the next block. */
export async function challenge(f: DisputedRound, by: Signer, calldata: string) {
  await claim(f, by, calldata);
  return send(f, by, calldata);
}

/** A round of any size of which nothing is known but one chunk of each vector: enough for a proof at that chunk. */
export interface ThinRound extends DisputedRound {
  readonly chunk: number;
  /** The sum is wrong, the step is not that of the sum, and seat 0's update breaks the bound. */
  readonly posted: Posted;
}

export interface ThinOptions {
  trainers: number;
  rule?: ServerRule;
  parameters: number;
  /** One number of a seat's weighted update. */
  lane: (weight: number, seat: number) => number;
  /** Of Uniform: how many updates are left out at either end, lane by lane. */
  trim?: number;
}

/** A thin round that everybody has revealed; all of them stay for the next. */
export async function aThinRound(options: ThinOptions): Promise<ThinRound> {
  const { trainers, rule = "FedAvg", parameters, lane, trim = 0 } = options;
  const depth = chunkDepth(parameters);
  const chunk = Math.floor(parameters / CHUNK_LANES / 2);
  const random = createRandom(`thin ${trainers} ${rule} ${parameters}`);
  const thin = (lanes: Int32Array) => oneChunkTree(lanesToBytes(lanes), chunk, depth, random);
  const lanesOf = (number: () => number) => Int32Array.from({ length: CHUNK_LANES }, number);

  const vectors = 1 + momentCount(rule);
  const from = Array.from({ length: vectors }, () => thin(lanesOf(() => lane(1, 0))));
  const next = Array.from({ length: vectors }, () => thin(lanesOf(() => lane(1, 0))));
  const modelRoot = combineRoots(from.map(({ root }) => root));
  const size = { maxTrainers: trainers, minTrainers: 1, parameters };
  // As large as the sum may become with so many trainers, and the weights that these declare.
  const bound = Math.min(2 ** 20, Math.floor((2 ** 31 - 1) / trainers / MAX_WEIGHT));
  const rules = { ...serverRules(rule), ...size, maxWeight: MAX_WEIGHT, bound, trim };
  const task = await aTaskWith({ staked: trainers, rules, modelRoot });
  const known = task.trainers.map((_, seat) => {
    const weight = rule === "Uniform" ? 1 : weightOf(seat);
    const lanes = lanesOf(() => lane(weight, seat));
    if (seat === 0) lanes[0] = weight * bound + 1;
    return lanes;
  });
  const updates = known.map((lanes) => ({ tree: thin(lanes), contentKeyHash: randomHex(random, 32) }));
  const sum = sumOf(known, trim);
  sum[CHUNK_LANES - 1]! ^= 1;
  const f = { ...task, round: 1, updates, from, chunk, posted: { sum: thin(sum), next } };
  await revealAll(f, { stay: true });
  return f;
}

/** A tree of which one chunk is known and the path is random: a path is all that a root takes. */
export function oneChunkTree(chunk: Uint8Array, index: number, depth: number, random: Random): Openable {
  const proof = Array.from({ length: depth }, () => randomHex(random, 32));
  const leaf = ethers.keccak256(ethers.concat(["0x00", ethers.toBeHex(index, 4), chunk]));
  const climbed = (hash: string, sibling: string, level: number) =>
    Math.floor(index / 2 ** level) % 2 === 0 ? parentOf(hash, sibling) : parentOf(sibling, hash);
  return {
    root: proof.reduce(climbed, leaf),
    proof(asked): ChunkProof {
      if (asked !== index) throw new RangeError(`Only chunk ${index} of this tree is known, not ${asked}.`);
      return { index, chunk, proof };
    },
  };
}
