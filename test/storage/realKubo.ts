/** A Kubo daemon for a test, where `ipfs` is installed; loopback only, free ports, no bootstrap peers. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Scene } from "./fixtures.ts";

export function hasKubo(): boolean {
  return spawnSync("ipfs", ["version"]).status === 0;
}

/** The URL of its RPC API. */
export async function startKubo(scene: Scene): Promise<string> {
  const env = { ...process.env, IPFS_PATH: await scene.folder() };
  const ipfs = (...words: string[]): void => void execFileSync("ipfs", words, { env, stdio: "ignore" });
  ipfs("init", "--profile", "test"); // random loopback ports, no bootstrap, no discovery
  const daemon = spawn("ipfs", ["daemon"], { env });
  const exited = once(daemon, "exit");
  scene.atEnd(async () => {
    daemon.kill();
    await exited;
  });
  for await (const line of createInterface({ input: daemon.stdout })) {
    const port = /RPC API server listening on \/ip4\/127\.0\.0\.1\/tcp\/(\d+)/.exec(line)?.[1];
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  throw new Error("The Kubo daemon ended before it was ready.");
}
