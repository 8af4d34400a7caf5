/** Opens what a command works with - chain, account, keys, store - and closes all of it when the command ends. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { formatEther, getAddress } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { findDeployment } from "../chain/findDeployment.ts";
import type { Deployment } from "../chain/deployment.ts";
import { findTask } from "../chain/openedTask.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import { connectRpc } from "../chain/rpc.ts";
import { meteredSender } from "../chain/meteredSender.ts";
import { createSender } from "../chain/sender.ts";
import type { Sender } from "../chain/sender.ts";
import { addressOfWallet, openHardhatWallet, openWallet } from "../chain/wallets.ts";
import { createLog } from "../observe/log.ts";
import type { Log } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Metrics } from "../observe/metrics.ts";
import { serveMetrics } from "../observe/metricsServer.ts";
import { redactText } from "../observe/redact.ts";
import type { EncryptionKeyPair } from "../privacy/envelope.ts";
import { openKeyFile } from "../privacy/keyFile.ts";
import { asError } from "../protocol/asError.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { folderBytes } from "../storage/folderSize.ts";
import { meteredStore } from "../storage/meteredStore.ts";
import { openRetention } from "../storage/retention.ts";
import type { Retention } from "../storage/retention.ts";
import type {
  ChainOptions,
  CommonOptions,
  KeyOptions,
  MetricsOptions,
  StoreOptions,
  WalletOptions,
} from "./options.ts";
import { readPassword } from "./password.ts";
import { print } from "./print.ts";
import { VERSION } from "./version.ts";

export interface Session {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What is served with --metrics; nobody looks at it otherwise. */
  readonly metrics: Metrics | undefined;
  /** Shows a result: the object with --json, else the lines. */
  show(result: object, lines: string | readonly string[]): void;
  deployment(): Promise<Deployment>;
  /** Other nodes of the same chain, to be compared with the one that is used. */
  witnesses(): Promise<JsonRpcProvider[]>;
  task(task: string): Promise<OpenedTask>;
  sender(): Promise<Sender>;
  /** The own address; asks for no password where a keystore file says it. */
  account(): Promise<string>;
  encryptionKey(): Promise<EncryptionKeyPair>;
  store(): Promise<ContentStore>;
  retention(): Promise<Retention>;
  /** A file or folder of this account's, created if it is a folder. */
  path(...parts: string[]): string;
  readonly confirmations: number;
  readonly pollMs: number;
}

type AllOptions = CommonOptions &
  Partial<ChainOptions & KeyOptions & WalletOptions & StoreOptions & MetricsOptions> & {
    readonly witnessRpc?: readonly string[];
  };

const LOCAL_CHAINS = new Set([31337n, 1337n]);
const COMMAND_RETRIES = 4;

/** What decides how patient a session is with a lost connection: a bot waits, a command does not. */
export type Patience = "command" | "bot";

/**
 * Runs a command's work in a session. Ctrl-C aborts its signal; errors end in one clear line and exit code 1.
 */
export function inSession<Args extends unknown[]>(
  patience: Patience | ((options: never) => Patience),
  work: (session: Session, options: never, ...args: Args) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...passed) => {
    const command = passed.at(-1) as Command;
    const options = command.opts<AllOptions>();
    const args = passed.slice(0, -2) as Args;
    const closing: (() => Promise<void>)[] = [];
    const interrupted = new AbortController();
    const interrupt = () => interrupted.abort(new Interrupted());
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    try {
      const patient = typeof patience === "string" ? patience : patience(options as never);
      const session = openSession(options, patient, interrupted.signal, closing);
      await openMetrics(session, options, closing);
      await work(session, options as never, ...args);
    } catch (error) {
      reportError(error, options, interrupted.signal);
    } finally {
      for (const close of closing.reverse()) {
        await close().catch((error: unknown) => reportError(error, options, interrupted.signal));
      }
      process.removeListener("SIGINT", interrupt);
      process.removeListener("SIGTERM", interrupt);
    }
  };
}

class Interrupted extends Error {
  override readonly name = "Interrupted";
}

function reportError(error: unknown, options: AllOptions, signal: AbortSignal): void {
  const { json, verbose } = options;
  if (signal.aborted && wasInterrupted(error)) {
    process.exitCode = 130;
    return;
  }
  process.exitCode = 1;
  const { name, message, stack } = asError(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: { name, message: redactText(message) } })}\n`);
  // With --json alone the message is for who looks on: machines have it on stdout.
  if (options.log === "json") logOf(options).fatal({ err: error }, message);
  else process.stderr.write(`${redactText(verbose ? (stack ?? message) : message)}\n`);
}

/** With --json the log is for machines too, unless --log says otherwise. */
function isLogJson({ json, log }: AllOptions): boolean {
  return log === undefined ? json : log === "json";
}

function logOf(options: AllOptions): Log {
  const { verbose, name = "default" } = options;
  return createLog({ name, level: verbose ? "debug" : "info", json: isLogJson(options) });
}

/** How long the size of the store is believed: to measure it takes a look at every block. */
const STORE_LOOK_MS = 30_000;

/** Serves what the session measures, where --metrics asks for it, until the session ends. */
async function openMetrics(session: Session, options: AllOptions, closing: (() => Promise<void>)[]): Promise<void> {
  const { metrics } = session;
  if (metrics === undefined || options.metrics === undefined) return;
  const { name = "default" } = options;
  let looked = -Infinity;
  metrics.set("foedus_info", { version: VERSION, name, account: await session.account().catch(() => "") }, 1);
  metrics.onScrape(async () => {
    if (options.ipfs !== undefined || performance.now() - looked < STORE_LOOK_MS) return;
    looked = performance.now();
    metrics.set("foedus_content_store_bytes", {}, await folderBytes(session.path("content", name)));
  });
  const server = await serveMetrics(metrics, options.metrics);
  closing.push(() => server.close());
  session.log.info({ url: server.url }, "serving metrics");
}

/** Timers and streams wrap the signal's reason in an error of their own. */
function wasInterrupted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof Interrupted || error.name === "AbortError" || wasInterrupted(error.cause);
}

function openSession(
  options: AllOptions,
  patience: Patience,
  signal: AbortSignal,
  closing: (() => Promise<void>)[],
): Session {
  const { json, home = "", name = "default" } = options;
  const log = logOf(options);
  const metrics = options.metrics === undefined ? undefined : createMetrics();
  // What has not happened yet is 0, not unknown.
  metrics?.add("foedus_rpc_errors_total", {}, 0);
  metrics?.add("foedus_transactions_stuck_total", {}, 0);
  metrics?.add("foedus_content_received_bytes_total", {}, 0);
  metrics?.add("foedus_fees_coins_total", {}, 0);
  const once = <T>(open: () => Promise<T>) => {
    let opened: Promise<T> | undefined;
    return () => (opened ??= open());
  };
  let local = false;
  const tasks = new Map<string, Promise<OpenedTask>>();

  async function connect(url: string, chainId: bigint | undefined): Promise<JsonRpcProvider> {
    const retries = patience === "bot" ? Infinity : COMMAND_RETRIES;
    // A session that ends waits for no answer any more: a bot's request to a silent node would be tried for ever.
    const ended = new AbortController();
    closing.push(async () => ended.abort());
    const provider = await connectRpc({
      url,
      retries,
      signal: AbortSignal.any([signal, ended.signal]),
      onTrouble(message) {
        metrics?.add("foedus_rpc_errors_total");
        log.warn(message);
      },
      ...(chainId === undefined ? {} : { chainId }),
    });
    closing.push(async () => provider.destroy());
    return provider;
  }

  const deployment = once(async () => {
    const provider = await connect(options.rpc ?? "", options.chainId);
    const found = await findDeployment(provider, options.foedus);
    local = LOCAL_CHAINS.has(found.chainId);
    return found;
  });
  const password = once(() => readPassword(options.passwordFile, signal));
  const keyFile = (suffix: string) => join(home, "keys", `${name}${suffix}.json`);

  const session: Session = {
    signal,
    log,
    metrics,
    show: (result, lines) => print(json, result, lines),
    deployment,
    witnesses: once(async () => {
      const { chainId } = await deployment();
      return Promise.all((options.witnessRpc ?? []).map((url) => connect(url, chainId)));
    }),
    // What is found never changes; what is not, may be there the next time.
    async task(task) {
      const found = tasks.get(task) ?? findTask(await deployment(), task);
      tasks.set(task, found);
      found.catch(() => tasks.delete(task));
      return found;
    },
    sender: once(async () => {
      const { provider } = await deployment();
      const { wallet = keyFile("") } = options;
      const sender = createSender({
        wallet: wallet === "hardhat" ? await openHardhatWallet() : await openWallet(wallet, await password()),
        provider,
        pollMs: session.pollMs,
        stuckAfterMs: local ? 10_000 : 90_000,
        maxFeePerGas: options.maxFee ?? 0n,
        signal,
        onTrouble(message) {
          metrics?.add("foedus_transactions_stuck_total");
          log.warn(message);
        },
      });
      if (metrics === undefined) return sender;
      return meteredSender(sender, {
        mined(act, { gasUsed, gasPrice }) {
          metrics.add("foedus_transactions_total", { outcome: "mined" });
          metrics.add("foedus_gas_used_total", { act }, Number(gasUsed));
          metrics.add("foedus_fees_coins_total", {}, Number(formatEther(gasUsed * gasPrice)));
        },
        failed: () => metrics.add("foedus_transactions_total", { outcome: "failed" }),
      });
    }),
    account: once(async () => {
      const { wallet = keyFile("") } = options;
      return wallet === "hardhat" ? (await session.sender()).address : getAddress(await addressOfWallet(wallet));
    }),
    encryptionKey: once(async () => openKeyFile(keyFile(".encryption"), await password())),
    store: once(async () => {
      const folder = join(home, "content", name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const store = await openStore(folder, options, signal);
      closing.push(() => store.stop());
      if (metrics === undefined) return store;
      return meteredStore(store, (bytes) => metrics.add("foedus_content_received_bytes_total", {}, bytes));
    }),
    retention: once(async () => openRetention(await session.store(), join(home, "content", name, "retention.json"))),
    path: (...parts) => join(home, ...parts),
    get confirmations() {
      return options.confirmations ?? (local ? 0 : 2);
    },
    get pollMs() {
      return local ? 150 : 4_000;
    },
  };
  return session;
}

/** IPFS is loaded only when it is needed: it takes longer than all the rest of a short command. */
async function openStore(
  folder: string,
  { ipfs, listen }: Partial<StoreOptions>,
  signal: AbortSignal,
): Promise<ContentStore> {
  if (ipfs === undefined) {
    const { openHeliaStore } = await import("../storage/heliaStore.ts");
    return openHeliaStore({ folder, signal, ...(listen === undefined ? {} : { listen }) });
  }
  const { openKuboStore } = await import("../storage/kuboStore.ts");
  return openKuboStore({ url: ipfs, signal });
}
