/** Options that many commands share, each with the environment variable that may stand in for it. */
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { getAddress, isAddress } from "ethers";
import { DEFAULT_MAX_FEE_PER_GAS } from "../chain/sender.ts";
import { BACKEND_NAMES } from "../learning/backend.ts";
import type { BackendName } from "../learning/backend.ts";
import type { Endpoint } from "../observe/metricsServer.ts";

export interface CommonOptions {
  readonly json: boolean;
  readonly log?: LogForm;
  readonly verbose: boolean;
}

export interface ChainOptions extends CommonOptions {
  readonly rpc: string;
  readonly foedus?: string;
  readonly chainId?: bigint;
  readonly confirmations?: number;
}

export interface KeyOptions {
  readonly home: string;
  readonly name: string;
  readonly passwordFile?: string;
}

export interface WalletOptions extends KeyOptions {
  readonly wallet?: string;
  readonly maxFee: bigint;
}

export interface StoreOptions extends KeyOptions {
  readonly ipfs?: string;
  readonly listen?: string[];
}

/** How the log on stderr is written: sentences for people, or one JSON object a line for machines. */
export type LogForm = "text" | "json";

export interface MetricsOptions {
  readonly metrics?: Endpoint;
}

export interface BackendOptions {
  readonly backend: BackendName | "auto";
}

/** A whole number from `least`, and up to `most` where there is one. */
export function wholeNumber(least: number, most = Infinity) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
      const bounds = most === Infinity ? `${least}` : `${least} to ${most}`;
      throw new InvalidArgumentError(`It must be a whole number from ${bounds}.`);
    }
    return value;
  };
}

/** A chance from 0 to 1. */
export function chance(text: string): number {
  const value = Number(text);
  if (!/^[\d.]{1,20}$/.test(text) || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError("It must be a chance from 0 to 1, like 0.05.");
  }
  return value;
}

/** An account's address, in the form with a checksum. */
export function accountAddress(text: string): string {
  if (!isAddress(text)) throw new InvalidArgumentError("It must be an address: 0x and 40 hexadecimal digits.");
  return getAddress(text);
}

/** Where to serve: a port of loopback, or host:port. */
export function endpoint(text: string): Endpoint {
  const [, bracketed, plain, digits] =
    /^(?:(?:\[([0-9a-fA-F:.]{2,45})\]|([\w.-]{1,253})):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new InvalidArgumentError("It must be a port, like 9464, or host:port, like 0.0.0.0:9464.");
  }
  return { host: bracketed ?? plain ?? "127.0.0.1", port };
}

function chainNumber(text: string): bigint {
  return BigInt(wholeNumber(1)(text));
}

function gwei(text: string): bigint {
  if (!/^\d{1,6}(\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError("It must be an amount in gwei, like 30.");
  const [whole = "0", part = ""] = text.split(".");
  return BigInt(whole) * 10n ** 9n + BigInt(part.padEnd(9, "0"));
}

export function withCommon(command: Command): Command {
  return command
    .addOption(new Option("--json", "print JSON for machines").default(false))
    .addOption(
      new Option("--log <form>", "how the log on stderr is written (json with --json, else text)")
        .env("FOEDUS_LOG")
        .choices(["text", "json"]),
    )
    .addOption(new Option("--verbose", "say more on stderr").default(false));
}

export function withChain(command: Command): Command {
  return withCommon(command)
    .addOption(
      new Option("--rpc <url>", "JSON-RPC endpoint of the chain")
        .env("FOEDUS_RPC_URL")
        .default("http://127.0.0.1:8545"),
    )
    .addOption(
      new Option("--foedus <address>", "Foedus on that chain; found in ignition/deployments unless given").env(
        "FOEDUS_ADDRESS",
      ),
    )
    .addOption(new Option("--chain-id <id>", "refuse any other chain").env("FOEDUS_CHAIN_ID").argParser(chainNumber))
    .addOption(
      new Option("--confirmations <blocks>", "blocks to wait before an event counts (2; 0 on a local chain)").argParser(
        wholeNumber(0),
      ),
    );
}

export function withHome(command: Command): Command {
  return command.addOption(
    new Option("--home <folder>", "where keys, journals and content are kept")
      .env("FOEDUS_HOME")
      .default(join(homedir(), ".foedus"), "~/.foedus"),
  );
}

export function withKeys(command: Command): Command {
  return withHome(command)
    .addOption(new Option("--name <name>", "which keys of that folder").env("FOEDUS_NAME").default("default"))
    .addOption(
      new Option("--password-file <file>", "read the password from a file instead of asking").env(
        "FOEDUS_PASSWORD_FILE",
      ),
    );
}

export function withWallet(command: Command): Command {
  return withKeys(command)
    .addOption(
      new Option(
        "--wallet <file>",
        'another keystore file, or "hardhat" for FOEDUS_PRIVATE_KEY in Hardhat\'s keystore',
      ).env("FOEDUS_WALLET"),
    )
    .addOption(
      new Option("--max-fee <gwei>", "the most to pay for a unit of gas")
        .env("FOEDUS_MAX_FEE")
        .argParser(gwei)
        .default(DEFAULT_MAX_FEE_PER_GAS, "500"),
    );
}

export function withMetrics(command: Command): Command {
  return command.addOption(
    new Option("--metrics <port>", "serve metrics for Prometheus at this port of loopback, or at host:port")
      .env("FOEDUS_METRICS")
      .argParser(endpoint),
  );
}

export function withBackend(command: Command): Command {
  return command.addOption(
    new Option("--backend <name>", "what computes; auto is the fastest kind there is (see foedus doctor)")
      .env("FOEDUS_BACKEND")
      .choices(["auto", ...BACKEND_NAMES])
      .default("auto"),
  );
}

export function withStore(command: Command): Command {
  return command
    .addOption(
      new Option("--ipfs <url>", "use a Kubo node's RPC API instead of the embedded one").env("FOEDUS_IPFS_URL"),
    )
    .addOption(
      new Option("--listen <multiaddr...>", "where the embedded IPFS node listens").default(
        undefined,
        "a free port on loopback",
      ),
    );
}
