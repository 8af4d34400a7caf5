/** A chain of its own for one demonstration: `hardhat node` as a child process, spoken to by JSON-RPC like any other. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Processes } from "./processes.ts";

export async function startLocalChain(processes: Processes, signal: AbortSignal): Promise<string> {
  const port = await freePort();
  const hardhat = join(
    dirname(createRequire(import.meta.url).resolve("hardhat/package.json")),
    "dist",
    "src",
    "cli.js",
  );
  const chain = processes.add(
    spawn(process.execPath, [hardhat, "node", "--network", "node", "--hostname", "127.0.0.1", "--port", String(port)], {
      stdio: ["ignore", "ignore", "pipe"],
    }),
  );
  let complaint = "";
  chain.stderr.on("data", (bytes: Buffer) => (complaint = `${complaint}${bytes.toString()}`.slice(-2_000)));
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    signal.throwIfAborted();
    if (chain.exitCode !== null) throw new Error(`The local chain did not start:\n${complaint}`);
    await pause(50, undefined, { signal });
  }
  return url;
}

async function answers(url: string): Promise<boolean> {
  const body = JSON.stringify({ id: 1, jsonrpc: "2.0", method: "eth_chainId", params: [] });
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
