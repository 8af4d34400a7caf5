/** Opens what a command works with - chain, account, keys, store - and closes all of it when the command ends. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { getAddress } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { findDeployment } from "../chain/findDeployment.ts";
import type { Deployment } from "../chain/deployment.ts";
import { findTask } from "../chain/openedTask.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import { connectRpc } from "../chain/rpc.ts";
import { createSender } from "../chain/sender.ts";
import type { Sender } from "../chain/sender.ts";
import { addressOfWallet, openHardhatWallet, openWallet } from "../chain/wallets.ts";
import { createLog } from "../observe/log.ts";
import type { Log } from "../observe/log.ts";
import type { EncryptionKeyPair } from "../privacy/envelope.ts";
import { openKeyFile } from "../privacy/keyFile.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { openRetention } from "../storage/retention.ts";
import type { Retention } from "../storage/retention.ts";
import type { ChainOptions, CommonOptions, KeyOptions, StoreOptions, WalletOptions } from "./options.ts";
import { readPassword } from "./password.ts";
import { print } from "./print.ts";

export interface Session {
  readonly signal: AbortSignal;
  readonly log: Log;
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
  Partial<ChainOptions & KeyOptions & WalletOptions & StoreOptions & { readonly witnessRpc: readonly string[] }>;

const LOCAL_CHAINS = new Set([31337n, 1337n]);
const COMMAND_RETRIES = 4;

/** What decides how patient a session is with a lost connection: a bot waits, a command does not. */
export type Patience = "command" | "bot";

/**
 * Runs a command's work in a session. Ctrl-C aborts its signal; errors end in one clear line and exit code 1.
 */
export function inSession<Args extends unknown[]>(
  patience: Patience,
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
      await work(openSession(options, patience, interrupted.signal, closing), options as never, ...args);
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

function reportError(error: unknown, { json, verbose }: AllOptions, signal: AbortSignal): void {
  if (signal.aborted && wasInterrupted(error)) {
    process.exitCode = 130;
    return;
  }
  process.exitCode = 1;
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: { name, message } })}\n`);
  process.stderr.write(`${verbose ? (stack ?? message) : message}\n`);
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
  const { json, verbose, home = "", name = "default" } = options;
  const log = createLog({ name, level: verbose ? "debug" : "info", json });
  const onTrouble = (message: string) => log.warn(message);
  const once = <T>(open: () => Promise<T>) => {
    let opened: Promise<T> | undefined;
    return () => (opened ??= open());
  };
  let local = false;
  const tasks = new Map<string, Promise<OpenedTask>>();

  async function connect(url: string, chainId: bigint | undefined): Promise<JsonRpcProvider> {
    const retries = patience === "bot" ? Infinity : COMMAND_RETRIES;
    const provider = await connectRpc({
      url,
      retries,
      signal,
      onTrouble,
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
    show: (result, lines) => print(json, result, lines),
    deployment,
    witnesses: once(async () => {
      const { chainId } = await deployment();
      return Promise.all((options.witnessRpc ?? []).map((url) => connect(url, chainId)));
    }),
    // What is asked for here never changes.
    async task(task) {
      const found = tasks.get(task) ?? findTask(await deployment(), task);
      tasks.set(task, found);
      return found;
    },
    sender: once(async () => {
      const { provider } = await deployment();
      const { wallet = keyFile("") } = options;
      return createSender({
        wallet: wallet === "hardhat" ? await openHardhatWallet() : await openWallet(wallet, await password()),
        provider,
        pollMs: session.pollMs,
        stuckAfterMs: local ? 10_000 : 90_000,
        maxFeePerGas: options.maxFee ?? 0n,
        signal,
        onTrouble,
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
      return store;
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
