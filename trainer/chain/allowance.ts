/** Lets a contract take exactly one amount: by an EIP-2612 signature where the token knows it, else by approval. */
import { Signature, TypedDataEncoder, isError } from "ethers";
import type { TypedDataDomain } from "ethers";
import type { FoedusToken } from "./contracts.ts";
import type { Sender } from "./sender.ts";

export interface Permit {
  readonly deadline: number;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

const VALID_SECONDS = 3_600;

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** @returns a permit to pass on, or undefined when the allowance stands on chain. Never more than `amount`. */
export async function allowanceFor(
  sender: Sender,
  token: FoedusToken,
  spender: string,
  amount: bigint,
): Promise<Permit | undefined> {
  const domain = await permitDomain(token);
  if (domain !== undefined) return signPermit(sender, token, domain, spender, amount);
  if ((await token.allowance(sender.address, spender)) >= amount) return undefined;
  await sender.send("allow the contract to take the amount", await token.approve.populateTransaction(spender, amount));
  return undefined;
}

/**
 * What the token's permits are signed for, or undefined if it takes none: it lacks EIP-5267 or EIP-2612. A token that
 * names another one's domain would have us sign away that one, so its words must fit the token itself.
 */
async function permitDomain(token: FoedusToken): Promise<TypedDataDomain | undefined> {
  const { provider } = token.runner ?? {};
  try {
    const [separator, [, name, version], verifyingContract, network] = await Promise.all([
      token.DOMAIN_SEPARATOR(),
      token.eip712Domain(),
      token.getAddress(),
      provider?.getNetwork(),
    ]);
    const domain = { name, version, chainId: network?.chainId ?? 0n, verifyingContract };
    return TypedDataEncoder.hashDomain(domain) === separator ? domain : undefined;
  } catch (error) {
    // No such function, or it gives something else.
    if (isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA")) return undefined;
    throw error;
  }
}

async function signPermit(
  sender: Sender,
  token: FoedusToken,
  domain: TypedDataDomain,
  spender: string,
  value: bigint,
): Promise<Permit> {
  const owner = sender.address;
  const [nonce, block] = await Promise.all([token.nonces(owner), token.runner?.provider?.getBlock("latest")]);
  // A chain's clock may run ahead of ours.
  const now = Math.max(Math.floor(Date.now() / 1000), block?.timestamp ?? 0);
  const deadline = now + VALID_SECONDS;
  const signature = await sender.signTypedData(domain, PERMIT, { owner, spender, value, nonce, deadline });
  const { v, r, s } = Signature.from(signature);
  return { deadline, v, r, s };
}
