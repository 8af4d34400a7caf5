// Gas of a masked round in steady state, of all its transactions together: by size of the cohort, when nobody drops out,
// when a tenth does before committing (their keys are rebuilt), and when besides one member vanishes after the set is fixed
// (its seed is rebuilt from the shares of the others). Those who stay commit and enter the next round at once.
//
// A cohort has at most 32 seats. 128 trainers are four tasks of 32, so for each of them it costs what it costs among 32;
// nothing is shared between the tasks that would make it less, and nothing more is done.
import type { ContractTransactionReceipt } from "ethers";
import { MASKED_RULES, aMaskedTaskWith, bits, setsOf, seatsIn } from "../../test/support/maskedTask.ts";
import type { MaskedFixture } from "../../test/support/maskedTask.ts";
import { networkHelpers, passDeadline, phaseOf } from "../../test/support/task.ts";
import type { Row } from "../row.ts";

const COHORTS = [8, 32];
/** After these all slots are written: both parities of seats and rounds, and both models. */
const ROUNDS_BEFORE = 3;

interface Absence {
  name: string;
  /** Shared, and do not commit: of `cohort` seats so many. */
  dropped: (cohort: number) => number;
  /** Commit, and do not reveal. */
  vanished: number;
}

const ABSENCES: Absence[] = [
  { name: "all there", dropped: () => 0, vanished: 0 },
  { name: "10 % dropped", dropped: (cohort) => Math.ceil(cohort / 10), vanished: 0 },
  { name: "10 % dropped, 1 vanished", dropped: (cohort) => Math.ceil(cohort / 10), vanished: 1 },
];

/** Gas of each act, of the whole round and per trainer; bytes of calldata of the acts whose size depends on the cohort. */
export async function maskedRounds(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cohort of COHORTS) {
    for (const absence of ABSENCES) {
      const name = `masked, ${cohort} trainers, ${absence.name}`;
      for (const [metric, value, unit] of await measure(cohort, absence)) {
        rows.push({ bench: "gas", case: name, metric, value, unit });
      }
    }
  }
  return rows;
}

async function measure(cohort: number, { dropped, vanished }: Absence): Promise<[string, number, string][]> {
  const shareThreshold = Math.ceil((2 * cohort) / 3);
  const rules = { ...MASKED_RULES, maxTrainers: cohort, minTrainers: shareThreshold, shareThreshold, rounds: 100 };
  const f = await aMaskedTaskWith({ trainers: cohort, rules });
  const seats = f.trainers.map((_, seat) => seat);
  await f.acts.enter();
  for (let round = 1; round <= ROUNDS_BEFORE; round++) await playRound(f, round, seats, seats);

  const committing = seats.slice(0, cohort - dropped(cohort));
  const revealing = committing.slice(0, committing.length - vanished);
  const round = ROUNDS_BEFORE + 1;
  const from = await blockNumber();
  await playRound(f, round, committing, revealing);
  const sent = await transactions(f, from);

  const figures: [string, number, string][] = [];
  for (const [act, receipts] of Object.entries(sent)) {
    figures.push([act, Math.max(...receipts.map(({ gas }) => gas)), "gas"]);
    if (receipts.length > 1 || act.startsWith("rebuild")) figures.push([`${act}: how many`, receipts.length, "sent"]);
    if (act === "revealSeed" || act === "giveShares") {
      figures.push([`${act}: calldata`, Math.max(...receipts.map(({ bytes }) => bytes)), "bytes"]);
    }
  }
  const all = Object.values(sent).flat();
  const whole = all.reduce((sum, { gas }) => sum + gas, 0);
  const calldata = all.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...figures,
    ["whole round", whole, "gas"],
    ["per trainer", Math.round(whole / cohort), "gas"],
    ["calldata per trainer", Math.round(calldata / cohort), "bytes"],
  ];
}

/** A round whose trainers have entered already, and stay. */
async function playRound(f: MaskedFixture, round: number, committing: number[], revealing: number[]) {
  await f.acts.share(round);
  await f.acts.commitAndEnter(round, committing);
  if ((await phaseOf(f.task)) === "Committing") await passDeadline(f.task);
  await f.acts.agree(round);
  await f.acts.revealSeed(round, revealing);
  await f.acts.rebuildKey(round);
  const { members } = await setsOf(f.task, round);
  const owners = seatsIn(members & ~bits(revealing));
  if (owners.length > 0) {
    await passDeadline(f.task);
    await f.acts.giveShares(round, owners, revealing.slice(0, f.rules.shareThreshold));
    await f.acts.rebuildSeed(round, owners);
  }
  await f.acts.propose(round);
  await f.acts.finalise();
}

const blockNumber = () => networkHelpers.time.latestBlock();

/** What was sent to the task since a block, by the name of the act. */
async function transactions(f: MaskedFixture, from: number) {
  const acts: Record<string, { gas: number; bytes: number }[]> = {};
  for (let number = from + 1; number <= (await blockNumber()); number++) {
    const block = await f.task.runner!.provider!.getBlock(number, true);
    for (const { hash, data } of block!.prefetchedTransactions) {
      const receipt = (await f.task.runner!.provider!.getTransactionReceipt(hash)) as ContractTransactionReceipt;
      const act = f.task.interface.parseTransaction({ data })!.name;
      (acts[act] ??= []).push({ gas: Number(receipt.gasUsed), bytes: (data.length - 2) / 2 });
    }
  }
  return acts;
}
