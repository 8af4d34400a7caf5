/** The wallets in this browser, as they announce themselves (EIP-6963). What they say of themselves is bounded and checked. */
import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { printable } from "../../trainer/observe/printable.ts";

/** EIP-1193. */
export interface WalletProvider {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): unknown;
  removeListener?(event: string, listener: (value: never) => void): unknown;
}

export interface FoundWallet {
  readonly uuid: string;
  readonly name: string;
  /** A data URL of an image; undefined if it announced another thing. */
  readonly icon?: string;
  /** Its maker's domain, backwards: the same at every visit. */
  readonly rdns: string;
  readonly provider: WalletProvider;
}

const MOST = 32;
const MAX_ICON = 200_000;
const found = signal<readonly FoundWallet[]>([]);

/** Those that have announced themselves, in that order. */
export const wallets: ReadonlySignal<readonly FoundWallet[]> = found;

/** Asks wallets to announce themselves, and listens to those that come later. */
export function discoverWallets(): void {
  window.addEventListener("eip6963:announceProvider", (event) => {
    const wallet = checked((event as CustomEvent<unknown>).detail);
    if (wallet === undefined || found.value.length >= MOST) return;
    if (!found.value.some(({ uuid }) => uuid === wallet.uuid)) found.value = [...found.value, wallet];
  });
  window.dispatchEvent(new Event("eip6963:requestProvider"));
}

function checked(detail: unknown): FoundWallet | undefined {
  const { info, provider } = (detail ?? {}) as { readonly info?: Record<string, unknown>; readonly provider?: unknown };
  const { uuid, name, icon, rdns } = info ?? {};
  if (!isText(uuid, 100) || !isText(name, 100) || !isText(rdns, 200) || !isProvider(provider)) return undefined;
  const isImage = isText(icon, MAX_ICON) && /^data:image\/(svg\+xml|png|webp|gif|jpeg)[;,]/.test(icon);
  return { uuid, name: printable(name), rdns, provider, ...(isImage ? { icon } : {}) };
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= most;
}

function isProvider(value: unknown): value is WalletProvider {
  return typeof value === "object" && value !== null && "request" in value && typeof value.request === "function";
}
