/** A view that is about the wallet's account: says so without a wallet, and starts anew with another account. */
import type { ComponentChildren } from "preact";
import { chain } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { wallet } from "../../chain/wallet.ts";
import { accountWords } from "../../words/account/words.ts";
import { TransactionDialog } from "./TransactionDialog.tsx";

interface AccountPageProps {
  readonly title: string;
  readonly lead: string;
  readonly children: (read: Chain, account: string) => ComponentChildren;
}

export function AccountPage({ title, lead, children }: AccountPageProps) {
  const read = chain.value;
  const account = wallet.value?.account;
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      <TransactionDialog />
      {account === undefined ? <p class="card">{accountWords.value.needsWallet}</p> : null}
      {read === undefined || account === undefined ? null : (
        <div key={`${read.address} ${account}`}>{children(read, account)}</div>
      )}
    </>
  );
}
