// Moving content through the embedded node, each figure beside what the same machine does at the same time without it:
// - put: cut, hash, write. Limit: sha256 and one file a MiB.
// - getLocal: read, hash, give out. Limit: read the same files and sha256.
// - getBitswap: from a node in another process, kept on disk. Limit: plain TCP from that process, sha256, write.
// Medians of several runs, each with fresh random content, in MB/s (10^6 bytes).
import { fork, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContentId } from "../trainer/storage/contentId.ts";
import type { ContentStore } from "../trainer/storage/contentStore.ts";
import { openHeliaStore } from "../trainer/storage/heliaStore.ts";
import { median } from "./median.ts";
import type { Row } from "./row.ts";

const SIZES = [1e6, 8e6, 64e6];
const RUNS = 5;
const PIECE = 1_048_576;

type Metric = "put" | "putLimit" | "getLocal" | "getLocalLimit" | "getBitswap" | "getBitswapLimit";

/** The other process: a node and a plain TCP server, each given the same content. */
interface Giver {
  /** Takes fresh content of that size. */
  fill(bytes: number): Promise<ContentId>;
  addresses: string[];
  tcpPort: number;
  end(): Promise<void>;
}

export default async function storage(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "foedus-bench-"));
  const giver = await startGiver(join(folder, "giver"));
  const store = await openHeliaStore({ folder: join(folder, "store") });
  try {
    await run(store, giver, folder, 1e6); // code gets warm, peers connect
    const rows: Row[] = [];
    for (const bytes of SIZES) {
      const runs: Record<Metric, number>[] = [];
      for (let turn = 0; turn < RUNS; turn++) runs.push(await run(store, giver, folder, bytes));
      for (const metric of Object.keys(runs[0]!) as Metric[]) {
        const value = bytes / 1e6 / median(runs.map((seconds) => seconds[metric]));
        rows.push({ bench: "storage", case: `${bytes / 1e6} MB`, metric, value, unit: "MB/s" });
      }
    }
    return rows;
  } finally {
    await store.stop();
    await giver.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds each way of moving `bytes` takes; limits and figures alternate, so that both see the same machine. */
async function run(store: ContentStore, giver: Giver, folder: string, bytes: number): Promise<Record<Metric, number>> {
  const content = randomBytes(bytes);
  const files = join(folder, "files");
  const received = join(folder, "received");
  await Promise.all([files, received].map((path) => mkdir(path)));
  const reading = { maxBytes: bytes, timeoutMs: 60_000 };
  try {
    const putLimit = await seconds(() => writeHashed(files, content));
    let id: ContentId;
    const put = await seconds(async () => void (id = await store.put(content)));
    const getLocalLimit = await seconds(() => readHashed(files));
    const getLocal = await seconds(() => drain(store.get(id, reading)));
    const other = await giver.fill(bytes);
    const getBitswapLimit = await seconds(() => receiveHashed(giver.tcpPort, received));
    const getBitswap = await seconds(() => drain(store.get(other, { ...reading, providers: giver.addresses })));
    await store.unpin(id!);
    return { put, putLimit, getLocal, getLocalLimit, getBitswap, getBitswapLimit };
  } finally {
    await Promise.all([files, received].map((path) => rm(path, { recursive: true, force: true })));
  }
}

async function writeHashed(folder: string, content: Uint8Array): Promise<void> {
  for (let at = 0; at < content.length; at += PIECE) {
    const piece = content.subarray(at, at + PIECE);
    createHash("sha256").update(piece).digest();
    await writeFile(join(folder, String(at)), piece);
  }
}

async function readHashed(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest();
  }
}

async function receiveHashed(port: number, folder: string): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of connect(port, "127.0.0.1")) parts.push(part as Uint8Array);
  await writeHashed(folder, Buffer.concat(parts));
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _part of content);
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function startGiver(folder: string): Promise<Giver> {
  const child = fork(import.meta.filename, [folder]);
  const { addresses, tcpPort } = (await answer(child)) as { addresses: string[]; tcpPort: number };
  return {
    addresses,
    tcpPort,
    async fill(bytes) {
      child.send(bytes);
      return (await answer(child)) as ContentId;
    },
    async end() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

async function answer(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const exit = (): void => gone.abort(new Error("The other node ended; run the bench again."));
  child.once("exit", exit);
  try {
    const [message] = (await once(child, "message", { signal: gone.signal })) as [unknown];
    return message;
  } finally {
    child.off("exit", exit);
  }
}

async function give(folder: string): Promise<void> {
  const store = await openHeliaStore({ folder });
  let content = Buffer.alloc(0);
  const server = createServer((socket) => void socket.end(content)).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.on("message", (bytes: number) => {
    content = randomBytes(bytes);
    void store.put(content).then((id) => process.send!(id));
  });
  process.send!({ addresses: await store.addresses(), tcpPort: (server.address() as AddressInfo).port });
}

if (import.meta.main) await give(process.argv[2]!);
