/**
 * What a transaction or a signature does, read from the very bytes that the wallet is asked to sign, with what one has to
 * know to agree to it. What cannot be read is not signed.
 */
import { Interface } from "ethers";
import type { TransactionDescription, TransactionRequest, TypedDataDomain } from "ethers";
import { foedusInterface, taskAt, tokenAt, vaultAt } from "../../trainer/chain/contracts.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { roundPay } from "../../trainer/chain/taskPicture.ts";
import { toTaskRules } from "../../trainer/chain/taskRules.ts";
import type { Chain } from "./node.ts";
import { openedTask } from "./openedTasks.ts";

/** Amounts in wei of `token`, times in seconds since 1970. */
export type Act = { readonly to: string; readonly token: string } & (
  | { readonly kind: "permit"; readonly spender: Spender; readonly amount: bigint; readonly deadline: number }
  | { readonly kind: "approve"; readonly spender: Spender; readonly amount: bigint }
  | { readonly kind: "deposit"; readonly opened: OpenedTask; readonly amount: bigint; readonly thawSeconds: number }
  | {
      readonly kind: "thaw";
      readonly opened: OpenedTask;
      readonly amount: bigint;
      /** What thaws already, and begins anew. */
      readonly thawing: bigint;
      readonly thawSeconds: number;
    }
  | { readonly kind: "withdraw"; readonly opened: OpenedTask; readonly amount: bigint }
  | { readonly kind: "claim"; readonly opened: OpenedTask; readonly trainer: string; readonly amount: bigint }
  | ({ readonly kind: "signClaim" | "relayClaim" } & SignedTerms)
  | { readonly kind: "openTask"; readonly amount: bigint; readonly rounds: number }
);

interface SignedTerms {
  readonly opened: OpenedTask;
  readonly trainer: string;
  readonly recipient: string;
  readonly fee: bigint;
  readonly deadline: number;
  /** What can be claimed now; by then it may be more. */
  readonly amount: bigint;
}

/** Who may be let take tokens. */
export type Spender = "vault" | "foedus";

/** The page is asked to have something signed that it cannot put in words. */
export class Unexplained extends Error {
  override readonly name = "Unexplained";
}

type Fields = Readonly<Record<string, unknown>>;
const approval = new Interface(["function approve(address spender, uint256 value)"]);

/**
 * What a transaction of `account` does.
 * @param stood `stoodFor` the act when it was explained first: once it is mined, the contracts tell what is left.
 * @throws Unexplained
 */
export async function actOf(chain: Chain, account: string, request: TransactionRequest, stood?: bigint): Promise<Act> {
  const { vault, foedus, stakeToken } = chain;
  const [to, data, value] = [String(request.to), request.data ?? "0x", request.value ?? 0n];
  if (BigInt(value) !== 0n) throw new Unexplained("A transaction of this page never sends the network's own coin.");
  const [vaultAddress, staked] = [await vault.getAddress(), await stakeToken.getAddress()];
  if (to === vaultAddress) return vaultAct(parsed(vaultAt(to, chain.provider).interface, data));
  if (to === chain.address) return foedusAct(parsed(foedusInterface, data));
  if (await foedus.isTask(to)) return taskAct(parsed(taskAt(to, chain.provider).interface, data));
  const { args } = parsed(approval, data);
  const amount = limited(args[1] as bigint);
  return { kind: "approve", to, token: to, spender: await spenderAt(chain, args[0]), amount };

  async function vaultAct({ name, args }: TransactionDescription): Promise<Act> {
    const own = async () => ({ to, token: staked, opened: await openedTask(chain, String(args[0])) });
    const stake = () => vault.stakeOf(String(args[0]), account);
    const thawSeconds = async () => Number(await taskAt(String(args[0]), chain.provider).thawSeconds());
    switch (name) {
      case "deposit":
      case "depositWithPermit":
        return { kind: "deposit", ...(await own()), amount: args[1] as bigint, thawSeconds: await thawSeconds() };
      case "thaw": {
        const thawing = stood ?? (await stake()).thawing;
        return { kind: "thaw", ...(await own()), amount: args[1] as bigint, thawing, thawSeconds: await thawSeconds() };
      }
      case "withdraw":
        return { kind: "withdraw", ...(await own()), amount: stood ?? (await stake()).thawing };
      default:
        throw unexplained(name);
    }
  }

  async function taskAct({ name, args }: TransactionDescription): Promise<Act> {
    if (name !== "claim" && name !== "claimBySignature") throw unexplained(name);
    const [opened, trainer] = [await openedTask(chain, to), String(args[0])];
    const amount = stood ?? (await taskAt(to, chain.provider).claimable(trainer));
    const own = { to, token: opened.rules.rewardToken, opened, trainer, amount };
    if (name === "claim") return { kind: "claim", ...own };
    const terms = { recipient: String(args[1]), fee: args[2] as bigint, deadline: Number(args[3]) };
    return { kind: "relayClaim", ...own, ...terms };
  }

  function foedusAct({ name, args }: TransactionDescription): Act {
    if (name !== "openTask" && name !== "openTaskWithPermit") throw unexplained(name);
    const rules = toTaskRules(args[0] as Parameters<typeof toTaskRules>[0]);
    const amount = BigInt(rules.rounds) * roundPay(rules);
    return { kind: "openTask", to, token: rules.rewardToken, amount, rounds: rules.rounds };
  }
}

/** What of the act is not in its bytes but stood in the contracts, in wei; undefined if all of it is in them. */
export function stoodFor(act: Act): bigint | undefined {
  switch (act.kind) {
    case "thaw":
      return act.thawing;
    case "withdraw":
    case "claim":
    case "relayClaim":
      return act.amount;
    default:
      return undefined;
  }
}

/** What a signature of `account` by EIP-712 allows. @throws Unexplained */
export async function actOfSignature(
  chain: Chain,
  account: string,
  { domain, primaryType, message }: { domain: TypedDataDomain; primaryType: string; message: Fields },
): Promise<Act> {
  const to = String(domain.verifyingContract);
  if (BigInt(domain.chainId ?? 0n) !== chain.chainId) throw unexplained("a signature for another chain");
  const deadline = Number(message["deadline"]);
  if (primaryType === "Permit") {
    const spender = await spenderAt(chain, message["spender"]);
    return { kind: "permit", to, token: to, spender, amount: limited(BigInt(message["value"] as bigint)), deadline };
  }
  if (primaryType !== "Claim" || message["trainer"] !== account) throw unexplained(primaryType);
  const opened = await openedTask(chain, to);
  const amount = await taskAt(opened.address, chain.provider).claimable(account);
  const [recipient, fee] = [String(message["recipient"]), BigInt(message["fee"] as bigint)];
  const terms = { opened, trainer: account, recipient, fee, deadline, amount };
  return { kind: "signClaim", to, token: opened.rules.rewardToken, ...terms };
}

/** The balance of the act's token that it may change. */
export function balanceAt(chain: Chain, { token }: Act, account: string, block: number): Promise<bigint> {
  return tokenAt(token, chain.provider).balanceOf(account, { blockTag: block });
}

async function spenderAt(chain: Chain, address: unknown): Promise<Spender> {
  if (address === chain.address) return "foedus";
  if (address === (await chain.vault.getAddress())) return "vault";
  throw unexplained(`an allowance for ${String(address)}`);
}

/** No task costs so much: who lets more be taken lets everything be taken. */
function limited(amount: bigint): bigint {
  if (amount >= 2n ** 128n) throw unexplained("an allowance without limit");
  return amount;
}

function parsed(contract: Interface, data: string): TransactionDescription {
  const found = contract.parseTransaction({ data });
  if (found === null) throw unexplained(data.slice(0, 10));
  return found;
}

function unexplained(what: string): Unexplained {
  return new Unexplained(`This page knows no words for ${what.slice(0, 80)}, and does not have it signed.`);
}
