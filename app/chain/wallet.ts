/**
 * The wallet that signs (EIP-1193): the account it lends the page, the chain it is on, and what becomes of a request. It is
 * asked to sign and to send only; all reading is done through the node of the settings.
 */
import { computed, signal } from "@preact/signals";
import { getAddress, isAddress, toQuantity } from "ethers";
import type { TransactionRequest } from "ethers";
import { printable } from "../../trainer/observe/printable.ts";
import { remember, remembered } from "../remembered.ts";
import { wallets } from "./discovery.ts";
import type { FoundWallet, WalletProvider } from "./discovery.ts";
import { chain } from "./node.ts";

export interface Wallet {
  readonly found: FoundWallet;
  readonly account: string;
  /** The chain that it would send to. */
  readonly chainId: bigint;
}

/** The one in use. */
export const wallet = signal<Wallet | undefined>(undefined);
/** It is on another chain than the page reads. */
export const isElsewhere = computed(
  () => wallet.value !== undefined && chain.value !== undefined && wallet.value.chainId !== chain.value.chainId,
);

/** Its owner said no (EIP-1193, 4001). */
export class Rejected extends Error {
  override readonly name = "Rejected";
}

/** The wallet could not do it; `message` is its own text, of one line and bounded. */
export class WalletFailed extends Error {
  override readonly name = "WalletFailed";
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined) {
    super(message);
    this.code = code;
  }
}

const KEY = "wallet";
const UNKNOWN_CHAIN = 4_902;
const MAX_TEXT = 300;
let leave: (() => void) | undefined;

/** Asks the wallet for an account. @throws Rejected, WalletFailed */
export async function useWallet(found: FoundWallet): Promise<void> {
  await adopt(found, await ask(found.provider, "eth_requestAccounts"));
  remember(KEY, found.rdns);
}

/** Uses the wallet of the last visit again, without asking, if it still lends an account. */
export async function useWalletAgain(): Promise<void> {
  const before = remembered(KEY);
  const found = wallets.value.find(({ rdns }) => rdns === before);
  if (found !== undefined && wallet.value === undefined) await adopt(found, await ask(found.provider, "eth_accounts"));
}

/** Forgets it; the wallet itself is not told. */
export function forgetWallet(): void {
  leave?.();
  leave = undefined;
  remember(KEY, undefined);
  wallet.value = undefined;
}

/** Brings the wallet to the chain that the page reads, adding it there if it is unknown. @throws Rejected, WalletFailed */
export async function switchChain(name: string): Promise<void> {
  const [using, reads] = [wallet.value, chain.value];
  if (using === undefined || reads === undefined) return;
  const { provider } = using.found;
  const chainId = toQuantity(reads.chainId);
  try {
    await ask(provider, "wallet_switchEthereumChain", { chainId });
  } catch (error) {
    if (!(error instanceof WalletFailed) || error.code !== UNKNOWN_CHAIN) throw error;
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    await ask(provider, "wallet_addEthereumChain", {
      ...{ chainId, chainName: name, nativeCurrency, rpcUrls: [reads.settings.rpc] },
    });
    await ask(provider, "wallet_switchEthereumChain", { chainId });
  }
  await lookAgain(using.found);
}

/** Has the wallet sign and send a transaction of this account on this chain, and gives its hash. @throws Rejected, WalletFailed */
export async function sendByWallet(
  { chainId, account }: Pick<Wallet, "chainId" | "account">,
  { to, data, value }: TransactionRequest,
): Promise<string> {
  const hash = await ask(inUse().found.provider, "eth_sendTransaction", {
    // Wallets that have changed to another chain meanwhile refuse.
    ...{ from: account, to, data, chainId: toQuantity(chainId) },
    ...(value ? { value: toQuantity(value) } : {}),
  });
  if (typeof hash !== "string" || !/^0x[0-9a-f]{64}$/i.test(hash)) throw new WalletFailed(text(hash), undefined);
  return hash;
}

/** Has the wallet sign typed data (EIP-712), given as its JSON; nothing is sent. @throws Rejected, WalletFailed */
export async function signByWallet(typedData: object): Promise<string> {
  const { found, account } = inUse();
  const signature = await ask(found.provider, "eth_signTypedData_v4", account, JSON.stringify(typedData));
  if (typeof signature !== "string" || !/^0x([0-9a-f]{2}){1,4096}$/i.test(signature)) {
    throw new WalletFailed(text(signature), undefined);
  }
  return signature.toLowerCase();
}

function inUse(): Wallet {
  if (wallet.value === undefined) throw new WalletFailed("no wallet is in use", undefined);
  return wallet.value;
}

/** Uses it from now on, as it is once it has said on which chain: what it tells meanwhile is newer than its answer. */
async function adopt(found: FoundWallet, accounts: unknown): Promise<void> {
  const account = firstOf(accounts);
  if (account === undefined) return;
  const heard: Heard = { account };
  const stop = listen(found, heard);
  try {
    const chainId = chainIdOf(await ask(found.provider, "eth_chainId"));
    heard.chainId ??= chainId;
    if (heard.account === undefined) {
      stop();
      return;
    }
  } catch (error) {
    stop();
    throw error;
  }
  leave?.();
  leave = stop;
  wallet.value = { found, account: heard.account, chainId: heard.chainId };
}

async function lookAgain(found: FoundWallet): Promise<void> {
  const chainId = chainIdOf(await ask(found.provider, "eth_chainId"));
  if (wallet.value?.found === found) wallet.value = { ...wallet.value, chainId };
}

/** What a wallet has told before it is in use; no account if it lends none any more. */
interface Heard {
  account: string | undefined;
  chainId?: bigint;
}

/** Follows the account and the chain that its owner chooses in the wallet. */
function listen(found: FoundWallet, heard: Heard): () => void {
  const { provider } = found;
  let isOver = false;
  const hear = (changes: Partial<Heard>) => {
    if (isOver) return;
    Object.assign(heard, changes);
    const { account, chainId } = heard;
    if (wallet.value?.found !== found) return;
    if (account === undefined) forgetWallet();
    else wallet.value = { found, account, chainId: chainId ?? wallet.value.chainId };
  };
  const onAccounts = (accounts: unknown) => hear({ account: firstOf(accounts) });
  const onChain = (chainId: unknown) => hear({ chainId: chainIdOf(chainId) });
  provider.on?.("accountsChanged", onAccounts);
  provider.on?.("chainChanged", onChain);
  return () => {
    isOver = true;
    provider.removeListener?.("accountsChanged", onAccounts);
    provider.removeListener?.("chainChanged", onChain);
  };
}

async function ask(provider: WalletProvider, method: string, ...params: unknown[]): Promise<unknown> {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    if (code === 4_001 || code === "ACTION_REJECTED") throw new Rejected("rejected in the wallet", { cause: error });
    throw new WalletFailed(text(message), typeof code === "number" ? code : undefined);
  }
}

function firstOf(accounts: unknown): string | undefined {
  const [first] = Array.isArray(accounts) ? (accounts as unknown[]) : [];
  return isAddress(first) ? getAddress(first) : undefined;
}

function chainIdOf(value: unknown): bigint {
  return typeof value === "string" && /^0x[0-9a-f]{1,16}$/i.test(value) ? BigInt(value) : 0n;
}

function text(value: unknown): string {
  return printable(String(value), MAX_TEXT);
}
