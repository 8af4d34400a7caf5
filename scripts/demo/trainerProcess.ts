/** One trainer as its owner would run it: `foedus trainer run` with its own wallet, keys, store and private rows. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createWallet } from "../../trainer/chain/wallets.ts";
import { createKeyFile } from "../../trainer/privacy/keyFile.ts";
import type { TrainerEvent } from "../../trainer/roles/trainer.ts";
import type { Cheat } from "./cheats.ts";
import type { Cheated } from "./cheatingTrainer.ts";
import type { Processes } from "./processes.ts";
import type { Shard } from "./subject.ts";

export interface TrainerAccount {
  readonly name: string;
  readonly address: string;
  readonly home: string;
  readonly passwordFile: string;
  readonly rowsFile: string;
}

export interface RunningTrainer {
  readonly account: TrainerAccount;
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
  /** Resolves when it has claimed its rewards, and then only serves; rejects with what it said if it ended before. */
  readonly claimed: Promise<unknown>;
}

/** Where a trainer finds its task. */
export interface Federation {
  readonly rpc: string;
  readonly foedus: string;
  readonly task: number;
  readonly privacy: "sealed" | "masked";
  readonly seed: number;
  /** The trainers' table; absent of MNIST. */
  readonly data?: string;
}

/** How a trainer cheats, and in which round. */
export interface CheatPlan {
  readonly cheat: Cheat;
  readonly round: number;
}

const CLI = fileURLToPath(new URL("../../trainer/cli/main.ts", import.meta.url));
export const CHEATING_TRAINER = fileURLToPath(new URL("cheatingTrainer.ts", import.meta.url));

/** Makes a trainer's folder: keys under a password, and the rows that are its own. */
export async function createTrainerAccount(
  folder: string,
  { trainer: name, rows }: Shard,
  password: string,
): Promise<TrainerAccount> {
  const home = join(folder, name.replaceAll(" ", "-"));
  await mkdir(home, { recursive: true, mode: 0o700 });
  const passwordFile = join(home, "password");
  const rowsFile = join(home, "rows.json");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await writeFile(rowsFile, JSON.stringify(rows));
  const [{ address }] = await Promise.all([
    createWallet(join(home, "keys", "default.json"), password, { light: true }),
    createKeyFile(join(home, "keys", "default.encryption.json"), password, { light: true }),
  ]);
  return { name, address, home, passwordFile, rowsFile };
}

/** @param plan How it cheats; honest unless given. */
export function startTrainer(
  processes: Processes,
  account: TrainerAccount,
  federation: Federation,
  plan: CheatPlan | undefined,
  onEvent: (event: TrainerEvent | Cheated) => void,
): RunningTrainer {
  const { rpc, foedus, task, seed, data } = federation;
  const child = processes.add(
    spawn(
      process.execPath,
      [
        ...programFor(account, plan),
        ...[String(task), "--json", "--deposit", "--claim"],
        ...["--rpc", rpc, "--foedus", foedus, "--home", account.home, "--password-file", account.passwordFile],
        ...(data === undefined ? [] : ["--data", data]),
        ...["--rows", account.rowsFile, "--seed", `${seed}/${account.name}`],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    ),
  );
  const claimed = Promise.withResolvers<undefined>();
  let said = "";
  let killed = false;
  child.stderr.on("data", (bytes: Buffer) => (said = `${said}${bytes.toString()}`.slice(-4_000)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line) as
      TrainerEvent | Cheated | { readonly event: "claimed" } | { readonly error: unknown };
    if (!("event" in event)) return;
    if (event.event === "claimed") claimed.resolve(undefined);
    else onEvent(event);
  });
  return {
    account,
    async kill() {
      killed = true;
      child.kill("SIGKILL");
      await exited(child);
    },
    claimed: Promise.race([
      claimed.promise,
      exited(child).then(() => {
        if (!killed) throw new Error(`${account.name} ended before it had claimed:\n${said}`);
      }),
    ]),
  };
}

function programFor({ address }: TrainerAccount, plan: CheatPlan | undefined): string[] {
  return plan === undefined ? [CLI, "trainer", "run"] : [CHEATING_TRAINER, ...cheatArguments(plan, address)];
}

/** What the cheating trainer takes before the arguments of `foedus trainer run`. */
export function cheatArguments({ cheat, round }: CheatPlan, account: string): string[] {
  return [cheat, String(round), account];
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
