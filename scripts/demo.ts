/**
 * npm run demo: one federated training, whole and real. A local chain, Foedus deployed on it, a sponsor with a task for
 * MNIST or a scenario (--scenario), trainers as processes that share nothing but chain and IPFS.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createProgress, progressKindFor } from "../trainer/observe/progress.ts";
import { parseReport } from "../trainer/observe/report.ts";
import type { Report } from "../trainer/observe/report.ts";
import { reportPage } from "../trainer/observe/reportPage.ts";
import { summaryTable } from "../trainer/observe/summaryTable.ts";
import { asError } from "../trainer/protocol/asError.ts";
import { runFederation } from "./demo/federation.ts";
import { parseOptions } from "./demo/options.ts";
import { createProcesses } from "./demo/processes.ts";

const options = parseOptions(process.argv.slice(2));
const interrupted = new AbortController();
const interrupt = () => interrupted.abort(new Error("interrupted"));
process.once("SIGINT", interrupt);
process.once("SIGTERM", interrupt);

const folder = await mkdtemp(join(tmpdir(), "foedus-demo-"));
const processes = createProcesses();
const progress = createProgress({ kind: progressKindFor(process.stderr, options.json), stream: process.stderr });
try {
  await runFederation(options, {
    folder,
    password: randomBytes(16).toString("hex"),
    processes,
    progress,
    show,
    signal: interrupted.signal,
  });
} catch (error) {
  progress.stop();
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
  const message = asError(error).message;
  process.stderr.write(interrupted.signal.aborted ? "Interrupted. Nothing is left running.\n" : `${message}\n`);
} finally {
  await processes.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Tells how it went; with --stay while the chain still runs, and until somebody has seen enough of it. */
async function show(found: Report): Promise<void> {
  const report = parseReport(found);
  progress.stop();
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(options.out, "report.html"), reportPage(report));
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `\n${summaryTable(report)}\n`);
  const page = relative(process.cwd(), join(options.out, "report.html"));
  process.stderr.write(`\nThe report with charts: ${page}\n`);
  if (!options.stay) return;
  process.stderr.write("The chain stays until Ctrl-C. To look at it: npm run app\n");
  const { signal } = interrupted;
  if (!signal.aborted) await once(signal, "abort");
}

// What a library may still hold open must not keep a finished demonstration alive.
process.exit();
