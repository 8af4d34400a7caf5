/** What one has to know whatever one looks at: who else is of the page's origin, the node is silent, the wallet is elsewhere, something was rejected. */
import { signal } from "@preact/signals";
import { chain, trouble } from "../../chain/node.ts";
import { Rejected, WalletFailed, isElsewhere, switchChain } from "../../chain/wallet.ts";
import { settings } from "../../settingsInUse.ts";
import { sharedOrigin } from "../../sharedOrigin.ts";
import { number, words } from "../../words/words.ts";
import { hostOf } from "./Page.tsx";
import { useNow } from "./useNow.ts";

/** What a wallet has answered last, if it was no. */
export const refusal = signal<Rejected | WalletFailed | undefined>(undefined);

/** Does something with the wallet, and shows if that was rejected or failed. */
export async function withWallet(act: () => Promise<unknown>): Promise<void> {
  refusal.value = undefined;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Rejected) && !(error instanceof WalletFailed)) throw error;
    refusal.value = error;
  }
}

export function Notices() {
  return (
    <div class="notices" role="status">
      <Shared />
      <Silence />
      <Elsewhere />
      <Refusal />
    </div>
  );
}

function Shared() {
  const shared = sharedOrigin(location);
  const w = words.value.page;
  if (shared === undefined) return null;
  return (
    <p class="notice warning">
      {w.sharedOrigin(location.host)} {shared.own === undefined ? null : <a href={shared.own}>{w.ownOrigin}</a>}
    </p>
  );
}

/** Shorter silences are not worth a word. */
const SILENCE_SECONDS = 2;

function Silence() {
  const now = useNow(trouble.value !== undefined);
  if (trouble.value === undefined || settings.value === undefined) return null;
  const seconds = Math.round((now - trouble.value.since) / 1_000);
  if (seconds < SILENCE_SECONDS) return null;
  return (
    <p class="notice warning" title={trouble.value.message}>
      {words.value.page.lost(hostOf(settings.value.rpc), number(seconds))}
    </p>
  );
}

function Elsewhere() {
  const w = words.value;
  if (!isElsewhere.value || chain.value === undefined) return null;
  const id = String(chain.value.chainId);
  return (
    <p class="notice warning">
      {w.wallet.elsewhere(id)}{" "}
      <button onClick={() => void withWallet(() => switchChain(`Foedus ${id}`))}>{w.wallet.switch}</button>
    </p>
  );
}

function Refusal() {
  const w = words.value;
  if (refusal.value === undefined) return null;
  return (
    <p class="notice">
      {refusal.value instanceof Rejected ? w.wallet.rejected : w.wallet.failed(refusal.value.message)}{" "}
      <button aria-label={w.wallet.dismiss} onClick={() => (refusal.value = undefined)}>
        ✕
      </button>
    </p>
  );
}
