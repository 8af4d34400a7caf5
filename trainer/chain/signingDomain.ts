/** What EIP-712 signatures for a task are bound to: its chain and its contract (TrainingTask.sol). */
import type { TypedDataDomain } from "ethers";

export function signingDomain(chainId: bigint, task: string): TypedDataDomain {
  return { name: "Foedus", version: "1", chainId, verifyingContract: task };
}
