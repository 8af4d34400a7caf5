/** What each act of each round cost, from the chain's own receipts. */
import type { JsonRpcProvider } from "ethers";
import { readTaskEvents } from "./eventLog.ts";
import type { OpenedTask } from "./openedTask.ts";
import type { TaskEvent } from "./taskEvent.ts";

/**
 * A trainer that stays enters inside its commit. Of a masked round the draw and the sharing count as entering, and the
 * agreement and what was rebuilt as revealing.
 */
export const ACTS = ["enter", "commit", "reveal", "propose", "finalise"] as const;
export type Act = (typeof ACTS)[number];
export type GasByAct = Record<Act, number>;

/** Transactions by their hash, and what each did in which round. */
export type ActsByTransaction = Map<string, { readonly round: number; readonly act: Act }>;

const ACT_OF: Partial<Record<TaskEvent["name"], Act>> = {
  UpdateCommitted: "commit",
  UpdateRevealed: "reveal",
  ModelProposed: "propose",
  RoundFinalised: "finalise",
  TrainerEntered: "enter",
  CohortsDrawn: "enter",
  KeyShared: "enter",
  MaskedCommitted: "commit",
  SetAgreed: "reveal",
  SeedRevealed: "reveal",
  KeyRebuilt: "reveal",
  SharesGiven: "reveal",
  SeedRebuilt: "reveal",
};

/** Adds what these events tell to `acts`. A commitment that also enters the next round counts as a commitment. */
export function noteActs(acts: ActsByTransaction, events: readonly TaskEvent[]): void {
  for (const event of events) {
    const act = ACT_OF[event.name];
    if (act === undefined || !("round" in event)) continue;
    const entersByCommit = act === "enter" && acts.has(event.transaction);
    if (!entersByCommit) acts.set(event.transaction, { round: event.round, act });
  }
}

/** The sums over all trainers, by round. */
export async function gasByRound(provider: JsonRpcProvider, opened: OpenedTask): Promise<Map<number, GasByAct>> {
  const acts: ActsByTransaction = new Map();
  for await (const events of readTaskEvents(provider, opened.address, opened.block, await provider.getBlockNumber())) {
    noteActs(acts, events);
  }
  const sums = new Map<number, GasByAct>();
  for (const [transaction, { round, act }] of acts) {
    const gas = sums.get(round) ?? noGas();
    gas[act] += await gasUsedBy(provider, transaction);
    sums.set(round, gas);
  }
  return sums;
}

/** What one transaction used; 0 if the node does not know it any more. */
export async function gasUsedBy(provider: JsonRpcProvider, transaction: string): Promise<number> {
  const receipt = await provider.getTransactionReceipt(transaction);
  return Number(receipt?.gasUsed ?? 0n);
}

export function noGas(): GasByAct {
  return { enter: 0, commit: 0, reveal: 0, propose: 0, finalise: 0 };
}
