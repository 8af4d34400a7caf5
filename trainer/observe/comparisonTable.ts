// What a scenario's federation was worth, in a terminal: what each trainer reaches alone, what all of them reached
// together, and what all rows in one place would have given.
import { formatScore } from "./measureText.ts";
import { printable } from "./printable.ts";
import type { ReportScenario } from "./report.ts";
import { wrapText } from "./wrapText.ts";

const MEASURE_COLUMNS = 30;

/** The lines, none longer than `columns`, which are at least 120. */
export function comparisonTable(scenario: ReportScenario, columns: number): string[] {
  const { title, story, isSimulated, lines, testRows, baseline } = scenario;
  const rows = lines.map((line) => {
    const text = (score: number | null) => formatScore(score, line.measure);
    const { mean, least, largest } = line.alone;
    const unit = line.measure.unit === undefined ? "" : `, ${line.measure.unit}`;
    return [
      printable(`${line.measure.name}${unit}`, MEASURE_COLUMNS),
      ...[line.measure.better, text(line.baseline), text(mean), `${text(least)} to ${text(largest)}`],
      ...[text(line.federated), text(line.pooled)],
    ];
  });
  const heading = ["measure", "better", "baseline", "each alone", "range", "federated", "all data pooled"];
  const widths = heading.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}`;
  const head = lineOf(heading);
  const rule = `  ${"─".repeat(head.length - 2)}`;
  const data = isSimulated ? "simulated test rows: nobody measured them" : "test rows that no trainer has";
  return [
    printable(title, columns),
    ...wrapText(story, columns),
    "",
    ...[head, rule, ...rows.map(lineOf), rule].map((line) => line.slice(0, columns)),
    ...wrapText(`On ${testRows} ${data}. Each alone: the trainers' mean. Baseline: ${baseline}.`, columns),
  ];
}
