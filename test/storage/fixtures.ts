/** What the storage tests share: folders that vanish, content from a printed seed, stores that stop. */
import { createCipheriv, createHash, randomInt } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";

export const MIB = 1_048_576;
const SEED = Number(process.env["FOEDUS_SEED"] ?? randomInt(2 ** 31));
let drawn = 0;

/** Bytes that differ at each call; the seed is in the name of the suite that prints it. */
export function someBytes(length: number): Uint8Array {
  return bytesNamed(`${SEED}/${drawn++}`, length);
}

/** The same bytes for the same name, in every process. */
export function bytesNamed(name: string, length: number): Uint8Array {
  const key = createHash("sha256").update(name).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

export function seeded(title: string): string {
  return `${title} (FOEDUS_SEED=${SEED})`;
}

/** Everything opened through it ends with the test. */
export class Scene {
  readonly #endings: (() => Promise<unknown>)[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "foedus-storage-"));
    this.atEnd(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async store(folder?: string): Promise<ContentStore> {
    const store = await openHeliaStore({ folder: folder ?? (await this.folder()) });
    this.atEnd(() => store.stop());
    return store;
  }

  /** A store in a process of its own that holds `bytes` bytes of content, the same for the same `name`. */
  async process(name: string, bytes: number, folder?: string): Promise<StoreProcess> {
    const child = spawn(process.execPath, [
      join(import.meta.dirname, "storeProcess.ts"),
      folder ?? (await this.folder()),
      name,
      String(bytes),
    ]);
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    const exited = once(child, "exit");
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await exited;
    };
    this.atEnd(kill);
    const line = await firstLine(child);
    if (line === undefined) throw new Error(`The store process ended before it was ready: ${said}`);
    return { ...(JSON.parse(line) as { id: ContentId; addresses: string[] }), pid: child.pid!, kill };
  }

  atEnd(ending: () => Promise<unknown>): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
  }
}

export interface StoreProcess {
  id: ContentId;
  addresses: string[];
  pid: number;
  kill(): Promise<void>;
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  return undefined;
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await all(content));
}

/** What a promise was rejected with; fails if it was fulfilled. */
export async function failure(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected with ${String(error)}, not an Error`);
  }
  throw new Error("it succeeded, but should have failed");
}

/** Files of blocks in a Helia store's folder. */
export async function blockFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, "blocks"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
