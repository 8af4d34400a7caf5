/** What a transaction has changed: the event that the contract wrote about it, and the account's balance. */
import type { LogDescription, TransactionReceipt } from "ethers";
import { eventIn, foedusInterface, taskInterface, tokenAt } from "../../trainer/chain/contracts.ts";
import { balanceAt } from "./act.ts";
import type { Act } from "./act.ts";
import type { Chain } from "./node.ts";

/** Amounts in wei of the act's token, times in seconds since 1970. */
export interface Effect {
  readonly told: Told | undefined;
  readonly block: number;
  /** Of the account in the act's token: in the block before and in this one; undefined if the node does not tell. */
  readonly balance: undefined | { readonly before: bigint; readonly after: bigint };
  /** Wei of the network's own coin that its sender paid. */
  readonly gas: bigint;
}

/** What the contract's event says. */
export type Told =
  | { readonly kind: "approved" | "deposited" | "withdrawn"; readonly amount: bigint }
  | { readonly kind: "thawing"; readonly amount: bigint; readonly thawedAt: number }
  | { readonly kind: "claimed"; readonly amount: bigint; readonly fee: bigint; readonly recipient: string }
  | { readonly kind: "opened"; readonly id: number };

/** @param receipt Of the act, which did not fail. */
export async function effectOf(chain: Chain, act: Act, account: string, receipt: TransactionReceipt): Promise<Effect> {
  const block = receipt.blockNumber;
  const balance = await Promise.all([
    balanceAt(chain, act, account, block - 1),
    balanceAt(chain, act, account, block),
  ]).then(
    ([before, after]) => ({ before, after }),
    // Nodes forget old blocks; what is done is done without.
    () => undefined,
  );
  return { told: toldBy(chain, act, receipt), block, balance, gas: receipt.fee };
}

function toldBy(chain: Chain, { kind, to }: Act, { logs }: TransactionReceipt): Told | undefined {
  const said = (event: LogDescription | undefined, tell: (fields: Record<string, unknown>) => Told) =>
    event === undefined ? undefined : tell(event.args.toObject());
  const ofVault = (name: string) => eventIn(logs, chain.vault.interface, to, name);
  switch (kind) {
    case "deposit":
      return said(ofVault("StakeDeposited"), ({ amount }) => ({ kind: "deposited", amount: amount as bigint }));
    case "withdraw":
      return said(ofVault("StakeWithdrawn"), ({ amount }) => ({ kind: "withdrawn", amount: amount as bigint }));
    case "thaw":
      return said(ofVault("StakeThawing"), ({ thawing, thawedAt }) => ({
        ...{ kind: "thawing", amount: thawing as bigint, thawedAt: Number(thawedAt) },
      }));
    case "claim":
    case "relayClaim":
      return said(eventIn(logs, taskInterface, to, "RewardClaimed"), ({ amount, relayerFee, recipient }) => ({
        ...{ kind: "claimed", amount: amount as bigint, fee: relayerFee as bigint, recipient: String(recipient) },
      }));
    case "approve":
      return said(eventIn(logs, tokenAt(to, chain.provider).interface, to, "Approval"), ({ value }) => ({
        ...{ kind: "approved", amount: value as bigint },
      }));
    case "openTask":
      return said(eventIn(logs, foedusInterface, to, "TaskOpened"), ({ id }) => ({ kind: "opened", id: Number(id) }));
    case "permit":
    case "signClaim":
      return undefined;
  }
}
