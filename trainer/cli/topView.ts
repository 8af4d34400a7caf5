/** What foedus top shows, as lines: the list of tasks, or one task. Pure, so that a snapshot is the live view standing still. */
import { formatUnits } from "ethers";
import type { ListedTask } from "../chain/recentTasks.ts";
import type { RoundPicture, TaskPicture } from "../chain/taskPicture.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import type { Unit } from "../chain/tokenUnit.ts";
import { formatEstimate, groupDigits } from "../observe/measureText.ts";
import { isOver } from "../protocol/roundClock.ts";
import { clockWords, faultWords, seatWords } from "../roles/pictureWords.ts";
import { cohortTable } from "./cohortTable.ts";
import type { Line, Size } from "./liveScreen.ts";
import { table } from "./print.ts";

/** One task and what is asked of the chain besides its log. */
export interface TopTask {
  readonly id: number;
  readonly rules: TaskRules;
  readonly picture: TaskPicture;
  /** What the chain's clock shows. */
  readonly now: number;
  readonly reward: Unit;
  readonly stake: Unit;
  /** The stake of those in the round that counts for entering, by account, as far as it is known. */
  readonly stakes: ReadonlyMap<string, bigint>;
  /** Of a task with differential privacy in which one takes part. */
  readonly privacySpent?: string;
  /** Why what is shown may be old: the node does not answer. */
  readonly trouble?: string;
}

const BAR_CELLS = 30;
/** Disputes and past rounds that are shown at most. */
const FEW = 5;

/** @param size Unless given, nothing is left out for want of room. */
export function taskLines(top: TopTask, size?: Size): Line[] {
  const { id, rules, picture, reward, stake, now } = top;
  const { round, rounds, budget, disputes, stage } = picture;
  const secondsLeft = round.secondsLeft === 0 ? 0 : Math.max(0, round.endsAt - now);
  const head: Line[] = [
    { text: `Task ${id}  ${picture.task}  ${rules.privacy}, ${rules.serverRule}`, style: "bold" },
    {
      text:
        `${rounds.final} of ${rounds.wanted} rounds final, ${rounds.void} void` +
        (stage === "cancelled" ? "; cancelled: it ends with this round" : ""),
    },
    ...(top.trouble === undefined ? [] : [{ text: top.trouble, style: "yellow" } as const]),
    { text: "" },
    {
      text: clockWords(picture, id, secondsLeft),
      style: stage !== "closed" && isOver(round.phase) ? "yellow" : "bold",
    },
    ...(stage === "closed" ? [] : [{ text: pathText(round) }]),
    ...(round.secondsLeft === 0 ? [] : [{ text: barText(round, secondsLeft) }]),
    ...(stage === "closed" ? [] : [{ text: actedText(round) }]),
  ];
  const money: Line[] = [
    { text: "" },
    {
      text:
        `budget ${tokens(budget.escrowed, reward)}: earned ${tokens(budget.earned, reward)}, ` +
        `claimed ${tokens(budget.claimed, reward)}, ${stage === "closed" ? "left" : "for rounds to come"} ${tokens(budget.unspent, reward)}` +
        (budget.refunded > 0n ? `, refunded ${tokens(budget.refunded, reward)}` : ""),
    },
    ...(budget.fined > 0n
      ? [{ text: `stakes have lost ${tokens(budget.fined, stake)}`, style: "yellow" } as const]
      : []),
    ...(top.privacySpent === undefined ? [] : [{ text: `privacy spent: ${top.privacySpent}` }]),
  ];
  const faults: Line[] = disputes
    .slice(-FEW)
    .reverse()
    .map((dispute) => ({
      text:
        `  round ${dispute.round}: ${dispute.trainer} ${faultWords(dispute)}` +
        (dispute.kind === "overturned" && dispute.fine > 0n ? ` (${tokens(dispute.fine, stake)})` : ""),
      style: "red",
    }));
  const past: Line[] = picture.history
    .slice(-FEW)
    .reverse()
    .map(({ number, outcome, seats, updates, endedIn, openedAt, endedAt }) => ({
      text:
        `  round ${number} ${outcome === "final" ? `final, ${updates} of ${seats} updates` : `void: it ended ${whenWords(endedIn)}`}` +
        (openedAt === undefined ? "" : `, ${formatEstimate(Math.max(0, endedAt - openedAt))}`),
      style: outcome === "final" ? "plain" : "yellow",
    }));
  const tail: Line[] = [
    ...money,
    ...(faults.length === 0 ? [] : [{ text: "" }, { text: `Disputes (${disputes.length})`, style: "bold" } as const]),
    ...faults,
    ...(past.length === 0 ? [] : [{ text: "" }, { text: "Rounds", style: "bold" } as const]),
    ...past,
  ];
  const room = size && Math.max(1, size.rows - head.length - tail.length - 4);
  const seats = seatLines(top, addressIn(size), room);
  return [...head, ...seats, ...tail];
}

/** Columns in which addresses are shown whole. */
const WIDE = 100;

/** How addresses are written where there is so much room: "0x31C8…e354" where it is narrow. */
function addressIn(size: Size | undefined): (account: string) => string {
  const isWide = size === undefined || size.columns >= WIDE;
  return (account) => (isWide ? account : `${account.slice(0, 6)}…${account.slice(-4)}`);
}

function whenWords(endedIn: string | undefined): string {
  return endedIn === undefined ? "early" : `while ${endedIn.toLowerCase()}`;
}

/** "Entering · Committing · [Revealing] · Attesting ..." */
function pathText({ path }: RoundPicture): string {
  return path.map(({ phase, at }) => (at === "now" ? `[${phase}]` : phase)).join(" · ");
}

function barText({ phaseSeconds }: RoundPicture, secondsLeft: number): string {
  const share = phaseSeconds === 0 ? 1 : Math.min(1, Math.max(0, 1 - secondsLeft / phaseSeconds));
  const full = Math.round(BAR_CELLS * share);
  return `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)}  ${formatEstimate(secondsLeft)} of ${formatEstimate(phaseSeconds)} left`;
}

function actedText({ acted, awaited, free, phase, seats }: RoundPicture): string {
  if (phase === "Entering") return `${acted} seats taken, ${free} free`;
  if (awaited > 0) return `${acted} have acted, ${awaited} awaited`;
  return `${seats.length} seats; nobody is waited for`;
}

const TURN_STYLE = { acted: "green", awaited: "yellow", idle: "plain", out: "dim" } as const;
const TURN_MARK = { acted: "✓", awaited: "…", idle: " ", out: "✗" } as const;

function seatLines(
  { picture: { round }, stake, stakes }: TopTask,
  address: (account: string) => string,
  room = Infinity,
): Line[] {
  const { seats, cohorts } = round;
  if (seats.length === 0) return [];
  const shown = seats.length > room ? seats.slice(0, Math.max(0, room - 1)) : seats;
  const withCohort = cohorts.length > 0;
  const [header = "", ...rows] = table([
    ["", "seat", ...(withCohort ? ["cohort"] : []), "trainer", "weight", "stake", "status", ""],
    ...shown.map((seat) => [
      TURN_MARK[seat.turn],
      String(seat.seat),
      ...(withCohort ? [String(seat.cohort ?? "")] : []),
      address(seat.trainer),
      String(seat.weight),
      stakeText(stakes.get(seat.trainer), stake),
      seat.status,
      seatWords(seat),
    ]),
  ]);
  return [
    { text: "" },
    ...cohortTable(cohorts).map((text): Line => ({ text })),
    ...(withCohort ? [{ text: "" }] : []),
    { text: header, style: "dim" },
    ...rows.map((text, row): Line => ({ text, style: TURN_STYLE[shown[row]?.turn ?? "idle"] })),
    ...(shown.length < seats.length
      ? [{ text: `  and ${seats.length - shown.length} more`, style: "dim" } as const]
      : []),
  ];
}

function stakeText(wei: bigint | undefined, unit: Unit): string {
  return wei === undefined ? "" : tokens(wei, unit);
}

/** Amounts of ten thousand and more without their fractions. */
function tokens(wei: bigint, { decimals, symbol }: Unit): string {
  const [whole = "0", part = "0"] = formatUnits(wei, decimals).split(".");
  const shown = part === "0" || whole.length > 4 ? "" : `.${part.slice(0, 4)}`;
  return `${groupDigits(BigInt(whole), " ")}${shown} ${symbol}`;
}

/** @param chosen The task that the cursor is on. */
export function listLines(
  { count, tasks, now }: { readonly count: number; readonly tasks: readonly ListedTask[]; readonly now: number },
  chosen?: number,
  size?: Size,
): Line[] {
  if (count === 0) return [{ text: "No task has been opened yet. Open one with: foedus task open." }];
  const [header = "", ...rows] = table([
    ["task", "state", "left", "round", "final", "trainers", "a round pays", "address"],
    ...tasks.map(({ id, phase, endsAt, round, completed, rules, unit, rewardPerRound, address }) => [
      String(id),
      phase,
      phase === "Closed" || phase === "Idle" || isOver(phase) ? "" : formatEstimate(Math.max(0, endsAt - now)),
      String(round),
      `${completed}/${rules.rounds}`,
      `${rules.minTrainers}-${rules.maxTrainers}`,
      tokens(rewardPerRound, unit),
      addressIn(size)(address),
    ]),
  ]);
  return [
    {
      text: `${count} ${count === 1 ? "task" : "tasks"}${tasks.length < count ? `, the newest ${tasks.length}` : ""}`,
      style: "bold",
    },
    { text: "" },
    { text: header, style: "dim" },
    ...rows.map((text, row): Line => {
      const task = tasks[row];
      if (task !== undefined && task.id === chosen) return { text, style: "inverse" };
      return { text, style: task?.phase === "Closed" ? "dim" : "plain" };
    }),
  ];
}
