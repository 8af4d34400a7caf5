// Gas of a masked round in steady state, of all its transactions together: by seats and cohorts, when nobody drops out,
// when a tenth of each cohort does before committing (their keys are rebuilt), and when besides one member of each vanishes
// after the set is fixed (its seed is rebuilt from the shares of the others). Those who stay commit and enter the next round
// at once. Four cohorts of 32 are drawn before they share.
import type { ContractTransactionReceipt } from "ethers";
import { MASKED_RULES, aMaskedTaskWith, rostersOf } from "../../test/support/maskedTask.ts";
import type { MaskedFixture } from "../../test/support/maskedTask.ts";
import { networkHelpers, passDeadline, phaseOf } from "../../test/support/task.ts";
import type { Row } from "../row.ts";

/** Seats, and cohorts that have them in equal parts. */
const SIZES = [
  [8, 1],
  [32, 1],
  [128, 4],
] as const;
/** After these all slots are written: both parities of seats and rounds, and both models. */
const ROUNDS_BEFORE = 3;

interface Absence {
  name: string;
  /** Shared, and do not commit: of a cohort with so many seats so many. */
  dropped: (seats: number) => number;
  /** Commit, and do not reveal: of each cohort. */
  vanished: number;
}

const ABSENCES: Absence[] = [
  { name: "all there", dropped: () => 0, vanished: 0 },
  { name: "10 % dropped", dropped: (seats) => Math.ceil(seats / 10), vanished: 0 },
  { name: "10 % dropped, 1 vanished", dropped: (seats) => Math.ceil(seats / 10), vanished: 1 },
];

/** Gas of each act, of the whole round and per trainer; bytes of calldata of the acts whose size depends on the cohort. */
export async function maskedRounds(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [trainers, cohorts] of SIZES) {
    const f = await steadyTask(trainers, cohorts);
    const before = await networkHelpers.takeSnapshot();
    for (const absence of ABSENCES) {
      const of = cohorts === 1 ? "" : ` in ${cohorts} cohorts`;
      const name = `masked, ${trainers} trainers${of}, ${absence.name}`;
      for (const [metric, value, unit] of await measure(f, absence)) {
        rows.push({ bench: "gas", case: name, metric, value, unit });
      }
      await before.restore();
    }
  }
  return rows;
}

/** A task whose next round has all its trainers, when all slots have been written. */
async function steadyTask(trainers: number, cohorts: number): Promise<MaskedFixture> {
  const seats = trainers / cohorts;
  // With fewer members a wrong sum of four cohorts could not be proved in one transaction.
  const minTrainers = Math.ceil((3 * seats) / 4);
  const rules = { cohorts, maxTrainers: trainers, minTrainers, shareThreshold: Math.ceil((2 * seats) / 3) };
  const f = await aMaskedTaskWith({ trainers, rules: { ...MASKED_RULES, ...rules, bound: 1 << 18, rounds: 100 } });
  await f.acts.enter();
  for (let round = 1; round <= ROUNDS_BEFORE; round++) await playRound(f, round, ABSENCES[0]!);
  return f;
}

async function measure(f: MaskedFixture, absence: Absence): Promise<[string, number, string][]> {
  const from = await blockNumber();
  await playRound(f, ROUNDS_BEFORE + 1, absence);
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
    ["per trainer", Math.round(whole / f.trainers.length), "gas"],
    ["calldata per trainer", Math.round(calldata / f.trainers.length), "bytes"],
  ];
}

/** A round whose trainers have entered already, and stay. */
async function playRound(f: MaskedFixture, round: number, { dropped, vanished }: Absence) {
  if ((await phaseOf(f.task)) === "Drawing") await f.acts.draw(round);
  const rosters = f.rules.cohorts === 1 ? [[...f.trainers.keys()]] : await rostersOf(f.task, round);
  await f.acts.share(round);
  const committing = rosters.map((roster) => roster.slice(0, roster.length - dropped(roster.length)));
  await f.acts.commitAndEnter(round, committing.flat());
  if ((await phaseOf(f.task)) === "Committing") await passDeadline(f.task);
  await f.acts.agree(round);
  const revealing = committing.map((seats) => seats.slice(0, seats.length - vanished));
  await f.acts.revealSeed(round, revealing.flat());
  await f.acts.rebuildKey(round);
  if (vanished > 0) {
    await passDeadline(f.task);
    const owners = committing.flatMap((seats) => seats.slice(-vanished));
    const givers = revealing.flatMap((seats) => seats.slice(0, f.rules.shareThreshold));
    await f.acts.giveShares(round, owners, givers);
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
