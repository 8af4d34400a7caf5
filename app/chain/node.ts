/**
 * The node that the page reads, and Foedus on it. Reading never gives up: while no answer comes the page shows what it last
 * knew and says so, and goes on by itself when the node is back.
 */
import { batch, computed, signal } from "@preact/signals";
import { RpcUnreachable } from "../../trainer/chain/chainErrors.ts";
import { deploymentAt } from "../../trainer/chain/deployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { confirmedBlock } from "../../trainer/chain/blockMark.ts";
import type { BlockMark } from "../../trainer/chain/blockMark.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import type { Settings } from "../settings.ts";
import { errorText } from "../words/errorText.ts";

/** Chains of one machine: blocks come at once, and nothing is reorganised. */
const LOCAL_CHAINS = new Set([31_337n, 1_337n]);

export interface Chain extends Deployment {
  readonly settings: Settings;
  /** Blocks on top of the last one that is believed. */
  readonly confirmations: number;
  /** Between two looks at the chain. */
  readonly pollMs: number;
  /** Ends when other settings are chosen. */
  readonly signal: AbortSignal;
}

/** What is read now; undefined before a node has answered. */
export const chain = signal<Chain | undefined>(undefined);
/** Why nothing can be read with these settings, in the words of the trainer's own programs. */
export const fault = signal<string | undefined>(undefined);
/** Since when the node has not answered, and its last complaint. */
export const trouble = signal<{ readonly since: number; readonly message: string } | undefined>(undefined);
/** The last block that is believed. */
export const head = signal<BlockMark | undefined>(undefined);

/** Seconds that this machine's clock is ahead of the chain's, so that deadlines count down between blocks. */
const ahead = signal(0);
const ticks = signal(Math.floor(Date.now() / 1_000));

/** The chain's time now, in seconds since 1970, every second anew. */
export const chainTime = computed(() => ticks.value - ahead.value);

let current: AbortController | undefined;

/** Reads by these settings from now on, and by no others. */
export function readBy(settings: Settings): void {
  current?.abort();
  const own = (current = new AbortController());
  batch(() => {
    chain.value = fault.value = trouble.value = head.value = undefined;
  });
  void follow(settings, own.signal).catch((error: unknown) => {
    if (!own.signal.aborted) fault.value = errorText(error);
  });
}

/** Lets the page's clock run. */
export function startClock(): void {
  setInterval(() => (ticks.value = Math.floor(Date.now() / 1_000)), 1_000);
}

/** Notes that the node does not answer, and its complaint; `head` says when it does again. */
export function onTrouble(complaint: unknown): void {
  trouble.value = { since: trouble.value?.since ?? Date.now(), message: errorText(complaint) };
}

async function follow(settings: Settings, signal: AbortSignal): Promise<void> {
  const provider = await connectRpc({ url: settings.rpc, retries: Infinity, signal, onTrouble });
  signal.addEventListener("abort", () => provider.destroy(), { once: true });
  const isLocal = LOCAL_CHAINS.has((await provider.getNetwork()).chainId);
  const confirmations = isLocal ? 0 : 2;
  const pollMs = isLocal ? 500 : 4_000;
  const look = () =>
    confirmedBlock(provider, confirmations).catch((error: unknown) => {
      if (error instanceof RpcUnreachable) throw error;
      onTrouble(error);
      return undefined;
    });
  // The first look does not wait for the rest.
  const [deployment, first] = await Promise.all([deploymentAt(provider, settings.foedus), look()]);
  signal.throwIfAborted();
  chain.value = { ...deployment, settings, confirmations, pollMs, signal };
  for (let block = first; ; block = await look()) {
    signal.throwIfAborted();
    if (block !== undefined) {
      batch(() => {
        trouble.value = undefined;
        if (block.hash === head.value?.hash) return;
        ahead.value = Math.floor(Date.now() / 1_000) - block.timestamp;
        head.value = block;
      });
    }
    await pause(pollMs, signal);
  }
}

/** The address of the token that is staked there. */
export function stakeTokenOf({ stakeToken }: Pick<Chain, "stakeToken">): string {
  return String(stakeToken.target);
}
