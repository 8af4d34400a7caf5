/** What each act of each round cost, from the chain's own receipts. */
import type { JsonRpcProvider } from "ethers";
import { readTaskEvents } from "../../trainer/chain/eventLog.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskEvent } from "../../trainer/chain/taskEvent.ts";
import type { ReportRound } from "../../trainer/observe/report.ts";

export type Act = keyof ReportRound["gas"];
export type GasByAct = Record<Act, number>;

const ACTS: Partial<Record<TaskEvent["name"], Act>> = {
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

/** The sums over all trainers, by round. A commitment that also enters the next round counts as a commitment. */
export async function gasByRound(provider: JsonRpcProvider, opened: OpenedTask): Promise<Map<number, GasByAct>> {
  const acts = new Map<string, { round: number; act: Act }>();
  for await (const events of readTaskEvents(provider, opened.address, opened.block, await provider.getBlockNumber())) {
    for (const event of events) {
      const act = ACTS[event.name];
      if (act === undefined || !("round" in event)) continue;
      const entersByCommit = act === "enter" && acts.has(event.transaction);
      if (!entersByCommit) acts.set(event.transaction, { round: event.round, act });
    }
  }
  const sums = new Map<number, GasByAct>();
  for (const [transaction, { round, act }] of acts) {
    const receipt = await provider.getTransactionReceipt(transaction);
    const gas = sums.get(round) ?? { enter: 0, commit: 0, reveal: 0, propose: 0, finalise: 0 };
    gas[act] += Number(receipt?.gasUsed ?? 0n);
    sums.set(round, gas);
  }
  return sums;
}
