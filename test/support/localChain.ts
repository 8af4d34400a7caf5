// A chain for tests off chain: `hardhat node` as a child process, Foedus deployed on it by Ignition. All files of one
// mocha process share it; each goes back to where it began by a snapshot. Blocks come with transactions or when asked.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonRpcProvider, JsonRpcSigner } from "ethers";
import { deployTo } from "../../scripts/demo/deploy.ts";
import { startLocalChain } from "../../scripts/demo/localChain.ts";
import { createProcesses } from "../../scripts/demo/processes.ts";
import { findDeployment } from "../../trainer/chain/findDeployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";

export interface LocalChain {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  /** Any method of the node. */
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  /** One of the node's own accounts, all rich in coins; the first holds all tokens. */
  account(index: number): Promise<JsonRpcSigner>;
  /** Mines a block, at a time in seconds since 1970 if one is given. */
  mine(time?: number): Promise<void>;
  snapshot(): Promise<string>;
  /** Goes back to a snapshot, which is then used up. */
  revert(snapshot: string): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const processes = createProcesses();
const closing: (() => Promise<unknown>)[] = [];
let chain: Promise<LocalChain> | undefined;

after("stop the local chain", async () => {
  for (const close of closing.reverse()) await close();
  await processes.stop();
});

/** To be called inside a `describe`: the chain for its tests, which is set back when they are over. */
export function useLocalChain(): () => LocalChain {
  let started: LocalChain | undefined;
  let snapshot = "";
  before("start a local chain", async function () {
    this.timeout(START_LIMIT_MS);
    started = await (chain ??= start());
    snapshot = await started.snapshot();
  });
  after("set the local chain back", () => started?.revert(snapshot));
  return () => {
    if (started === undefined) throw new Error("The chain is there only while tests run");
    return started;
  };
}

async function start(): Promise<LocalChain> {
  const url = await startLocalChain(processes, AbortSignal.timeout(START_LIMIT_MS));
  const folder = await mkdtemp(join(tmpdir(), "foedus-test-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const deployed = await deployTo(url, folder);
  await deployed.close();
  const provider = await connectRpc({ url, retries: 2 });
  closing.push(async () => provider.destroy());
  await provider.send("evm_setIntervalMining", [0]);
  return {
    url,
    provider,
    deployment: await findDeployment(provider, deployed.foedus),
    rpc: (method, ...params) => provider.send(method, params) as Promise<unknown>,
    account: (index) => provider.getSigner(index),
    async mine(time) {
      await provider.send("evm_mine", time === undefined ? [] : [time]);
    },
    snapshot: () => provider.send("evm_snapshot", []) as Promise<string>,
    async revert(snapshot) {
      if ((await provider.send("evm_revert", [snapshot])) !== true) throw new Error(`No snapshot ${snapshot}`);
    },
  };
}
