/** Lets a contract take exactly one amount: by an EIP-2612 signature where the token knows it, else by approval. */
import { Signature } from "ethers";
import type { FoedusToken } from "./contracts.ts";
import type { Sender } from "./sender.ts";

export interface Permit {
  readonly deadline: number;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

const VALID_SECONDS = 3_600;

/** @returns a permit to pass on, or undefined when the allowance stands on chain. Never more than `amount`. */
export async function allowanceFor(
  sender: Sender,
  token: FoedusToken,
  spender: string,
  amount: bigint,
): Promise<Permit | undefined> {
  const permit = await signPermit(sender, token, spender, amount).catch(() => undefined);
  if (permit !== undefined) return permit;
  if ((await token.allowance(sender.address, spender)) >= amount) return undefined;
  await sender.send("allow the contract to take the amount", await token.approve.populateTransaction(spender, amount));
  return undefined;
}

/** Fails where the token has neither EIP-2612 nor EIP-5267. */
async function signPermit(sender: Sender, token: FoedusToken, spender: string, value: bigint): Promise<Permit> {
  const owner = sender.address;
  const [nonce, [, name, version, chainId, verifyingContract]] = await Promise.all([
    token.nonces(owner),
    token.eip712Domain(),
  ]);
  const deadline = Math.floor(Date.now() / 1000) + VALID_SECONDS;
  const fields = (text: string) =>
    text.split(",").map((field) => {
      const [type = "", key = ""] = field.split(" ");
      return { name: key, type };
    });
  const { v, r, s } = Signature.from(
    await sender.signTypedData(
      { name, version, chainId, verifyingContract },
      { Permit: fields("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline") },
      { owner, spender, value, nonce, deadline },
    ),
  );
  return { deadline, v, r, s };
}
