/** The wallet in use, or a choice of those in this browser. */
import { useRef } from "preact/hooks";
import { wallets } from "../../chain/discovery.ts";
import { forgetWallet, useWallet, wallet } from "../../chain/wallet.ts";
import { words } from "../../words/words.ts";
import { withWallet } from "./Notices.tsx";
import { shortAddress } from "./Address.tsx";

export function WalletButton() {
  const dialog = useRef<HTMLDialogElement>(null);
  const w = words.value.wallet;
  const using = wallet.value;
  if (using !== undefined) {
    return (
      <span class="wallet">
        {using.found.icon === undefined ? null : <img src={using.found.icon} alt="" width={20} height={20} />}
        <span title={using.account} aria-label={w.account(using.account)}>
          {shortAddress(using.account)}
        </span>
        <button aria-label={w.forget} title={w.forget} onClick={forgetWallet}>
          ✕
        </button>
      </span>
    );
  }
  return (
    <>
      <button class="wallet" onClick={() => dialog.current?.showModal()}>
        {w.connect}
      </button>
      <dialog ref={dialog} aria-label={w.choose}>
        <h2>{w.choose}</h2>
        {wallets.value.length === 0 ? <p>{w.none}</p> : null}
        <ul class="plain">
          {wallets.value.map((found) => (
            <li key={found.uuid}>
              <button
                class="choice"
                onClick={() => {
                  dialog.current?.close();
                  void withWallet(() => useWallet(found));
                }}
              >
                {found.icon === undefined ? null : <img src={found.icon} alt="" width={24} height={24} />}
                {found.name}
              </button>
            </li>
          ))}
        </ul>
        <button aria-label={w.dismiss} onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </dialog>
    </>
  );
}
