// What disputes cost. Gas of every act of them, for a model of 1.66 million numbers, at cohorts up to the largest that a
// task allows, in steady state: everybody sits in the next round too, and accounts have held the stake's token before.
// Beside each proof stands the calldata floor of EIP-7623, below which no transaction with these bytes can be, and for
// sums what they may cost at most. Updates are normal with a standard deviation of 2^11 times their weight; the dearest
// case is a proof without a zero byte, the first that its sender is paid for and the first of all whose fine is burnt. The
// same where updates are ranked lane by lane and the highest and the lowest left out ("32, trim 1"), at its dearest in the
// order that takes the most to rank. Of masked rounds the same by members and by those who have vanished ("30+2"), each mask between two such taken out on chain,
// and what shares and blame cost; of several cohorts ("4 x 32+0") the sum of all, their means ranked if some are trimmed,
// and the blame of one. Then what a watcher needs to add up a round of updates of 6.6 MB.
import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createRandom } from "../trainer/learning/random.ts";
import { dealShares } from "../trainer/privacy/shamir.ts";
import { KEY_SHARE, shareLeaf, sharesHashOf } from "../trainer/privacy/sharesBundle.ts";
import { packOpening } from "../trainer/protocol/fraudProofs.ts";
import { sharesProof } from "../trainer/protocol/maskedProofs.ts";
import { SERVER_RULES } from "../trainer/protocol/serverStep.ts";
import {
  aThinRound,
  challenge,
  claim,
  encodingChallenge,
  post,
  stepChallenge,
  sumChallenge,
} from "../test/support/dispute.ts";
import type { ThinOptions, ThinRound } from "../test/support/dispute.ts";
import {
  aThinMaskedRound,
  accusation,
  challengeMasked,
  claimMasked,
  convictEdge,
  edgeStreams,
  inCohort,
  maskedSumChallenge,
  openChunk,
  maskedRules,
  opened,
  postSum,
} from "../test/support/maskedDispute.ts";
import { ethers, networkHelpers, passDeadline } from "../test/support/task.ts";
import type { Signer } from "../test/support/task.ts";
import type { Recomputing } from "./dispute/recompute.ts";
import type { Row } from "./row.ts";

const PARAMETERS = 1_663_370;
/** Where burnt stake goes. */
const BURNT = "0x000000000000000000000000000000000000dEaD";
/** By the size of the cohort: what challengeSum may cost. The last is below the limit of one transaction, EIP-7825. */
const LIMITS = { 8: 280_000, 32: 950_000, 128: 3_500_000, 256: 16_777_216 };
/** Updates that are ranked, and how many are left out at either end: one, or all but the two in the middle. */
const RANKED = [
  { trainers: 32, trim: 1 },
  { trainers: 32, trim: 15 },
];

interface MaskedCase {
  readonly members: number;
  readonly vanished: number;
  /** And so many like it. */
  readonly cohorts?: number;
  readonly trim?: number;
  /** What challengeMaskedSum may cost. */
  readonly limit?: number;
}

/** 16 by 4 are 64 masks, 30 by 2 the most of a full cohort; a transaction may take 16,777,216 (EIP-7825). */
const MASKED: readonly MaskedCase[] = [
  { members: 8, vanished: 0 },
  { members: 32, vanished: 0, limit: 1_300_000 },
  { members: 16, vanished: 4, limit: 2_200_000 },
  { members: 30, vanished: 2, limit: 2_200_000 },
  { members: 17, vanished: 15, limit: 16_777_216 },
  { members: 32, vanished: 0, cohorts: 4, limit: 16_777_216 },
  { members: 32, vanished: 0, cohorts: 4, trim: 1, limit: 16_777_216 },
];
/** Cohorts whose updates a watcher adds up. */
const WATCHED = [8, 64];

export default async function dispute(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [trainers, limit] of Object.entries(LIMITS)) {
    console.log(`${trainers} trainers ...`);
    const f = await afterOthers(await aRound({ trainers: Number(trainers) }));
    const sum = await undone(() => proof(f, f.challenger, sumChallenge(f, f.posted, f.chunk)));
    rows.push(...ofProof(trainers, "challengeSum", sum), row(trainers, "limit", limit));
    rows.push({ ...row(trainers, "challengeSumOfLimit", sum.gas / limit), unit: "ratio" });
    rows.push(...(await dearestSum(trainers, { trainers: Number(trainers) })));
    if (trainers === "8") rows.push(...(await others(f)));
  }
  for (const { trainers, trim } of RANKED) {
    const of = `${trainers}, trim ${trim}`;
    console.log(`${of} ...`);
    const options = { trainers, rule: "Uniform", trim } as const;
    const f = await afterOthers(await aRound(options));
    rows.push(...ofProof(of, "challengeSum", await proof(f, f.challenger, sumChallenge(f, f.posted, f.chunk))));
    rows.push(...(await dearestSum(of, options)));
  }
  for (const rule of SERVER_RULES) {
    if (rule === "Uniform") continue; // steps as FedAvg does
    const f = await afterOthers(await aRound({ trainers: 8, rule }));
    rows.push(...ofProof(rule, "challengeStep", await proof(f, f.challenger, stepChallenge(f, f.posted, f.chunk))));
  }
  for (const each of MASKED) rows.push(...(await masked(each)));
  for (const trainers of WATCHED) {
    console.log(`Adding up ${trainers} updates ...`);
    const { megabytesPerSecond, peakMegabytes } = await recompute(trainers);
    rows.push({ ...row(trainers, "recompute", megabytesPerSecond), unit: "MB/s" });
    rows.push({ ...row(trainers, "recomputePeak", peakMegabytes), unit: "MB" });
  }
  return rows;
}

async function recompute(trainers: number): Promise<Recomputing> {
  const child = fork(resolve(import.meta.dirname, "dispute/recompute.ts"), [String(trainers)]);
  const ended = new AbortController();
  child.once("exit", () => ended.abort(new Error("The watcher's process ended early; run the bench again.")));
  const [measured] = (await once(child, "message", { signal: ended.signal })) as [Recomputing];
  return measured;
}

async function dearestSum(of: string, options: RoundOptions): Promise<Row[]> {
  const f = await aRound({ ...options, lane: noZeroByte });
  return ofProof(of, "dearestSum", await proof(f, f.outsider, sumChallenge(f, f.posted, f.chunk)));
}

/** A proposal of so many trainers that stands and is wrong. */
async function aRound(options: RoundOptions): Promise<WrongRound> {
  const f = await aThinRound({ parameters: PARAMETERS, lane: likely(), ...options });
  const proposer = await post(f, f.posted);
  const challenger = f.trainers.find((_, seat) => seat !== 0 && seat !== proposer)!;
  return { ...f, challenger };
}

type RoundOptions = Pick<ThinOptions, "trainers"> & Partial<ThinOptions>;

type WrongRound = ThinRound & { readonly challenger: Signer };

/** The round once a fine has been burnt before. */
async function afterOthers(f: WrongRound): Promise<WrongRound> {
  await f.token.transfer(BURNT, 1);
  return f;
}

/** Numbers as they are in updates of a network that learns. */
function likely(): (weight: number) => number {
  const random = createRandom("likely lanes");
  return (weight) => weight * Math.round(2 ** 11 * random.normal());
}

/** A number whose four bytes are all used, below those of all seats before; -65,794 is 0xfffefefe. */
function noZeroByte(weight: number, seat: number): number {
  return -65_794 - weight - seat;
}

interface Cost {
  readonly gas: number;
  /** EIP-7623: 21,000 and 10 for each token of calldata; a byte has four, a zero byte one. */
  readonly floor: number;
}

function ofProof(of: string, metric: string, { gas, floor }: Cost): Row[] {
  const ratio: Row = { ...row(of, `${metric}OfFloor`, gas / floor), unit: "ratio" };
  return [row(of, metric, gas), row(of, `${metric}Floor`, floor), ratio];
}

/** The challenge itself, its announcement not counted. */
async function proof(f: ThinRound, by: Signer, calldata: string): Promise<Cost> {
  return costOf(await challenge(f, by, calldata));
}

/** What the other acts of a dispute cost. */
async function others(f: WrongRound): Promise<Row[]> {
  const [of, task, round, vector, index] = ["8", f.taskAddress, f.round, 0, f.chunk] as const;
  const request = async () => {
    const value = 10n ** 16n;
    return costOf(await f.court.connect(f.challenger).requestChunk(task, round, vector, index, { value }));
  };
  const rows: Row[] = [];
  const add = async (metric: string, act: () => Promise<Cost>) => {
    rows.push(row(of, metric, (await undone(act)).gas));
  };
  await add("claim", async () => costOf(await claim(f, f.challenger, sumChallenge(f, f.posted, f.chunk))));
  const encoding = await undone(() => proof(f, f.challenger, encodingChallenge(f, 0, f.chunk)));
  rows.push(...ofProof(of, "challengeEncoding", encoding));
  await add("requestChunk", request);
  await add("answerRequest", async () => {
    await request();
    const opening = packOpening(f.posted.sum.proof(f.chunk));
    return costOf(await f.court.connect(f.challenger).answerRequest(task, round, vector, index, opening));
  });
  await add("reportSilence", async () => {
    await request();
    await networkHelpers.time.increase(f.rules.discloseSeconds + 1);
    return costOf(await f.court.connect(f.challenger).reportSilence(task, round, vector, index));
  });
  await add("reclaim", async () => {
    await request();
    await passDeadline(f.task);
    await f.task.advance();
    return costOf(await f.court.connect(f.challenger).reclaim(task, round, 1, vector, index));
  });
  const proposer = Number((await f.task.proposal()).seat);
  const seat = proposer === 1 ? 2 : 1;
  await add("missModel", async () => costOf(await f.task.connect(f.trainers[seat]!).missModel(round, seat)));
  return rows;
}

/** Proofs about a masked round, and what members do and suffer when a sum is blamed on somebody. */
async function masked({ members, vanished, cohorts = 1, trim = 0, limit }: MaskedCase): Promise<Row[]> {
  const of = `${cohorts === 1 ? "" : `${cohorts} x `}${members}+${vanished}${trim === 0 ? "" : `, trim ${trim}`}`;
  console.log(`${of} masked ...`);
  const seats = cohorts * (members + vanished);
  const dropped = Array.from({ length: vanished }, (_, i) => 2 * i + 1);
  const dealt = badShares(seats, maskedRules(seats, members, "FedAvg", cohorts).shareThreshold);
  const deal = (seat: number) => (seat === 0 ? dealt.sharesHash : ethers.id(`shares of ${seat}`));
  const all = await aThinMaskedRound({ seats, cohorts, dropped, parameters: PARAMETERS, rules: { trim }, deal });
  const f = inCohort(all, 0);
  const proposer = await postSum(f, f.posted);
  await f.token.transfer(BURNT, 1);
  const [honest, liar, silent] = [f.members.at(-1)!, f.members.at(-2)!, f.members.at(-3)!];
  const challenger = f.seats[f.members.find((seat) => seat !== proposer && seat !== 0)!]!.trainer;
  const rows: Row[] = [];
  const add = (metric: string, cost: Cost) => rows.push(...ofProof(of, metric, cost));
  const proof = (calldata: string) => async () => costOf(await challengeMasked(f, challenger, calldata));

  add("challengeMaskedSum", await undone(proof(maskedSumChallenge(all, f.posted, f.chunk))));
  if (limit !== undefined) rows.push(row(of, "maskedLimit", limit));
  const shares = sharesProof({ kind: 0, ...f.seats[0]!.dealing }, dealt.leaves, dealt.shares);
  const ofDealer = [f.taskAddress, f.round, 0, shares] as const;
  const bad = f.maskCourt.interface.encodeFunctionData("challengeShares", [...ofDealer]);
  add("challengeShares", await undone(proof(bad)));
  const accuse = accusation(f, f.chunk);
  add("claimMasked", await undone(async () => costOf(await claimMasked(f, challenger, accuse))));
  add("accuse", await proof(accuse)());
  add("openChunk", await costOf(await openChunk(f, honest, f.chunk)));
  const said = edgeStreams(f, liar, f.chunk).map((edge) =>
    edge.seat === honest ? { ...edge, stream: edge.stream.with(127, edge.stream[127]! ^ 1) } : edge,
  );
  await openChunk(f, liar, f.chunk, said);
  add("convictEdge", await undone(async () => costOf(await convictEdge(f, honest, liar))));
  await networkHelpers.time.increase((f.rules.blameSeconds / 3) * 2);
  const court = f.maskCourt.connect(f.outsider);
  add(
    "convictSilent",
    await undone(async () => costOf(await court.convictSilent(f.taskAddress, f.round, f.cohort, silent))),
  );
  const [one, other] = [await opened(f, honest), await opened(f, liar)];
  add("convictUnproved", await costOf(await court.convictUnproved(f.taskAddress, f.round, f.cohort, one, other)));
  return rows;
}

/** Key shares of seat 0, as many as rebuild a secret, that rebuild another one than it has committed to. */
function badShares(seats: number, threshold: number) {
  const others = Array.from({ length: seats - 1 }, (_, i) => i + 1);
  const shares = dealShares(ethers.getBytes(`0x${"01".repeat(32)}`), threshold, others).slice(0, threshold);
  const leaves = new Uint8Array(64 * seats).fill(1);
  for (const { seat, share } of shares) leaves.set(shareLeaf(KEY_SHARE, seat, share), 64 * seat);
  const shown = shares.map(({ seat, share }) => ({ seat, share: ethers.hexlify(share) }));
  return { leaves, shares: shown, sharesHash: sharesHashOf(leaves) };
}

async function costOf({ hash }: { readonly hash: string }): Promise<Cost> {
  const [transaction, receipt] = await Promise.all([
    ethers.provider.getTransaction(hash),
    ethers.provider.getTransactionReceipt(hash),
  ]);
  if (transaction === null || receipt === null) throw new Error(`The chain does not know the transaction ${hash}.`);
  const tokens = ethers.getBytes(transaction.data).reduce((total, byte) => total + (byte === 0 ? 1 : 4), 0);
  return { gas: Number(receipt.gasUsed), floor: 21_000 + 10 * tokens };
}

/** Runs `act` and goes back to where the chain was before. */
async function undone<T>(act: () => Promise<T>): Promise<T> {
  const before = await networkHelpers.takeSnapshot();
  const result = await act();
  await before.restore();
  return result;
}

function row(of: string | number, metric: string, value: number): Row {
  return { bench: "dispute", case: of, metric, value, unit: "gas" };
}
