/** Where the demonstration that runs now can be read, for the page: kept in a file for as long as it runs. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { Scores } from "../../trainer/observe/scores.ts";

const FILE = resolve(import.meta.dirname, "../../out/demo/running.json");
export const SCORES_FILE = resolve(import.meta.dirname, "../../out/demo/scores.json");
const schema = z.strictObject({ rpc: z.url(), gateway: z.url(), foedus: z.string(), pid: z.int().positive() });

/** Says where it can be read; what is returned takes that back. */
export async function announceDemo(where: {
  readonly rpc: string;
  readonly foedus: string;
  /** Of the sponsor, who comes to hold every final model. */
  readonly gateway: string;
}): Promise<() => Promise<void>> {
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, JSON.stringify({ ...where, pid: process.pid }));
  return async () => {
    if ((await runningDemo())?.pid === process.pid) await rm(FILE, { force: true });
  };
}

/** The scores of its models so far, as the page reads them. */
export async function announceScores(scores: Scores): Promise<void> {
  const whole = `${SCORES_FILE}.part`;
  await writeFile(whole, JSON.stringify(scores));
  await rename(whole, SCORES_FILE);
}

/** The one that runs, if one does. */
export async function runningDemo(): Promise<z.infer<typeof schema> | undefined> {
  try {
    const found = schema.parse(JSON.parse(await readFile(FILE, "utf8")));
    process.kill(found.pid, 0); // throws if there is no such process
    return found;
  } catch {
    return undefined;
  }
}
