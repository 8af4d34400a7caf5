/**
 * The vote for the set of updates that will be summed, and what convinces a trainer that enough others have voted for the
 * same: their signatures. A node that shows a forged chain cannot forge those (SECURITY: equivocation).
 */
import { verifyTypedData } from "ethers";
import type { TypedDataDomain } from "ethers";
import { signingDomain } from "../../chain/signingDomain.ts";
import { seatBits } from "../../protocol/seatSet.ts";
import type { Party } from "../party.ts";
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import { viewOf } from "./cohortView.ts";

const AGREEMENT = {
  Agreement: [
    { name: "round", type: "uint32" },
    { name: "members", type: "uint256" },
    { name: "cohortView", type: "bytes32" },
  ],
};

/** The own vote for `members`, as the task's contract takes it. */
export async function voteFor(
  { sender, opened, deployment }: Pick<Party, "sender" | "opened" | "deployment">,
  round: RoundState,
  members: readonly number[],
): Promise<{ readonly cohortView: string; readonly signature: string }> {
  const cohortView = viewOf(round);
  const domain = signingDomain(deployment.chainId, opened.address);
  const message = { round: round.number, members: seatBits(members), cohortView };
  return { cohortView, signature: await sender.signTypedData(domain, AGREEMENT, message) };
}

/** How many trainers of the cohort have signed for exactly the set that the chain says is fixed, as this trainer sees it. */
export function votesForTheSet(
  { rules, task }: Pick<TaskState, "rules" | "task">,
  chainId: bigint,
  round: RoundState,
): number {
  if (round.set === undefined) return 0;
  const cohortView = viewOf(round);
  const message = { round: round.number, members: seatBits(round.set.members), cohortView };
  // Trainers, not seats: a forged chain could seat one account many times.
  const voters = new Set<string>();
  for (const { trainer, agreement } of round.seats.values()) {
    if (agreement === undefined || agreement.cohortView !== cohortView) continue;
    if (signerOf(signingDomain(chainId, task), message, agreement.signature) === trainer) voters.add(trainer);
    if (voters.size === rules.shareThreshold) break;
  }
  return voters.size;
}

function signerOf(domain: TypedDataDomain, message: Record<string, unknown>, signature: string): string | undefined {
  try {
    return verifyTypedData(domain, AGREEMENT, message, signature);
  } catch {
    return undefined; // malformed
  }
}
