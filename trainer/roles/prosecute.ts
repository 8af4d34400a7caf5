/**
 * Takes a proof to the court: announces it, then sends it a block later, so that nobody can be paid for it who has only
 * seen it pass by.
 */
import type { ContractTransaction, TransactionReceipt } from "ethers";
import type { Deployment } from "../chain/deployment.ts";
import { Refused } from "../chain/chainErrors.ts";
import { pause } from "../chain/pause.ts";
import { wasOvertaken } from "../chain/sender.ts";
import { claimOf } from "../protocol/fraudProofs.ts";
import type { Party } from "./party.ts";

/** A court where challenges are announced before they are shown. */
export type Court = Deployment["court"] | Deployment["maskCourt"];

/** A call of a court, ready to be sent, and what it is called in words. */
export interface Challenge {
  readonly words: string;
  readonly court: Court;
  readonly request: ContractTransaction;
}

/** Looks for a block after the claim's: nodes that estimate gas on the last block see the claim in the same one. */
const LOOKS = 120;

/** @returns undefined if somebody else was first, or the dispute is over: nothing is left to be done. */
export async function prosecute(
  { opened, sender, signal }: Pick<Party, "opened" | "sender" | "signal">,
  round: number,
  { words, court, request }: Challenge,
  pollMs: number,
): Promise<TransactionReceipt | undefined> {
  const claim = claimOf(sender.address, request.data);
  try {
    const announcement = await court.claim.populateTransaction(opened.address, round, claim);
    await sender.send(`announce a challenge of round ${round}`, announcement);
  } catch (error) {
    // Announced before, by an earlier run.
    if (!(error instanceof Refused) || error.reason !== "AlreadyClaimed") throw error;
  }
  for (let look = 1; ; look++) {
    try {
      return await sender.send(words, request);
    } catch (error) {
      if (wasOvertaken(error)) return undefined;
      if (!(error instanceof Refused) || error.reason !== "ClaimTooFresh" || look === LOOKS) throw error;
      await pause(pollMs, signal);
    }
  }
}
