/** A Kubo daemon for a test, where `ipfs` is installed; loopback only, free ports, no bootstrap peers. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Scene } from "./fixtures.ts";

export function hasKubo(): boolean {
  return spawnSync("ipfs", ["version"]).status === 0;
}

/** The URLs of its RPC API and of its gateway. */
export async function startKubo(scene: Scene): Promise<{ rpc: string; gateway: string }> {
  const env = { ...process.env, IPFS_PATH: await scene.folder() };
  const ipfs = (...words: string[]): void => void execFileSync("ipfs", words, { env, stdio: "ignore" });
  ipfs("init", "--profile", "test"); // random loopback ports, no bootstrap, no discovery
  const daemon = spawn("ipfs", ["daemon"], { env });
  const exited = once(daemon, "exit");
  scene.atEnd(async () => {
    daemon.kill();
    await exited;
  });
  const listening: Record<string, string> = {};
  for await (const line of createInterface({ input: daemon.stdout })) {
    const [, name = "", port = ""] = /^(\w+).* server listening on \/ip4\/127\.0\.0\.1\/tcp\/(\d+)/.exec(line) ?? [];
    if (port !== "") listening[name] = `http://127.0.0.1:${port}`;
    const { RPC: rpc, Gateway: gateway } = listening;
    if (rpc !== undefined && gateway !== undefined) return { rpc, gateway };
  }
  throw new Error("The Kubo daemon ended before it was ready.");
}
