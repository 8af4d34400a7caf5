/**
 * What the court owes in the chain's own coins: for chunks that were shown, and for questions that were not answered, or
 * not any more because their proposal had fallen.
 */
import type { Party } from "./party.ts";
import { wasOvertaken } from "../chain/sender.ts";

/** Once the task is over: has it paid out to the account. @returns how much it was, in wei. */
export async function collectOwed(party: Pick<Party, "deployment" | "opened" | "sender">): Promise<bigint> {
  const { deployment, opened, sender } = party;
  const { court } = deployment;
  const requests = await court.queryFilter(court.filters.ChunkRequested(opened.address), opened.block);
  for (const { args } of requests.filter((request) => request.args.requester === sender.address)) {
    const question = [opened.address, args.round, args.ordinal, args.vector, args.chunk] as const;
    try {
      await sender.send("take back the price of a question", await court.reclaim.populateTransaction(...question));
    } catch (error) {
      if (!wasOvertaken(error)) throw error; // answered, or given back already
    }
  }
  const owed = await court.owed(sender.address);
  if (owed > 0n) await sender.send("collect what the court owes", await court.withdraw.populateTransaction());
  return owed;
}
