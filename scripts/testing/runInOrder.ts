// Runs test processes two at a time and shows their output as if one had followed the other: the first unfinished one
// is shown live, the next is kept back until its turn.
import { spawn } from "node:child_process";
import { COUNTS_DESCRIPTOR, COUNTS_WANTED, readCounts } from "./counts.ts";
import type { Counts } from "./counts.ts";
import type { Runner } from "./runners.ts";

/** How one runner ended. */
export interface Outcome extends Counts {
  name: string;
  seconds: number;
  /** Why this is a failure beyond its counts; null when it is none. */
  fault: string | null;
}

export interface RunOptions {
  cwd: string;
  /** How many run at the same time. */
  parallel: number;
  /** A runner that takes longer has hung and is ended. */
  limitSeconds: number;
  /** Takes the output, in order. */
  write: (text: string) => void;
  /** Ends the runners under way and starts no more. */
  signal: AbortSignal;
}

/** Outcomes in the order of `runners`, whatever order they end in. */
export async function runInOrder(runners: Runner[], options: RunOptions): Promise<Outcome[]> {
  const kept = runners.map(() => "");
  const ended = runners.map(() => false);
  const outcomes: (Outcome | undefined)[] = [];
  let shown = 0;
  let next = 0;

  const show = (index: number, text: string) => {
    if (index === shown) options.write(text);
    else kept[index] = (kept[index] ?? "") + text;
  };
  const finish = (index: number) => {
    ended[index] = true;
    while (shown < runners.length && ended[shown] === true) {
      shown++;
      options.write(kept[shown] ?? "");
    }
  };
  const worker = async () => {
    while (next < runners.length && !options.signal.aborted) {
      const index = next++;
      const runner = runners[index]!;
      show(index, `\n== ${runner.name}\n`);
      const outcome = await runOne(runner, options, (text) => {
        show(index, text);
      });
      outcomes[index] = outcome;
      show(index, describe(outcome));
      finish(index);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return outcomes.filter((outcome) => outcome !== undefined);
}

function runOne(runner: Runner, options: RunOptions, write: (text: string) => void): Promise<Outcome> {
  const { cwd, limitSeconds } = options;
  const start = performance.now();
  const env = { ...process.env, [COUNTS_WANTED]: "yes", FORCE_COLOR: process.stdout.isTTY ? "1" : "0" };
  const child = spawn(process.execPath, runner.command, { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const limit = AbortSignal.timeout(limitSeconds * 1000);
  const stop = AbortSignal.any([options.signal, limit]);
  const end = () => child.kill(limit.aborted ? "SIGKILL" : "SIGTERM");
  if (stop.aborted) end();
  stop.addEventListener("abort", end, { once: true });

  let counted = "";
  child.stdio[COUNTS_DESCRIPTOR]?.on("data", (data: Buffer) => (counted += data.toString()));
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding("utf8").on("data", write);
  }
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => {
      stop.removeEventListener("abort", end);
      const seconds = (performance.now() - start) / 1000;
      const counts = readCounts(counted);
      const fault = limit.aborted ? `took longer than ${limitSeconds} s` : faultOf(counts, code, signal);
      done({ name: runner.name, seconds, fault, ...(counts ?? { passed: 0, failed: 0 }) });
    });
  });
}

/** A runner that dies, counts nothing or fails without a failed test is a failure of its own. */
function faultOf(counts: Counts | null, code: number | null, signal: NodeJS.Signals | null): string | null {
  if (signal !== null) return `was ended by ${signal}`;
  if (counts === null) return `ended with code ${code} before it had counted its tests`;
  if (counts.passed + counts.failed === 0) return "ran no tests";
  if (code !== 0 && counts.failed === 0) return `ended with code ${code} though no test failed`;
  return null;
}

function describe({ name, passed, failed, seconds, fault }: Outcome): string {
  const counts = `${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`;
  return fault === null ? `== ${name}: ${counts}\n` : `== ${name}: ${fault} (${counts})\n`;
}
