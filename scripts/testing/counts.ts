// How a test process tells the one that started it what it counted: one line of JSON on a file descriptor of its own,
// so that nothing has to be read out of what is printed for people.
import { writeSync } from "node:fs";

/** What one runner has counted. Skipped tests are neither passed nor failed. */
export interface Counts {
  passed: number;
  failed: number;
  /** Each failed test: its full name, and what it said. */
  failures?: string[];
}

/** The descriptor the counts go to; also the name of the variable that says somebody listens there. */
export const COUNTS_DESCRIPTOR = 3;
export const COUNTS_WANTED = "FOEDUS_TEST_COUNTS";

/** Reports from inside a test process; does nothing where nobody asked (a runner started by hand). */
export function reportCounts(counts: Counts): void {
  if (process.env[COUNTS_WANTED] === undefined) return;
  writeSync(COUNTS_DESCRIPTOR, `${JSON.stringify(counts)}\n`);
}

/**
 * Reads what `reportCounts` wrote.
 * @returns null when the process ended before it had counted
 */
export function readCounts(written: string): Counts | null {
  const line = written.trim();
  if (line === "") return null;
  return JSON.parse(line) as Counts;
}
