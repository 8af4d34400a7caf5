/** Why a transaction that was mined did nothing. */
import type { JsonRpcProvider, TransactionReceipt, TransactionRequest } from "ethers";
import { Refused, explain } from "./chainErrors.ts";

/**
 * Asks the node for the reason: what was possible when it was estimated was not any more when it was mined.
 * @param action What it should have done, for the message: "enter round 3".
 */
export async function whyReverted(
  provider: JsonRpcProvider,
  action: string,
  request: TransactionRequest,
  receipt: Pick<TransactionReceipt, "blockNumber" | "hash">,
): Promise<Error> {
  try {
    await provider.call({ ...request, blockTag: receipt.blockNumber });
  } catch (error) {
    return explain(error, action);
  }
  return new Refused(`Cannot ${action}: the transaction was reverted.`, "Unknown", {}, receipt.hash);
}
