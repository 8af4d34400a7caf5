/** What was sent and is not over yet, kept over reloads: enough to find it again, or what took its place. One for each chain. */
import { isAddress, isHexString } from "ethers";
import { remember, remembered } from "../remembered.ts";

export interface Sent {
  readonly account: string;
  readonly hash: string;
  readonly to: string;
  readonly data: string;
  /** What it shall do, for messages: "claim rewards". */
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** Undefined until a node has shown it: the wallet does not tell. */
  readonly nonce?: number;
  /** What stood in the contracts for it when it was explained, in wei. */
  readonly stood?: bigint;
}

const MAX_DATA = 200_000;
const MAX_ACTION = 80;

const keyOf = (chainId: bigint) => `sent.${chainId}`;

export function rememberSent(chainId: bigint, sent: Sent): void {
  // JSON has no big integers.
  remember(keyOf(chainId), { ...sent, stood: sent.stood?.toString() });
}

/** Forgets it, unless another one is kept by now: another window of the page sends, too. */
export function forgetSent(chainId: bigint, hash: string): void {
  if (rememberedSent(chainId)?.hash === hash) remember(keyOf(chainId), undefined);
}

/** Keeps what the wallet has numbered it with, unless it is forgotten or another one is kept by now. */
export function rememberNonce(chainId: bigint, hash: string, nonce: number): void {
  const kept = rememberedSent(chainId);
  if (kept?.hash === hash) rememberSent(chainId, { ...kept, nonce });
}

/** What was sent on this chain and not seen to end; undefined also if what was kept cannot be used. */
export function rememberedSent(chainId: bigint): Sent | undefined {
  const kept = (remembered(keyOf(chainId)) ?? {}) as Record<string, unknown>;
  const { account, hash, to, data, action, sentAt, nonce, stood } = kept;
  if (!isAddress(account) || !isAddress(to) || !isHexString(hash, 32) || !isHexString(data)) return undefined;
  if (data.length > MAX_DATA || typeof action !== "string" || typeof sentAt !== "number") return undefined;
  const known = {
    ...(Number.isSafeInteger(nonce) ? { nonce: nonce as number } : {}),
    ...(typeof stood === "string" && /^\d{1,78}$/.test(stood) ? { stood: BigInt(stood) } : {}),
  };
  return { account, hash, to, data, action: action.slice(0, MAX_ACTION), sentAt, ...known };
}
