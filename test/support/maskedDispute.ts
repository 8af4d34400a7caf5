/** Masked rounds whose vectors, masks and shares are real, so that they can be disputed, at one chunk or at all. */
import { createRandom } from "../../trainer/learning/random.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { keyAddress, maskHash } from "../../trainer/privacy/dealing.ts";
import type { Dealing } from "../../trainer/protocol/commitments.ts";
import { hintsOf, proveSharedPoint } from "../../trainer/privacy/dleq.ts";
import { edgeSeed } from "../../trainer/privacy/edgeSeed.ts";
import { addStreams, streamLanes } from "../../trainer/privacy/maskStream.ts";
import type { MaskStream } from "../../trainer/privacy/maskStream.ts";
import { provePossession } from "../../trainer/privacy/possession.ts";
import type { RoundOfTask, RoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
import { publicPoint } from "../../trainer/privacy/secp256k1.ts";
import { rankedSum } from "../../trainer/protocol/laneRanks.ts";
import { CHUNK_LANES, chunkDepth, chunkRoot, chunkTree } from "../../trainer/protocol/chunkTree.ts";
import { claimOf, packOpening } from "../../trainer/protocol/fraudProofs.ts";
import { addLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { chunkOpening, unmaskingProof } from "../../trainer/protocol/maskedProofs.ts";
import type { DroppedSeat, EdgeStream, MemberOpening, OpenedEdges } from "../../trainer/protocol/maskedProofs.ts";
import type { Phase } from "../../trainer/protocol/roundClock.ts";
import type { ServerRule } from "../../trainer/protocol/serverStep.ts";
import type { MaskedTask } from "../../types/ethers-contracts/index.js";
import { oneChunkTree, serverRules } from "./dispute.ts";
import type { Openable } from "./dispute.ts";
import { aVote, bits, drawnSeat, rostersOf } from "./maskedTask.ts";
import { randomBytes, randomHex } from "./seededRandom.ts";
import { TOKEN, aTaskWith, ethers, networkHelpers, passDeadline, phaseOf, weightOf } from "./task.ts";
import type { Rules, Signer, TaskFixture } from "./task.ts";

/** What one seat has dealt and masked. */
export interface MaskedSeat {
  readonly trainer: Signer;
  readonly secrets: RoundSecrets;
  readonly dealing: Dealing;
  /** Its update, unmasked: of all lanes, or of the one chunk that is known. */
  readonly lanes: Int32Array;
  /** Its masked update. */
  readonly tree: Openable;
}

/** One cohort of a round, by its place among all. */
export interface CohortOfRound {
  readonly cohort: number;
  readonly roster: readonly number[];
  readonly members: readonly number[];
  /** Shared, and did not commit. */
  readonly dropped: readonly number[];
  /** The sum of the members' updates: of all lanes, or of the one chunk that is known. */
  readonly sum: Int32Array;
  /** What makes a mean of it. */
  readonly divisor: number;
}

/**
 * Round 1 of a masked task, up to the phase in which it can be proposed. `members`, `dropped` and `sum` are of all cohorts
 * together, as they are summed, or of one ({@link inCohort}).
 */
export interface MaskedRound extends TaskFixture {
  readonly masked: MaskedTask;
  readonly round: number;
  readonly rule: ServerRule;
  readonly seats: readonly MaskedSeat[];
  /** Those that are in the sum. */
  readonly cohorts: readonly CohortOfRound[];
  readonly cohort: number;
  readonly members: readonly number[];
  readonly dropped: readonly number[];
  readonly sum: Int32Array;
}

/** The same round as one of its cohorts sees it; by its place among all that were drawn. */
export function inCohort<R extends MaskedRound>(f: R, cohort: number): R & CohortOfRound {
  const own = f.cohorts.find((each) => each.cohort === cohort);
  if (own === undefined) throw new RangeError(`Cohort ${cohort} is not in the sum`);
  return { ...f, ...own };
}

/** The round as it goes on without a cohort. */
export function withoutCohort<R extends MaskedRound>(f: R, cohort: number): R {
  return {
    ...f,
    ...together(
      f.cohorts.filter((each) => each.cohort !== cohort),
      f.rules.trim,
    ),
  };
}

function together(cohorts: readonly CohortOfRound[], trim: number) {
  return {
    cohorts,
    cohort: cohorts[0]!.cohort,
    members: cohorts.flatMap(({ members }) => members),
    dropped: cohorts.flatMap(({ dropped }) => dropped),
    sum: rankedSum(cohorts, trim),
  };
}

/** What a seat deals shares of; the hash goes into its dealing. */
export type Deal = (seat: number, secrets: RoundSecrets) => string;

/** Seats by their ranks in their cohort, which are their numbers where there is one: alike in all cohorts, or as said. */
export type Ranks = readonly number[] | ((cohort: number) => readonly number[]);

interface MaskedOptions {
  random: Random;
  /** Seats that enter; all share. */
  seats: number;
  cohorts?: number;
  /** Cohorts in which nobody shares: they fall out. */
  fallen?: readonly number[];
  /** Those of a cohort that do not commit. */
  dropped?: Ranks;
  /** Those that commit and then vanish: their seeds are rebuilt. */
  vanished?: Ranks;
  rule?: ServerRule;
  rules?: Partial<Rules>;
  /** A seat's weighted update; else likely numbers. `place`: among the members of its cohort, below 0 for no member. */
  lanes?: (seat: number, count: number, largest: number, place: number, cohort: number) => Int32Array;
  /** Know one chunk only, in trees of any size: for models too large to be had in a test. */
  chunk?: number;
  deal?: Deal;
}

/** The rules of a masked task for so many seats, with so many members in each cohort at least. */
export function maskedRules(seats: number, members: number, rule: ServerRule = "FedAvg", cohorts = 1) {
  const maxWeight = 17; // the largest that `weightOf` gives
  const size = seats / cohorts;
  return {
    ...serverRules(rule),
    privacy: 1,
    maxTrainers: seats,
    minTrainers: Math.max(3, members),
    shareThreshold: Math.max(Math.floor(size / 2) + 1, Math.min(members, Math.ceil((2 * size) / 3))),
    cohorts,
    maxWeight,
    bound: Math.min(2 ** 20, Math.floor((2 ** 31 - 1) / seats / maxWeight)),
    shareSeconds: 60,
    attestSeconds: 60,
    recoverSeconds: 60,
    blameSeconds: 300,
    minStake: 200n * TOKEN,
    fraudFine: 100n * TOKEN,
  };
}

/** A masked round: everybody enters and shares, the members commit, agree and show their seeds, and keys are rebuilt. */
export async function aMaskedRound(options: MaskedOptions): Promise<MaskedRound> {
  const { random, rule = "FedAvg", chunk, cohorts: count = 1, fallen = [] } = options;
  const [dropped, vanished] = [ranksOf(options.dropped), ranksOf(options.vanished)];
  const most = Math.max(...Array.from({ length: count }, (_, cohort) => dropped(cohort).length));
  const rules = { ...maskedRules(options.seats, options.seats / count - most, rule, count), ...options.rules };
  const parameters = rules.parameters ?? 300;
  const modelRoot = chunk === undefined ? chunkRoot(new Int32Array(parameters)) : randomHex(random, 32);
  const fixture = await aTaskWith({ staked: options.seats, rules: { ...rules, parameters }, modelRoot });
  const masked = (await ethers.getContractAt("MaskedTask", fixture.taskAddress)) as unknown as MaskedTask;
  const round = 1;
  const numbers = fixture.trainers.map((_, seat) => seat);
  const rosters = await enterAndDraw(fixture, masked, random);

  const secrets = numbers.map(() => ({ key: aScalar(random), seed: aScalar(random) }));
  const dealings = numbers.map((seat): Dealing => {
    const own = secrets[seat]!;
    const of = { domain: fixture.domain, round, trainer: fixture.trainers[seat]!.address };
    const sharesHash = options.deal?.(seat, own) ?? randomHex(random, 32);
    return { ...of, keyAddress: keyAddress(own.key), maskHash: maskHash(own.seed), sharesHash };
  });
  const lanesKnown = chunk === undefined ? parameters : CHUNK_LANES;
  const first = chunk === undefined ? 0 : chunk * CHUNK_LANES;
  const seats: MaskedSeat[] = [];
  const cohorts = rosters.map((roster, cohort): CohortOfRound => {
    const late = roster.filter((_, rank) => dropped(cohort).includes(rank));
    const members = roster.filter((seat) => !late.includes(seat));
    const sum = new Int32Array(lanesKnown);
    for (const seat of roster) {
      const largest = (rule === "Uniform" ? 1 : weightOf(seat)) * fixture.rules.bound;
      const place = members.indexOf(seat);
      const lanes =
        options.lanes?.(seat, lanesKnown, largest, place, cohort) ?? likelyLanes(random, lanesKnown, largest);
      const y = new Int32Array(lanes);
      if (place >= 0) {
        addLanes(sum, lanes.subarray(0, lanesKnown));
        const edges = roster
          .filter((other) => other !== seat)
          .map((other): MaskStream => {
            const seed = edgeSeed(secrets[seat]!.key, publicPoint(secrets[other]!.key), dealings[seat]!, [seat, other]);
            return { seed, sign: other > seat ? 1 : -1 };
          });
        const streams: MaskStream[] = [{ seed: secrets[seat]!.seed, sign: 1 }, ...edges];
        addStreams(y.subarray(0, Math.min(lanesKnown, parameters - first)), streams, first);
      }
      const tree =
        chunk === undefined ? chunkTree(y) : oneChunkTree(lanesToBytes(y), chunk, chunkDepth(parameters), random);
      const [trainer, own, dealing] = [fixture.trainers[seat]!, secrets[seat]!, dealings[seat]!];
      seats[seat] = { trainer, secrets: own, dealing, lanes, tree };
    }
    const divisor = members.reduce((total, seat) => total + (rule === "Uniform" ? 1 : weightOf(seat)), 0);
    return { cohort, roster, members, dropped: late, sum, divisor };
  });
  const summed = cohorts.filter(({ cohort }) => !fallen.includes(cohort));
  const f = { ...fixture, masked, round, rule, seats, ...together(summed, fixture.rules.trim) };
  await playToAggregating(f, vanished);
  return f;
}

function ranksOf(ranks: Ranks = []): (cohort: number) => readonly number[] {
  return typeof ranks === "function" ? ranks : () => ranks;
}

/** Everybody enters; the rosters that are drawn then. */
async function enterAndDraw({ trainers, rules }: TaskFixture, masked: MaskedTask, random: Random): Promise<number[][]> {
  for (const [seat, trainer] of trainers.entries()) await masked.connect(trainer).enter(seat, weightOf(seat));
  if (rules.cohorts === 1) return [[...trainers.keys()]];
  await networkHelpers.setPrevRandao(BigInt(randomHex(random, 32)));
  await networkHelpers.time.increase(1);
  await masked.draw(1);
  return rostersOf(masked, 1);
}

async function playToAggregating(f: MaskedRound, vanished: (cohort: number) => readonly number[]): Promise<void> {
  const { masked, round, seats, members, dropped, cohorts } = f;
  for (const { cohort, roster } of cohorts) {
    for (const seat of roster) {
      const { trainer, secrets, dealing } = seats[seat]!;
      const { r, vs } = provePossession(secrets.key, dealing);
      const { keyAddress: address, maskHash: hash, sharesHash } = dealing;
      const sharesId = ethers.id(`shares ${seat}`);
      await masked.connect(trainer).share(round, seat, cohort, address, hash, sharesHash, sharesId, r, vs);
    }
  }
  await pastDeadline(f, "Sharing");
  for (const seat of members) {
    const { trainer, tree } = seats[seat]!;
    const contentId = ethers.id(`masked ${seat}`);
    // Who stays is convicted where its stake is needed for two rounds.
    await masked.connect(trainer).commitMaskedAndEnter(round, seat, tree.root, contentId, weightOf(seat));
  }
  await pastDeadline(f, "Committing");
  for (const { cohort } of cohorts) await agree(inCohort(f, cohort));
  const silent = cohorts.flatMap(({ cohort, roster }) => vanished(cohort).map((rank) => roster[rank]!));
  for (const { cohort } of cohorts) await showSeeds(inCohort(f, cohort), silent);
  for (const seat of dropped) {
    const { secrets, dealing } = seats[seat]!;
    await masked.rebuildKey(round, seat, secrets.key, dealing.maskHash, dealing.sharesHash);
  }
  await pastDeadline(f, "Revealing");
  for (const seat of silent) {
    const { secrets, dealing } = seats[seat]!;
    await masked.rebuildSeed(round, seat, secrets.seed, dealing.keyAddress, dealing.sharesHash);
  }
}

/** Nobody else acts in this phase, if it is not over yet. */
async function pastDeadline({ task }: MaskedRound, phase: Phase): Promise<void> {
  if ((await phaseOf(task)) === phase) await passDeadline(task);
}

async function agree(f: MaskedRound): Promise<void> {
  const { masked, round, seats, members, rules } = f;
  const vote = { round, members: bits(members), cohortView: ethers.id("what all have seen") };
  for (const seat of members.slice(0, rules.shareThreshold)) {
    await masked.agree(round, seat, 0, vote.cohortView, await aVote(f, seats[seat]!.trainer, vote));
  }
}

async function showSeeds(
  { masked, round, seats, members, dropped }: MaskedRound,
  vanished: readonly number[],
): Promise<void> {
  const keyShares = dropped.map((seat) => ethers.id(`a share of the key of ${seat}`));
  for (const seat of members.filter((each) => !vanished.includes(each))) {
    const { trainer, secrets, dealing } = seats[seat]!;
    const { keyAddress: address, sharesHash } = dealing;
    await masked.connect(trainer).revealSeed(round, seat, secrets.seed, address, sharesHash, keyShares);
  }
}

/** Posts a sum, and any model: by the drawn seat, or another. */
export async function postSum(f: MaskedRound, sum: Openable): Promise<number> {
  if ((await phaseOf(f.task)) !== "Aggregating") throw new Error("The masks are not out of the sum yet");
  const seat = await drawnSeat(f.masked, f.round);
  const ids = [ethers.id("model"), ethers.id("sum content"), ethers.id("model content")] as const;
  await f.masked.connect(f.seats[seat]!.trainer).propose(f.round, seat, sum.root, ...ids);
  return seat;
}

/** What a member shows of its masked update. */
export function memberOpening({ seats }: MaskedRound, seat: number, chunk: number): MemberOpening {
  const { tree, secrets, dealing } = seats[seat]!;
  return {
    seat,
    opening: tree.proof(chunk),
    seed: ethers.hexlify(secrets.seed),
    key: publicPoint(secrets.key),
    sharesHash: dealing.sharesHash,
  };
}

/** What is known of those who shared and did not commit. */
export function droppedSeats({ seats, dropped }: MaskedRound): DroppedSeat[] {
  return dropped.map((seat) => {
    const { secrets, dealing } = seats[seat]!;
    const { maskHash: hash, sharesHash } = dealing;
    return { seat, key: ethers.hexlify(secrets.key), maskHash: hash, sharesHash };
  });
}

/** The masks between a member and all other members, at a chunk. */
export function edgeStreams(f: MaskedRound, seat: number, chunk: number): EdgeStream[] {
  return f.members
    .filter((other) => other !== seat)
    .map((other) => {
      const seed = edgeSeed(f.seats[seat]!.secrets.key, publicPoint(f.seats[other]!.secrets.key), f, [seat, other]);
      return { seat: other, stream: lanesToBytes(streamLanes(seed, chunk * CHUNK_LANES, CHUNK_LANES)) };
    });
}

/** The right sum of a cohort's chunk, as the court takes it. */
export function unmaskingOf(f: MaskedRound, chunk: number) {
  return unmaskingProof(
    f.members.map((seat) => memberOpening(f, seat, chunk)),
    droppedSeats(f),
  );
}

/** The same of every cohort in the sum. */
export function unmaskingsOf(f: MaskedRound, chunk: number) {
  return f.cohorts.map(({ cohort }) => unmaskingOf(inCohort(f, cohort), chunk));
}

/** The calldata that shows a chunk of the posted sum. */
export function maskedSumChallenge(
  f: MaskedRound,
  sum: Openable,
  chunk: number,
  proofs = unmaskingsOf(f, chunk),
): string {
  const opening = packOpening(sum.proof(chunk));
  const of = [f.taskAddress, f.round, chunk] as const;
  return f.maskCourt.interface.encodeFunctionData("challengeMaskedSum", [...of, proofs, opening]);
}

/** The calldata that shows that a cohort's right sum of a chunk is out of range. */
export function accusation(f: MaskedRound, chunk: number, proof = unmaskingOf(f, chunk)): string {
  return f.maskCourt.interface.encodeFunctionData("accuse", [f.taskAddress, f.round, f.cohort, chunk, proof]);
}

/** A member opens an accused chunk and says these are its masks; else the right ones. */
export async function openChunk(f: MaskedRound, seat: number, chunk: number, streams = edgeStreams(f, seat, chunk)) {
  const opening = chunkOpening(memberOpening(f, seat, chunk), droppedSeats(f), streams);
  return f.maskCourt.connect(f.seats[seat]!.trainer).openChunk(f.taskAddress, f.round, f.cohort, seat, opening);
}

/** All that has been opened, from the court's events. */
export async function openedEdges({ maskCourt, taskAddress, round }: MaskedRound): Promise<OpenedEdges[]> {
  const events = await maskCourt.queryFilter(maskCourt.filters.ChunkOpened(taskAddress, round));
  return events.map(({ args }) => {
    const { seat, key, streams } = args;
    return { seat: Number(seat), key: { x: key.x, y: key.y }, streams: [...streams] };
  });
}

/** What one member has opened. */
export async function opened(f: MaskedRound, seat: number): Promise<OpenedEdges> {
  const found = (await openedEdges(f)).find((each) => each.seat === seat);
  if (found === undefined) throw new Error(`Seat ${seat} has not opened its chunk`);
  return found;
}

/** A member's proof, by its own key, of the point that it shares with a peer. */
export function proofOfEdge(f: MaskedRound, prover: number, peer: number, of: RoundOfTask = f) {
  const [own, other] = [f.seats[prover]!.secrets.key, publicPoint(f.seats[peer]!.secrets.key)];
  const { claim, proof } = proveSharedPoint(own, other, of);
  return { shared: claim.shared, proof: { ...proof, ...hintsOf(claim, proof) } };
}

/** Anybody brings such a proof. */
export async function convictEdge(
  f: MaskedRound,
  prover: number,
  peer: number,
  { shared, proof } = proofOfEdge(f, prover, peer),
) {
  const [one, other] = [await opened(f, prover), await opened(f, peer)];
  return f.maskCourt.connect(f.outsider).convictEdge(f.taskAddress, f.round, f.cohort, one, other, shared, proof);
}

/** Announces a challenge to the mask court. */
export function claimMasked({ maskCourt, taskAddress, round }: MaskedRound, by: Signer, calldata: string) {
  return maskCourt.connect(by).claim(taskAddress, round, claimOf(by.address, calldata));
}

/** Sends calldata to the mask court as it is. */
export async function sendMasked({ maskCourt }: MaskedRound, by: Signer, data: string) {
  return by.sendTransaction({ to: await maskCourt.getAddress(), data });
}

/** Announces a challenge and sends it in the next block. */
export async function challengeMasked(f: MaskedRound, by: Signer, calldata: string) {
  await claimMasked(f, by, calldata);
  return sendMasked(f, by, calldata);
}

/** A round of any size of which one chunk is known, whose cohorts' right sums are out of range there and whose posted sum is wrong. */
export interface ThinMaskedRound extends MaskedRound {
  readonly chunk: number;
  readonly posted: Openable;
}

/** A thin masked round in which everybody stays for the next. */
export async function aThinMaskedRound(
  options: Pick<MaskedOptions, "seats" | "cohorts" | "dropped" | "deal" | "rules"> & { parameters: number },
): Promise<ThinMaskedRound> {
  const { seats, parameters } = options;
  const chunk = Math.floor(parameters / CHUNK_LANES / 2);
  const random = createRandom(`thin masked ${seats} ${parameters}`);
  const lanes = (_: number, count: number, largest: number, place: number, cohort: number) => {
    // Every cohort's mean below those before it, which takes the most to rank.
    const mean = Math.round((largest * (4 - cohort)) / 8);
    const update = likelyLanes(random, count, largest).map((lane) => mean + Math.round(lane / 16));
    update[0] = place === 0 ? 2 ** 31 - 1 : 0;
    update[CHUNK_LANES - 1] = 0; // within the bound, whatever little somebody says it was more
    return update;
  };
  const rules = { parameters, ...options.rules };
  const f = await aMaskedRound({ ...options, random, chunk, lanes, rules });
  const wrong = new Int32Array(f.sum);
  wrong[CHUNK_LANES - 1]! ^= 1;
  return { ...f, chunk, posted: oneChunkTree(lanesToBytes(wrong), chunk, chunkDepth(parameters), random) };
}

function aScalar(random: Random): Uint8Array {
  // Below the order, whatever the other bytes are.
  return Uint8Array.from([127, ...randomBytes(random, 31)]);
}

/** Numbers of a weighted update; the largest ones, and none, more often than chance would have them. */
function likelyLanes(random: Random, count: number, largest: number): Int32Array {
  const special = [0, largest, -largest];
  return Int32Array.from({ length: count }, () => {
    if (random.below(8) === 0) return special[random.below(special.length)]!;
    return Math.round((largest / 8) * Math.max(-8, Math.min(8, random.normal())));
  });
}
