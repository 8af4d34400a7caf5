import { ethers } from "./task.ts";
import type { Signer, TaskFixture } from "./task.ts";

export interface ClaimTerms {
  trainer: string;
  recipient: string;
  fee: bigint;
  nonce: bigint;
  deadline: bigint;
}

/** What `signer` signs (EIP-712) so that a relayer may claim for `terms.trainer`. */
export async function signClaim(taskAddress: string, signer: Signer, terms: ClaimTerms): Promise<string> {
  const { chainId } = await ethers.provider.getNetwork();
  return signer.signTypedData(
    { name: "Foedus", version: "1", chainId, verifyingContract: taskAddress },
    {
      Claim: [
        { name: "trainer", type: "address" },
        { name: "recipient", type: "address" },
        { name: "fee", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    terms,
  );
}

/** Sends a signed claim through `relayer`. */
export function relay(f: TaskFixture, relayer: Signer, terms: ClaimTerms, signature: string) {
  const { trainer, recipient, fee, deadline } = terms;
  return f.task.connect(relayer).claimBySignature(trainer, recipient, fee, deadline, signature);
}
