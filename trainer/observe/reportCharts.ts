// The charts of a report, as SVG text that needs no script: Observable Plot draws on domino's document. Colours are
// the page's CSS variables, so that one drawing serves light and dark; a mark's <title> is its tooltip.
import domino from "@mixmark-io/domino";
import * as Plot from "@observablehq/plot";
import { shortenMiddle } from "./escapeHtml.ts";
import { formatPercent, formatScore, formatSeconds, formatTokenAmount, groupDigits } from "./measureText.ts";
import { printable } from "./printable.ts";
import type { Report, ReportLine, ReportMeasure, ReportRound } from "./report.ts";

/** A kind of bar in a stack: its field, its name in the legend, the CSS variable of its colour. */
export interface Series<Field extends string> {
  readonly field: Field;
  readonly label: string;
  readonly colour: string;
}

export const GAS_SERIES: readonly Series<keyof ReportRound["gas"]>[] = [
  { field: "enter", label: "enter", colour: "var(--series-5)" },
  { field: "commit", label: "commit", colour: "var(--series-1)" },
  { field: "reveal", label: "reveal", colour: "var(--series-2)" },
  { field: "propose", label: "propose", colour: "var(--series-3)" },
  { field: "finalise", label: "finalise", colour: "var(--series-4)" },
];

export const SECONDS_SERIES: readonly Series<"train" | "encrypt" | "transfer" | "chain">[] = [
  { field: "train", label: "training", colour: "var(--series-1)" },
  { field: "encrypt", label: "encrypting", colour: "var(--series-5)" },
  { field: "transfer", label: "moving data", colour: "var(--series-2)" },
  { field: "chain", label: "waiting for the chain", colour: "var(--series-3)" },
];

/** Pixels of a chart that fills half a wide page or all of a narrow one. */
const WIDTH = 440;
const HEIGHT = 216;
/** Of one that fills a wide page. */
const WIDE = 940;
const MAX_DOTS = 40;

/** A score that a line of its own marks in the chart of the rounds. */
export interface Reference {
  readonly label: string;
  readonly colour: string;
  readonly score: number | null;
}

/** What the scores of a scenario's rounds lie between: nothing without a scenario. */
export function references({ scenario }: Report): Reference[] {
  const [line] = scenario?.lines ?? [];
  if (line === undefined) return [];
  return [
    { label: "all data pooled", colour: "var(--series-2)", score: line.pooled },
    { label: "each alone, mean", colour: "var(--series-3)", score: line.alone.mean },
  ];
}

/** Score on the test set by round. */
export function scoreChart(report: Report): string {
  const { measure } = report.config;
  const rounds = report.rounds.filter((round): round is ReportRound & { score: number } => round.score !== null);
  const marked = references(report).filter((each): each is Reference & { score: number } => each.score !== null);
  const text = (score: number | null) => formatScore(score, measure);
  return lineChart(rounds, {
    label: `${printable(measure.name)} on the test set by round. ${spoken(rounds, ({ score }) => text(score))}`,
    value: ({ score }) => score ?? 0,
    text,
    tick: (score) => scoreTick(score, measure),
    domain: scoreDomain(
      measure.better,
      [...rounds, ...marked].map(({ score }) => score),
    ),
    colour: "var(--series-1)",
    marked,
  });
}

/** The line's shape is what one looks for: the axis of a share starts a tenth below the worst. */
function scoreDomain(better: "higher" | "lower", scores: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...scores), Math.max(...scores)];
  if (scores.length === 0) return [0, 1];
  if (better === "higher" && most <= 1) return [Math.max(0, Math.floor((least - 0.02) * 10) / 10), 1];
  return [Math.min(0, least), most > 0 ? most * 1.08 : 1];
}

function scoreTick(score: number, { name }: ReportMeasure): string {
  return name === "accuracy" ? percentTick(score) : String(Number(score.toPrecision(3)));
}

function percentTick(share: number): string {
  return formatPercent(share, Number.isInteger(Math.round(share * 1e6) / 1e4) ? 0 : 1);
}

/** Loss on the test set by round. */
export function lossChart({ rounds }: Report): string {
  const highest = Math.max(...rounds.map(({ loss }) => loss));
  return lineChart(rounds, {
    label: `Loss on the test set by round. ${spoken(rounds, ({ loss }) => loss.toFixed(3))}`,
    value: ({ loss }) => loss,
    text: (loss) => loss.toFixed(3),
    tick: (loss) => String(Number(loss.toPrecision(3))),
    domain: [0, highest > 0 ? highest * 1.08 : 1],
    colour: "var(--series-4)",
  });
}

/** Gas the cohort spent by round, stacked by act. */
export function gasChart({ rounds }: Report): string {
  const total = ({ gas }: ReportRound): number => GAS_SERIES.reduce((sum, { field }) => sum + gas[field], 0);
  return stackedChart(rounds, GAS_SERIES, {
    label: `Gas by round and act, sum over the trainers. ${spoken(rounds, (round) => groupDigits(total(round)))}`,
    value: (round, field) => round.gas[field],
    text: (gas) => `${groupDigits(gas)} gas`,
    tick: (gas) =>
      gas >= 1e6 ? `${Number((gas / 1e6).toPrecision(3))} M` : gas >= 1e3 ? `${gas / 1e3} k` : String(gas),
  });
}

/** Where a trainer's time went by round, stacked by kind, average over the trainers. */
export function secondsChart({ rounds }: Report): string {
  return stackedChart(rounds, SECONDS_SERIES, {
    label:
      "Seconds by round and kind, average over the trainers. Training: " +
      spoken(rounds, ({ seconds }) => formatSeconds(seconds.train)),
    value: (round, field) => round.seconds[field],
    text: formatSeconds,
    tick: (seconds) => `${Number(seconds.toPrecision(3))} s`,
  });
}

/** Samples that each trainer holds: of each class, if they have classes. */
export function shardsChart({ config }: Report): string {
  const label = `Samples by trainer. ${config.shards
    .map(({ trainer, samples }) => `${printable(trainer)}: ${groupDigits(samples)}`)
    .join(", ")}.`;
  const names = config.shards.map(({ trainer }) => shortName(trainer));
  if (config.shards.every(({ perClass }) => perClass === undefined)) {
    return barChart(
      label,
      config.shards.map(({ samples }, row) => ({
        ...{ row, name: names[row] ?? "", length: samples, text: groupDigits(samples) },
        exact: `${names[row]}: ${groupDigits(samples)} samples`,
      })),
      "var(--heat)",
    );
  }
  const cells = config.shards.flatMap(({ perClass = [] }, row) =>
    perClass.map((samples, column) => ({ row, column, samples })),
  );
  const most = Math.max(1, ...cells.map(({ samples }) => samples));
  const classes = Math.max(1, ...config.shards.map(({ perClass = [] }) => perClass.length));
  const className = (column: number) => shortenMiddle(printable(config.classes?.[column] ?? String(column)), 14);
  const rowHeight = config.shards.length > 16 ? 18 : 30;
  // A number must fit its cell: the width holds a dozen classes with four digits.
  const showsNumbers = classes <= 12 && rowHeight === 30;
  return draw(label, {
    width: WIDTH,
    height: config.shards.length * rowHeight + 50,
    marginLeft: nameMargin(names),
    marginTop: 8,
    marginRight: 4,
    marginBottom: 42,
    x: {
      type: "band",
      label: "class",
      labelArrow: "none",
      labelAnchor: "center",
      tickSize: 0,
      tickFormat: className,
      padding: 0.06,
      ...everyFew(classes),
    },
    y: { type: "band", label: null, tickFormat: (row: number) => names[row] ?? "", tickSize: 0, padding: 0.1 },
    opacity: { type: "linear", domain: [0, most], range: [0.05, 1] },
    marks: [
      Plot.cell(cells, {
        x: "column",
        y: "row",
        // A colour that the ink is readable on at every opacity.
        fill: "var(--heat)",
        fillOpacity: "samples",
        rx: 3,
        title: ({ row, column, samples }: (typeof cells)[number]) =>
          `${names[row]}, class ${className(column)}: ${groupDigits(samples)} samples`,
      }),
      ...(showsNumbers
        ? [
            Plot.text(cells, {
              x: "column",
              y: "row",
              text: ({ samples }: (typeof cells)[number]) => (samples === 0 ? "" : String(samples)),
              fill: "var(--ink)",
              fontSize: 10,
              pointerEvents: "none",
            }),
          ]
        : []),
    ],
  });
}

/** What each trainer reaches alone, all together, and with all rows in one place, by a scenario's main measure. */
export function comparisonChart({ measure, alone, federated, pooled, baseline }: ReportLine): string {
  const rows = [
    // An axis of errors starts at 0 and has room for it; one of shares would lose its detail.
    ...(measure.better === "lower" ? [{ name: "baseline", score: baseline, colour: "var(--ink-soft)" }] : []),
    ...alone.each.map(({ trainer, score }) => ({ name: trainer, score, colour: "var(--series-3)" })),
    { name: "federated", score: federated, colour: "var(--series-1)" },
    { name: "all data pooled", score: pooled, colour: "var(--series-2)" },
  ].map(({ name, score, colour }, row) => ({ row, name: shortenMiddle(printable(name), 30), score, colour }));
  const dots = rows.filter((each): each is (typeof rows)[number] & { score: number } => each.score !== null);
  const names = rows.map(({ name }) => name);
  const [least, most] = scoreDomain(
    measure.better,
    dots.map(({ score }) => score),
  );
  const text = ({ score }: { score: number | null }) => formatScore(score, measure);
  return draw(`${printable(measure.name)}. ${rows.map((row) => `${row.name}: ${text(row)}`).join(", ")}.`, {
    width: WIDE,
    height: rows.length * 24 + 40,
    marginLeft: nameMargin(names),
    marginTop: 8,
    marginRight: 56,
    marginBottom: 32,
    x: {
      ...{ label: null, domain: [least, most], ticks: 5, tickSize: 0 },
      tickFormat: (score: number) => scoreTick(score, measure),
    },
    y: {
      type: "band",
      domain: rows.map(({ row }) => row),
      label: null,
      tickFormat: (row: number) => names[row] ?? "",
      tickSize: 0,
    },
    marks: [
      Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      Plot.ruleY(dots, { x1: least, x2: "score", y: "row", stroke: "colour", strokeWidth: 2, strokeOpacity: 0.35 }),
      Plot.dot(dots, {
        x: "score",
        y: "row",
        r: 5,
        fill: "colour",
        title: (dot: (typeof dots)[number]) => `${dot.name}: ${text(dot)}`,
      }),
      Plot.text(dots, { x: "score", y: "row", text, textAnchor: "start", dx: 10, fill: "var(--ink)" }),
    ],
  });
}

/** What each trainer claimed. */
export function claimsChart({ claims, config }: Report): string {
  const { symbol, decimals } = config.token;
  const byTrainer = new Map<string, bigint>();
  for (const { trainer, amount } of claims) byTrainer.set(trainer, (byTrainer.get(trainer) ?? 0n) + BigInt(amount));
  const bars = [...byTrainer].map(([trainer, units], row) => ({
    row,
    name: shortName(trainer),
    // A double is exact enough for a length; the text is exact.
    length: Number(units) / 10 ** decimals,
    text: formatTokenAmount(units, decimals, { places: 2, minPlaces: 2 }),
    exact: `${printable(trainer)}: ${formatTokenAmount(units, decimals)} ${printable(symbol)}`,
  }));
  return barChart(`Claims by trainer. ${bars.map(({ exact }) => exact).join(", ")}.`, bars, "var(--series-2)");
}

interface Bar {
  readonly row: number;
  readonly name: string;
  readonly length: number;
  /** Behind the bar. */
  readonly text: string;
  /** Of whoever points at it. */
  readonly exact: string;
}

/** A bar a row, with a number behind it. */
function barChart(label: string, bars: readonly Bar[], colour: string): string {
  const names = bars.map(({ name }) => name);
  return draw(label, {
    width: WIDTH,
    height: bars.length * 30 + 16,
    marginLeft: nameMargin(names),
    marginTop: 8,
    marginRight: Math.max(24, ...bars.map(({ text }) => text.length * 7 + 10)),
    marginBottom: 8,
    x: { axis: null, domain: [0, Math.max(...bars.map(({ length }) => length)) || 1] },
    y: { type: "band", label: null, tickFormat: (row: number) => names[row] ?? "", tickSize: 0, padding: 0.28 },
    marks: [
      Plot.barX(bars, { x: "length", y: "row", fill: colour, rx2: 3, title: "exact" }),
      Plot.text(bars, { x: "length", y: "row", text: "text", textAnchor: "start", dx: 6, fill: "var(--ink)" }),
    ],
  });
}

interface LineChartOptions {
  readonly label: string;
  readonly value: (round: ReportRound) => number;
  readonly text: (value: number) => string;
  readonly tick: (value: number) => string;
  readonly domain: readonly [number, number];
  readonly colour: string;
  /** Lines across, to compare with. */
  readonly marked?: readonly (Reference & { readonly score: number })[];
}

function lineChart(
  rounds: readonly ReportRound[],
  { label, value, text, tick, domain, colour, marked = [] }: LineChartOptions,
): string {
  const points = rounds.map((round) => ({ round: round.round, value: value(round) }));
  const marks = [
    Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
    Plot.areaY(points, { x: "round", y1: domain[0], y2: "value", fill: colour, fillOpacity: 0.1 }),
    Plot.ruleY(marked, {
      y: "score",
      stroke: "colour",
      strokeWidth: 1.5,
      strokeDasharray: "5 4",
      title: (mark: (typeof marked)[number]) => `${mark.label}: ${text(mark.score)}`,
    }),
    Plot.lineY(points, { x: "round", y: "value", stroke: colour, strokeWidth: 2.25, strokeLinejoin: "round" }),
    Plot.dot(points.length <= MAX_DOTS ? points : points.slice(-1), {
      x: "round",
      y: "value",
      r: 4,
      fill: colour,
      stroke: "var(--card)",
      strokeWidth: 1.5,
      title: (point: (typeof points)[number]) => `Round ${point.round}: ${text(point.value)}`,
    }),
  ];
  return draw(label, {
    width: WIDTH,
    height: HEIGHT,
    ...MARGINS,
    x: { ...ROUND_AXIS, type: "point", padding: 0.3, ...everyFewRounds(rounds) },
    y: { label: null, domain: [...domain], ticks: 5, tickSize: 0, tickFormat: tick },
    marks,
  });
}

interface StackedChartOptions<Field extends string> {
  readonly label: string;
  readonly value: (round: ReportRound, field: Field) => number;
  readonly text: (value: number) => string;
  readonly tick: (value: number) => string;
}

function stackedChart<Field extends string>(
  rounds: readonly ReportRound[],
  series: readonly Series<Field>[],
  { label, value, text, tick }: StackedChartOptions<Field>,
): string {
  const bars = rounds.flatMap((round) =>
    series.map(({ field, label: kind, colour }) => ({ round: round.round, kind, colour, value: value(round, field) })),
  );
  const isEmpty = bars.every((bar) => bar.value === 0);
  return draw(label, {
    width: WIDTH,
    height: HEIGHT,
    ...MARGINS,
    x: { ...ROUND_AXIS, type: "band", padding: rounds.length > MAX_DOTS ? 0.1 : 0.28, ...everyFewRounds(rounds) },
    y: { label: null, ticks: 5, tickSize: 0, tickFormat: tick, ...(isEmpty ? { domain: [0, 1] } : {}) },
    marks: [
      Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1, ticks: 5 }),
      Plot.barY(bars, {
        x: "round",
        y: "value",
        fill: "colour",
        title: (bar: (typeof bars)[number]) => `Round ${bar.round}, ${bar.kind}: ${text(bar.value)}`,
      }),
    ],
  });
}

const MARGINS = { marginLeft: 52, marginRight: 10, marginTop: 12, marginBottom: 40 } as const;
const ROUND_AXIS = { label: "round", labelArrow: "none", labelAnchor: "center", tickSize: 0 } as const;

/** Ticks that have room: at most a dozen. */
function everyFewRounds(rounds: readonly ReportRound[]): { ticks: number[] } {
  const step = Math.ceil(rounds.length / 12);
  return { ticks: rounds.filter((_, index) => index % step === 0).map(({ round }) => round) };
}

function everyFew(count: number): { ticks: number[] } {
  const step = Math.ceil(count / 20);
  return { ticks: Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step) };
}

/** First, last and how many, for those who hear the chart. */
function spoken(rounds: readonly ReportRound[], text: (round: ReportRound) => string): string {
  const [first, last] = [rounds[0], rounds.at(-1)];
  if (first === undefined || last === undefined) return "No rounds.";
  if (first === last) return `Round ${first.round}: ${text(first)}.`;
  return `Round ${first.round}: ${text(first)}; round ${last.round}: ${text(last)}.`;
}

function shortName(trainer: string): string {
  return shortenMiddle(printable(trainer), 20);
}

function nameMargin(names: readonly string[]): number {
  return 14 + 7.2 * Math.max(4, ...names.map((name) => name.length));
}

/** What is needed of an SVG element: the browser's own types are not among a bot's. */
interface Drawing {
  setAttribute(name: string, value: string): void;
  readonly outerHTML: string;
}

/** Draws, and gives the SVG a role and a name. */
function draw(label: string, options: Plot.PlotOptions): string {
  const drawing = Plot.plot({
    ...options,
    document: domino.createDocument(),
    style: { background: "transparent", color: "var(--ink-soft)", fontFamily: "inherit", fontSize: "12px" },
  }) as Drawing;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
  return drawing.outerHTML;
}
