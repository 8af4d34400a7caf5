// The closing lines of a training in a terminal: every round, what each trainer was paid, a budget that adds up.
import { comparisonTable } from "./comparisonTable.ts";
import { disputeText, nameOfFault } from "./disputeText.ts";
import {
  decimalPlacesNeeded,
  formatBytes,
  formatPercent,
  formatScore,
  formatSeconds,
  formatTokenAmount,
  groupDigits,
  scoreText,
} from "./measureText.ts";
import { printable } from "./printable.ts";
import { budgetRemainder } from "./report.ts";
import type { Report, ReportMeasure, ReportRound } from "./report.ts";
import { wrapText } from "./wrapText.ts";

/** No line is longer. */
export const SUMMARY_COLUMNS = 120;

/** The summary, without a line break at its end. */
export function summaryTable(report: Report): string {
  return [
    ...roundLines(report),
    "",
    ...disputeLines(report),
    ...claimLines(report),
    "",
    ...budgetLines(report),
    "",
    ...(report.scenario === undefined ? [] : [...comparisonTable(report.scenario, SUMMARY_COLUMNS), ""]),
    closing(report),
  ].join("\n");
}

/** A column: its group's heading, its own, its cells, the one below the rule. */
interface Column {
  readonly group: string;
  readonly heading: string;
  readonly cells: readonly string[];
  readonly total: string;
}

/** A name that leaves room for the other columns. */
const MEASURE_COLUMNS = 12;

/** How exactly gas and seconds are written: the first way that fits is taken. */
const PRECISIONS = [
  { gasUnit: 1, gasSuffix: "", secondsDigits: 2 },
  { gasUnit: 1, gasSuffix: "", secondsDigits: 1 },
  { gasUnit: 1e3, gasSuffix: "k", secondsDigits: 1 },
  { gasUnit: 1e3, gasSuffix: "k", secondsDigits: 0 },
  { gasUnit: 1e6, gasSuffix: "M", secondsDigits: 0 },
  { gasUnit: 1e9, gasSuffix: "G", secondsDigits: 0 },
] as const;

function roundLines({ rounds, config }: Report): string[] {
  if (rounds.length === 0) return ["No round was finished."];
  for (const precision of PRECISIONS) {
    const lines = tableLines(roundColumns(rounds, config.measure, precision));
    if (lines.every((line) => line.length <= SUMMARY_COLUMNS)) {
      return [...lines, "Gas: sum over the trainers. Seconds: average of a trainer; total: the round's wall time."];
    }
  }
  return ["The rounds do not fit a terminal: see report.html."];
}

function roundColumns(
  rounds: readonly ReportRound[],
  measure: ReportMeasure,
  { gasUnit, gasSuffix, secondsDigits }: (typeof PRECISIONS)[number],
): Column[] {
  const column = (group: string, heading: string, text: (round: ReportRound) => string, total = ""): Column => ({
    group,
    heading,
    cells: rounds.map(text),
    total,
  });
  const summed = (
    group: string,
    heading: string,
    value: (round: ReportRound) => number,
    text: (value: number) => string,
  ): Column =>
    column(group, heading, (round) => text(value(round)), text(rounds.reduce((sum, round) => sum + value(round), 0)));
  const gasText = (gas: number): string => (gas === 0 ? "0" : `${Math.round(gas / gasUnit)}${gasSuffix}`);
  const secondsText = (seconds: number): string => seconds.toFixed(secondsDigits);

  return [
    column("model", "round", ({ round }) => String(round), "all"),
    column("model", printable(measure.name, MEASURE_COLUMNS), ({ score }) => formatScore(score, measure)),
    column("model", "loss", ({ loss }) => (loss < 1000 ? loss.toFixed(4) : loss.toExponential(2))),
    column("model", "trainers", ({ trainers }) => String(trainers)),
    ...(["enter", "commit", "reveal", "propose", "finalise"] as const).map((act) =>
      summed("gas", act, ({ gas }) => gas[act], gasText),
    ),
    summed("moved", "bytes", ({ bytes }) => bytes, formatBytes),
    ...(["train", "encrypt", "transfer", "chain", "total"] as const).map((kind) =>
      summed("seconds", kind, ({ seconds }) => seconds[kind], secondsText),
    ),
  ];
}

/** Columns right-aligned; one space between those of a group, two between groups; each group's name over a rule. */
function tableLines(columns: readonly Column[]): string[] {
  const widths = columns.map(({ heading, cells, total }) =>
    Math.max(...[heading, total, ...cells].map((text) => text.length)),
  );
  const gaps = columns.map(({ group }, index) => (index === 0 ? "" : columns[index - 1]?.group === group ? " " : "  "));
  const row = (text: (column: Column) => string): string =>
    columns.map((column, index) => `${gaps[index]}${text(column).padStart(widths[index] ?? 0)}`).join("");
  const rule = row(() => "").length;

  const groups: { name: string; width: number }[] = [];
  columns.forEach(({ group }, index) => {
    const last = groups.at(-1);
    const width = widths[index] ?? 0;
    if (last?.name === group) last.width += width + 1;
    else groups.push({ name: group, width });
  });
  const heads = groups.map(({ name, width }) => centredInRule(name, width)).join("  ");

  const count = columns[0]?.cells.length ?? 0;
  return [
    heads,
    row(({ heading }) => heading),
    "─".repeat(rule),
    ...Array.from({ length: count }, (_, index) => row(({ cells }) => cells[index] ?? "")),
    "─".repeat(rule),
    row(({ total }) => total),
  ];
}

/** "── gas ──" */
function centredInRule(name: string, width: number): string {
  const left = Math.max(0, Math.floor((width - name.length - 2) / 2));
  const text = width < name.length + 2 ? name : `${"─".repeat(left)} ${name} `;
  return text.padEnd(width, width < name.length + 2 ? " " : "─");
}

/** Each dispute under its heading, its sentences one a line, and an empty line behind. */
function disputeLines({ disputes = [], config: { token } }: Report): string[] {
  return disputes.flatMap((dispute) => [
    `Round ${dispute.round}: ${nameOfFault(dispute.fault)}`,
    ...disputeText(dispute, token, " ").flatMap((sentence) => wrapText(sentence, SUMMARY_COLUMNS)),
    "",
  ]);
}

/** Addresses fit whole. */
const NAME_COLUMNS = 42;

function claimLines({ claims, config: { token } }: Report): string[] {
  if (claims.length === 0) return ["Nothing was claimed."];
  const sum = claims.reduce((total, { amount }) => total + BigInt(amount), 0n);
  return moneyLines(
    [
      ...claims.map(({ trainer, amount }) => ({ name: printable(trainer, NAME_COLUMNS), units: BigInt(amount) })),
      { name: "all claims", units: sum, isSum: true },
    ],
    `Claims, in ${printable(token.symbol)}`,
    token.decimals,
  );
}

function budgetLines({ budget, config: { token } }: Report): string[] {
  const remainder = budgetRemainder(budget);
  const lines = moneyLines(
    [
      { name: "paid to trainers", units: BigInt(budget.paid) },
      { name: "returned to the sponsor", units: BigInt(budget.returned) },
      { name: "still in escrow", units: remainder },
      { name: "escrowed", units: BigInt(budget.escrowed), isSum: true },
    ],
    `Budget, in ${printable(token.symbol)}`,
    token.decimals,
  );
  const slashed = formatTokenAmount(budget.slashed, token.decimals, { separator: " " });
  lines.push(`  slashed, from stakes: ${slashed}`);
  return lines;
}

interface MoneyLine {
  readonly name: string;
  readonly units: bigint;
  /** What the lines above add up to; a rule parts them. */
  readonly isSum?: boolean;
}

/** Names and amounts, aligned at the decimal point. */
function moneyLines(lines: readonly MoneyLine[], heading: string, decimals: number): string[] {
  const minPlaces = decimalPlacesNeeded(
    lines.map(({ units }) => units),
    decimals,
  );
  const texts = lines.map(({ units }) => formatTokenAmount(units, decimals, { minPlaces, separator: " " }));
  const nameWidth = Math.max(...lines.map(({ name }) => name.length));
  // A uint256 with 77 decimals is 80 characters: the name is cut before the line gets too long.
  const amountWidth = Math.max(...texts.map((text) => text.length));
  const namesFit = Math.min(nameWidth, Math.max(8, SUMMARY_COLUMNS - 4 - amountWidth));
  const rows = lines.flatMap(({ name, isSum }, index) => {
    const line = `  ${printable(name, namesFit).padEnd(namesFit)}  ${(texts[index] ?? "").padStart(amountWidth)}`;
    return isSum === true ? [`  ${"─".repeat(namesFit + 2 + amountWidth)}`, line] : [line];
  });
  return [heading, ...rows];
}

function closing({ config, rounds, final }: Report): string {
  return (
    `${printable(scoreText(final.score, config.measure), 60)} after ${rounds.length} of ${config.rounds} rounds in ` +
    `${formatSeconds(final.seconds)} (${printable(config.model, 20)}, ${groupDigits(config.parameters, " ")} parameters); ` +
    `${formatPercent(final.coordinationShare, 1)} of it was not training.`
  );
}
