import { Signature } from "ethers";
import { ethers } from "./task.ts";
import type { Signer, TaskFixture } from "./task.ts";

/** An EIP-2612 signature of `owner` that lets `spender` take `value`. */
export async function permitOf(
  token: TaskFixture["token"],
  owner: Signer,
  spender: string,
  value: bigint,
  deadline = 2n ** 255n,
) {
  const { chainId } = await ethers.provider.getNetwork();
  const signature = await owner.signTypedData(
    { name: "Foedus", version: "1", chainId, verifyingContract: await token.getAddress() },
    {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    { owner: owner.address, spender, value, nonce: await token.nonces(owner.address), deadline },
  );
  const { v, r, s } = Signature.from(signature);
  return { deadline, v, r, s };
}
