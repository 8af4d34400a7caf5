/** What the registry, the vault and Foedus write about trainers, as plain values. Amounts are in wei of the stake token. */
import type { Interface, Log } from "ethers";
import type { Deployment } from "./deployment.ts";
import type { LogFilter } from "./logPages.ts";

export type TrainerEvent = { readonly block: number } & (
  | { readonly name: "Registered"; readonly account: string }
  | { readonly name: "StakeDeposited"; readonly task: string; readonly account: string; readonly amount: bigint }
  | {
      readonly name: "StakeThawing";
      readonly task: string;
      readonly account: string;
      /** All that thaws now. */
      readonly thawing: bigint;
      /** Seconds since 1970. */
      readonly thawedAt: number;
    }
  | { readonly name: "StakeWithdrawn"; readonly task: string; readonly account: string; readonly amount: bigint }
  | {
      readonly name: "StakeSlashed";
      readonly task: string;
      readonly account: string;
      /** What was burnt and what its slasher was paid. */
      readonly amount: bigint;
    }
  | { readonly name: "TaskOpened"; readonly task: string; readonly id: number }
);

/** How events of trainers are asked for and read in one deployment. */
export interface TrainerLog {
  readonly filter: LogFilter;
  /** The event that a log tells of; undefined for one of another contract or shape. */
  read(log: Log): TrainerEvent | undefined;
}

type Source = Pick<Deployment, "address" | "foedus" | "vault" | "registry">;

export function trainerLog({ address, foedus, vault, registry }: Source): TrainerLog {
  const vaultAddress = String(vault.target);
  const registryAddress = String(registry.target);
  const topicOf = (contract: Interface, name: string) => contract.getEvent(name)!.topicHash;
  const stake = (name: string) => topicOf(vault.interface, name);
  const [deposited, thawing, withdrawn, slashed] = [
    stake("StakeDeposited"),
    stake("StakeThawing"),
    stake("StakeWithdrawn"),
    stake("StakeSlashed"),
  ];
  const registered = topicOf(registry.interface, "Registered");
  const opened = topicOf(foedus.interface, "TaskOpened");

  /** By their words, which are few and fixed: thousands are read while somebody scrolls. */
  function ofVault(log: Log, task: string, account: string): TrainerEvent | undefined {
    const block = log.blockNumber;
    const [first, second] = [word(log.data, 0), word(log.data, 1)];
    switch (log.topics[0]) {
      case deposited:
        return { name: "StakeDeposited", block, task, account, amount: first };
      case thawing:
        return { name: "StakeThawing", block, task, account, thawing: first, thawedAt: Number(second) };
      case withdrawn:
        return { name: "StakeWithdrawn", block, task, account, amount: first };
      case slashed:
        return { name: "StakeSlashed", block, task, account, amount: first + second };
      default:
        return undefined;
    }
  }

  return {
    filter: {
      addresses: [address, vaultAddress, registryAddress],
      topics: [[registered, deposited, thawing, withdrawn, slashed, opened]],
    },
    read(log) {
      const [kind, first, second] = log.topics;
      if (first === undefined) return undefined;
      if (log.address === registryAddress && kind === registered) {
        return { name: "Registered", block: log.blockNumber, account: addressIn(first) };
      }
      if (second === undefined) return undefined;
      if (log.address === address && kind === opened) {
        return { name: "TaskOpened", block: log.blockNumber, task: addressIn(second), id: Number(BigInt(first)) };
      }
      return log.address === vaultAddress ? ofVault(log, addressIn(first), addressIn(second)) : undefined;
    },
  };
}

/** An indexed address, in lower case: the checksum of each would cost a hash. */
function addressIn(topic: string): string {
  return `0x${topic.slice(-40).toLowerCase()}`;
}

/** A word of an event's data; 0 behind its end. */
function word(data: string, index: number): bigint {
  const hex = data.slice(2 + 64 * index, 2 + 64 * (index + 1));
  return hex === "" ? 0n : BigInt(`0x${hex}`);
}
