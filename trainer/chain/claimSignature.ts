/** A trainer's signature that lets anybody claim its rewards for it: EIP-712, as TrainingTask.claimBySignature checks it. */
import type { ContractRunner, ContractTransaction } from "ethers";
import { z } from "zod";
import { taskAt } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { OpenedTask } from "./openedTask.ts";
import type { Sender } from "./sender.ts";
import { signingDomain } from "./signingDomain.ts";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const amount = z.string().regex(/^\d{1,78}$/);

/** What travels from the trainer to the relayer. Amounts as decimal strings of the smallest unit. */
export const signedClaimSchema = z.strictObject({
  task: address,
  trainer: address,
  recipient: address,
  fee: amount,
  /** Seconds since 1970. */
  deadline: z.int().positive(),
  signature: z.string().regex(/^0x([0-9a-f]{2}){1,4096}$/),
});

export type SignedClaim = z.infer<typeof signedClaimSchema>;

const CLAIM = [
  { name: "trainer", type: "address" },
  { name: "recipient", type: "address" },
  { name: "fee", type: "uint256" },
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
];

export async function signClaim(
  deployment: Deployment,
  opened: OpenedTask,
  sender: Sender,
  terms: { recipient: string; fee: bigint; deadline: number },
): Promise<SignedClaim> {
  const trainer = sender.address;
  const nonce = await taskAt(opened.address, deployment.provider).nonces(trainer);
  const domain = signingDomain(deployment.chainId, opened.address);
  const signature = await sender.signTypedData(domain, { Claim: CLAIM }, { trainer, nonce, ...terms });
  return { task: opened.address, trainer, ...terms, fee: terms.fee.toString(), signature };
}

/** The transaction by which anybody can relay a signed claim. */
export function relayedClaim(signed: SignedClaim, runner: ContractRunner): Promise<ContractTransaction> {
  const { task, trainer, recipient, fee, deadline, signature } = signed;
  return taskAt(task, runner).claimBySignature.populateTransaction(trainer, recipient, fee, deadline, signature);
}
