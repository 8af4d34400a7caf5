/**
 * What the tests of the command line share: one local chain with Foedus on it, accounts with keys, coins and tokens, small
 * tasks on tables, and `foedus` run as a process of its own. Whatever a process says is searched for secrets.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Wallet, parseEther, parseUnits } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { deployTo } from "../../scripts/demo/deploy.ts";
import { startLocalChain } from "../../scripts/demo/localChain.ts";
import { createProcesses } from "../../scripts/demo/processes.ts";
import { eventIn, foedusInterface } from "../../trainer/chain/contracts.ts";
import { findDeployment } from "../../trainer/chain/findDeployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { fromTaskRules } from "../../trainer/chain/taskRules.ts";
import type { Genesis } from "../../trainer/chain/taskRules.ts";
import { createWallet, openWallet } from "../../trainer/chain/wallets.ts";
import { createLog } from "../../trainer/observe/log.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { createKeyFile } from "../../trainer/privacy/keyFile.ts";
import { register } from "../../trainer/roles/directory.ts";
import { encodeManifest } from "../../trainer/roles/manifest.ts";
import { openTask } from "../../trainer/roles/sponsor.ts";
import { manifestOf, rulesOf } from "../../trainer/roles/taskFile.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";

export interface Account {
  readonly address: string;
  readonly home: string;
  readonly passwordFile: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** Resolves with the first line on stdout or stderr that holds this text; rejects if the process ends without. */
  says(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

export interface Scene {
  readonly url: string;
  readonly folder: string;
  readonly deployment: Deployment;
  readonly provider: JsonRpcProvider;
  /** Makes keys under a password, with coins for gas and FDS unless it shall have none. */
  account(has?: { coins?: boolean; tokens?: number; name?: string }): Promise<Account>;
  /** Runs `foedus` to its end. */
  foedus(args: readonly string[], as?: Account): Promise<Ended>;
  /** @param program What runs instead of `foedus`. */
  start(args: readonly string[], as?: Account, program?: string): Running;
  /** Runs `foedus` in a terminal of its own (util-linux's `script`), whose keys the test presses. */
  startInTerminal(args: readonly string[]): Running & { press(keys: string): void };
  /** Lives in this process; its store serves what trainers fetch. */
  readonly sponsor: { readonly sender: Sender; readonly store: ContentStore };
  /** Opens a task as the scene's sponsor; returns its number. */
  open(changes?: Partial<TaskFile>): Promise<number>;
  /** Opens a task whose chain names another model than its manifest describes. */
  openWith(model: (store: ContentStore) => Promise<Pick<Genesis, "modelRoot" | "modelId">>): Promise<number>;
  /** A file in the scene's folder. */
  file(name: string, text: string): Promise<string>;
}

const LIMIT_MS = 90_000;
const CLI = fileURLToPath(new URL("../../trainer/cli/main.ts", import.meta.url));
export const PASSWORD = "a password nobody may ever read";

/** A task that one trainer can play alone, in rounds of a few seconds. */
export const TABLE_TASK: TaskFile = {
  title: "Left or right",
  architecture: { kind: "mlp", inputs: [3], hidden: [], classes: 2 },
  data: { kind: "csv", features: ["x", "y", "z"], label: "side", classes: ["left", "right"] },
  training: { epochs: 30, batchSize: 16, learningRate: 0.5, optimizer: "sgd" },
  rounds: 2,
  trainers: { min: 1, max: 1 },
  weight: { unitSamples: 10, maxUnits: 10 },
  fixedPoint: { fractionBits: 20, clip: 1 },
  seconds: {
    enter: 60,
    commit: 60,
    reveal: 30,
    attest: 1,
    grace: 5,
    propose: 30,
    challenge: 1,
    disclose: 1,
    retention: 240,
  },
  stake: { min: "100", missFine: "5", fraudFine: "80" },
  rewards: { data: "6", compute: "4", aggregator: "2", advance: "1" },
  seed: 1,
};

/** Rows whose side is the sign of x + y; the same for the same shift. */
export function table(rows: number, shift = 0, header = "x,y,z,side"): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [x, y, z] = [12.9898, 78.233, 37.719].map((factor) => Math.sin(factor * (i + shift + 1)));
    return `${x},${y},${z},${(x ?? 0) + (y ?? 0) > 0 ? "right" : "left"}`;
  });
  return `${[header, ...lines].join("\n")}\n`;
}

const processes = createProcesses();
const closing: (() => Promise<unknown>)[] = [];
let scene: Promise<Scene> | undefined;

after("end the scene", async function () {
  this.timeout(LIMIT_MS);
  await processes.stop();
  for (const close of closing.reverse()) await close();
});

/** To be called inside a `describe`: the one scene of this mocha process, which has begun when the tests run. */
export function useScene(): () => Scene {
  let begun: Scene | undefined;
  before("begin the scene", async function () {
    this.timeout(LIMIT_MS);
    begun = await (scene ??= begin());
  });
  return () => {
    if (begun === undefined) throw new Error("The scene is there only while tests run.");
    return begun;
  };
}

async function begin(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "foedus-cli-"));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const signal = AbortSignal.timeout(LIMIT_MS);
  const url = await startLocalChain(processes, signal);
  const local = await deployTo(url, folder);
  await local.close();
  const provider = await connectRpc({ url, retries: 2 });
  closing.push(async () => provider.destroy());
  const deployment = await findDeployment(provider, local.foedus);
  const secrets = [PASSWORD];
  let accounts = 0;

  async function fund(address: string, coins: boolean, tokens: number): Promise<void> {
    const rich = await provider.getSigner(0);
    if (coins) await (await rich.sendTransaction({ to: address, value: parseEther("10") })).wait();
    const amount = parseUnits(String(tokens), 18);
    if (tokens > 0) await (await deployment.stakeToken.connect(rich).transfer(address, amount)).wait();
  }

  async function account({ coins = true, tokens = 1_000, name = "default" } = {}): Promise<Account> {
    const home = join(folder, `account-${++accounts}`);
    await mkdir(home);
    const passwordFile = join(home, "password");
    await writeFile(passwordFile, `${PASSWORD}\n`);
    // Quick to open: a hundred processes do.
    const [wallet, { privateKey }] = await Promise.all([
      createWallet(join(home, "keys", `${name}.json`), PASSWORD, { light: true }),
      createKeyFile(join(home, "keys", `${name}.encryption.json`), PASSWORD, { light: true }),
    ]);
    secrets.push(wallet.privateKey.slice(2), Buffer.from(privateKey).toString("hex"));
    await fund(wallet.address, coins, tokens);
    return { address: wallet.address, home, passwordFile };
  }

  function start(args: readonly string[], as?: Account, program: string = CLI): Running {
    return heard(
      args,
      spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"], env: environment(as) }),
    );
  }

  function startInTerminal(args: readonly string[]) {
    const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      stdio: "pipe",
      env: { ...environment(undefined), TERM: "xterm", SHELL: "/bin/sh" },
    });
    return { ...heard(args, child), press: (keys: string) => void child.stdin.write(keys) };
  }

  function heard(args: readonly string[], child: ChildProcessByStdio<Writable | null, Readable, Readable>): Running {
    processes.add(child);
    let [stdout, stderr] = ["", ""];
    const listeners = new Set<() => void>();
    const hear = () => listeners.forEach((listener) => listener());
    child.stdout.on("data", (bytes: Buffer) => {
      stdout += bytes.toString();
      hear();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
      hear();
    });
    const ended = once(child, "close").then((): Ended => {
      hear();
      const said = `${stdout}${stderr}`.toLowerCase();
      if (secrets.some((secret) => said.includes(secret))) throw new Error(`foedus ${args.join(" ")} told a secret.`);
      return { code: child.exitCode, stdout, stderr };
    });
    ended.catch(() => undefined); // whoever waits for it hears of it
    return {
      pid: child.pid ?? 0,
      ended,
      kill: (by) => void child.kill(by),
      says: (text) =>
        new Promise((resolve, reject) => {
          const look = () => {
            const line = `${stdout}\n${stderr}`.split("\n").find((each) => each.includes(text));
            if (line !== undefined) resolve(line);
            else if (child.exitCode !== null || child.signalCode !== null) {
              reject(new Error(`foedus ${args.join(" ")} ended without saying "${text}":\n${stdout}${stderr}`));
            } else return;
            listeners.delete(look);
          };
          listeners.add(look);
          look();
        }),
    };
  }

  function environment(as: Account | undefined): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("FOEDUS_"));
    return {
      NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url)),
      ...Object.fromEntries(inherited),
      HOME: folder,
      FOEDUS_RPC_URL: url,
      FOEDUS_ADDRESS: deployment.address,
      ...(as === undefined ? {} : { FOEDUS_HOME: as.home, FOEDUS_PASSWORD_FILE: as.passwordFile }),
    };
  }

  const sponsor = await aSponsor();
  async function aSponsor() {
    const wallet = Wallet.createRandom();
    await fund(wallet.address, true, 1_000_000);
    const sender = createSender({
      wallet,
      provider,
      pollMs: 20,
      stuckAfterMs: 10_000,
      maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
    });
    const store = await openHeliaStore({ folder: join(folder, "sponsor") });
    closing.push(() => store.stop());
    const encryptionKey = await newEncryptionKeyPair();
    const log = createLog({ name: "sponsor", level: "silent", json: false });
    return { deployment, sender, store, encryptionKey, log, signal: new AbortController().signal };
  }

  return {
    url,
    folder,
    deployment,
    provider,
    account,
    sponsor,
    start,
    startInTerminal,
    async foedus(args, as) {
      const running = start(args, as);
      const timer = setTimeout(() => running.kill("SIGKILL"), LIMIT_MS);
      return running.ended.finally(() => clearTimeout(timer));
    },
    async open(changes = {}) {
      return (await openTask(sponsor, { ...TABLE_TASK, ...changes })).id;
    },
    async openWith(model) {
      const { sender, store, encryptionKey } = sponsor;
      const { stakeToken, foedus } = deployment;
      const tokens = { stakeToken: await stakeToken.getAddress(), stakeDecimals: 18, rewardDecimals: 18 };
      const rules = fromTaskRules(rulesOf(TABLE_TASK, sender.address, tokens));
      const manifestId = await store.put(encodeManifest(manifestOf(TABLE_TASK)));
      await register(deployment, sender, encryptionKey, store);
      const budget = await foedus.budgetOf(rules);
      await sender.send("approve", await stakeToken.approve.populateTransaction(deployment.address, budget));
      const genesis = { manifestId, ...(await model(store)) };
      const receipt = await sender.send("open", await foedus.openTask.populateTransaction(rules, genesis));
      const opening = eventIn(receipt.logs, foedusInterface, deployment.address, "TaskOpened");
      return Number(opening?.args["id"]);
    },
    async file(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
  };
}

/** The sender of an account, for what a test does in its place. */
export async function senderOf({ provider }: Scene, { home }: Account): Promise<Sender> {
  const wallet = await openWallet(join(home, "keys", "default.json"), PASSWORD);
  return createSender({ wallet, provider, pollMs: 20, stuckAfterMs: 10_000, maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS });
}

/** What a command printed as JSON. */
export function json<T = Record<string, unknown>>({ stdout }: Ended): T {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}

export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, "utf8")) as T;
}
