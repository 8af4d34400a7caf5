// npm run bench -- NAME [PART] [--json]
//
// Runs bench/NAME.ts and prints its figures: a table, or with --json one object a line and nothing else on stdout (use
// `npm run -s`, npm prints a header otherwise). Without a name it lists the benches. A bench that has parts names them in
// `parts`; one of them runs alone if it is named.
import { globSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Row } from "../bench/row.ts";

const root = resolve(import.meta.dirname, "..");
const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
const benches = globSync("bench/*.ts", { cwd: root })
  .map((file) => basename(file, ".ts"))
  .filter((name) => name !== "row")
  .sort();
const [name, part] = positionals;
if (name === undefined) {
  console.log(`Benches: ${benches.join(", ")}. Run one with: npm run bench -- NAME [PART] [--json]`);
} else if (!benches.includes(name) || positionals.length > 2) {
  console.error(`There is no bench called ${positionals.join(" ")}. There are: ${benches.join(", ")}`);
  process.exitCode = 1;
} else {
  // A bench that brings its own chain loads Hardhat in this process, wherever it was started from.
  process.env["HARDHAT_CONFIG"] ??= resolve(root, "hardhat.config.ts");
  const rows = await measure(name, part);
  const text = values.json === true ? rows.map((row) => JSON.stringify(row)).join("\n") : table(rows);
  // Chains and stores that a bench left open end with it.
  process.stdout.write(`${text}\n`, () => process.exit());
}

/** A bench may say what it is doing; with --json that goes to stderr. */
async function measure(bench: string, part: string | undefined): Promise<Row[]> {
  if (values.json === true) console.log = console.error;
  const module = (await import(pathToFileURL(resolve(root, `bench/${bench}.ts`)).href)) as {
    default: (part?: string) => Promise<Row[]>;
    parts?: readonly string[];
  };
  if (part !== undefined && module.parts?.includes(part) !== true) {
    console.error(`${bench} has no part called ${part}. It has: ${module.parts?.join(", ") ?? "none"}`);
    process.exit(1);
  }
  return module.default(part);
}

/** Columns as wide as their widest cell, figures to the right. */
function table(rows: Row[]): string {
  const cells = rows.map((row) => [String(row.case), row.metric, figure(row.value), row.unit]);
  const all = [["case", "metric", "value", "unit"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const aligned = all.map((line) =>
    line
      .map((cell, column) => (column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return aligned.join("\n");
}

function figure(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 3 : 0 });
}
