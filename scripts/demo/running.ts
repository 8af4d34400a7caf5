/** Where the demonstration that runs now can be read, for the page: kept in a file for as long as it runs. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";

const FILE = resolve(import.meta.dirname, "../../out/demo/running.json");
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
