/**
 * Whether a trainer may show a secret of a masked round. What it shows is public for ever, and both secrets of one seat
 * together show that seat's update: so it believes neither its node nor the chain's newest blocks alone.
 */
import type { JsonRpcProvider } from "ethers";
import { seatOf } from "../../chain/taskState.ts";
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import type { Party } from "../party.ts";
import { votesForTheSet } from "./agreement.ts";
import { doubtOfSet } from "./witnesses.ts";

/**
 * @param state As deep in the chain as the party asks for (--confirmations).
 * @param witnesses Other nodes that must have the same set in the same block.
 * @returns why not, in words; undefined if it may.
 */
export async function reasonNotToShow(
  party: Pick<Party, "deployment" | "opened" | "sender">,
  state: TaskState,
  round: RoundState,
  witnesses: readonly JsonRpcProvider[],
): Promise<string | undefined> {
  const { deployment, sender } = party;
  const { set } = round;
  if (set === undefined) return "no set of updates is fixed";
  const own = seatOf(round, sender.address);
  if (own === undefined || !set.members.includes(own.seat)) return "the own update is not in the set that is fixed";
  if (set.members.length < state.rules.minTrainers) return `${set.members.length} updates are too few to hide among`;
  const votes = votesForTheSet(state, deployment.chainId, round);
  if (votes < state.rules.shareThreshold) {
    return `only ${votes} of ${state.rules.shareThreshold} trainers have signed for the set that the chain shows`;
  }
  return doubtOfSet(party, round, witnesses);
}
