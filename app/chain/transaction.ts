/**
 * What the wallet is asked for, from the explanation to the effect. An act of the trainer's programs (`depositStake`,
 * `signClaim`…) is performed with the wallet as its sender: each signature and transaction in it is put in words, agreed to,
 * signed, and followed until the chain has it for good.
 */
import { signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { TypedDataEncoder } from "ethers";
import type { TransactionRequest } from "ethers";
import { explain } from "../../trainer/chain/chainErrors.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { whyReverted } from "../../trainer/chain/whyReverted.ts";
import { remember, remembered } from "../remembered.ts";
import { actOf, actOfSignature } from "./act.ts";
import type { Act } from "./act.ts";
import { effectOf } from "./effect.ts";
import type { Effect } from "./effect.ts";
import { chain } from "./node.ts";
import type { Chain } from "./node.ts";
import { Replaced, receiptOf } from "./receipt.ts";
import { Rejected, isElsewhere, sendByWallet, signByWallet, wallet } from "./wallet.ts";

export interface Step {
  readonly act: Act;
  readonly state: ReadonlySignal<StepState>;
}

export type StepState =
  /** It is looked whether the contract would take it. */
  | { readonly at: "checking" }
  /** Waits for its owner, who has read what it does. `costs`: wei of gas at most; undefined of a signature. */
  | { readonly at: "explained"; readonly costs?: bigint; readonly answer: (isAgreed: boolean) => void }
  /** The wallet shows it. */
  | { readonly at: "wallet" }
  | { readonly at: "signed" }
  /** On its way into a block, or in one that is not believed yet. */
  | { readonly at: "sent" | "stuck"; readonly hash: string }
  | { readonly at: "final"; readonly hash: string; readonly effect: Effect };

export interface Procedure {
  readonly account: string;
  readonly steps: ReadonlySignal<readonly Step[]>;
  /** Rejected, Refused, Declined, … */
  readonly outcome: ReadonlySignal<"under way" | "done" | Error>;
}

/** Its owner has read what it does and does not want it. */
export class Declined extends Error {
  override readonly name = "Declined";
}

/** The wallet is with another account, or gone, since this was explained. */
export class AccountChanged extends Error {
  override readonly name = "AccountChanged";
}

/** The last one, until it is put away. */
export const procedure = signal<Procedure | undefined>(undefined);

const KEY = "sent";

/** Performs an act with the wallet, and gives what it gave; undefined if it came to nothing, which `procedure` tells. */
export async function perform<T>(act: (sender: Sender) => Promise<T>): Promise<T | undefined> {
  const [read, using] = [chain.value, wallet.value];
  if (read === undefined || using === undefined || isUnderWay()) return undefined;
  return run(read, using.account, (add) => act(walletSender(read, using.account, add)));
}

/** Goes on following what was sent before the page was loaded again. */
export function followSent(): void {
  const read = chain.value;
  const { hash, chainId, action } = (remembered(KEY) ?? {}) as Record<string, unknown>;
  if (typeof hash !== "string" || !/^0x[0-9a-f]{64}$/i.test(hash) || isUnderWay()) return;
  if (read === undefined || chainId !== String(read.chainId)) return;
  void (async () => {
    const sent = await read.provider.getTransaction(hash);
    if (isUnderWay()) return;
    // Nodes forget what was never mined, and it is no use to wait for it.
    if (sent === null) {
      remember(KEY, undefined);
      return;
    }
    const request = { from: sent.from, to: sent.to, data: sent.data, value: sent.value };
    const act = await actOf(read, sent.from, request);
    if (isUnderWay()) return;
    await run(read, sent.from, async (add) => {
      const state = signal<StepState>({ at: "sent", hash });
      add({ act, state });
      await follow(read, String(action).slice(0, 80), request, act, sent.from, state, hash);
    });
  })().catch(() => undefined);
}

/** Whether something is asked or sent and not over. */
export function isUnderWay(): boolean {
  return procedure.value?.outcome.value === "under way";
}

/** Puts the last one away: what waits for an answer is declined; what is sent is not stopped. */
export function putAway(): void {
  if (!isUnderWay()) procedure.value = undefined;
  const state = procedure.value?.steps.value.at(-1)?.state.value;
  if (state?.at === "explained") state.answer(false);
}

async function run<T>(
  read: Chain,
  account: string,
  act: (add: (step: Step) => void) => Promise<T>,
): Promise<T | undefined> {
  const steps = signal<readonly Step[]>([]);
  const outcome: Signal<"under way" | "done" | Error> = signal("under way");
  procedure.value = { account, steps, outcome };
  try {
    const result = await act((step) => (steps.value = [...steps.value, step]));
    outcome.value = "done";
    return result;
  } catch (error) {
    outcome.value = error instanceof Error ? error : new Error(String(error));
    // With other settings it cannot be followed; what is sent has not failed by that.
    if (error instanceof Declined || read.signal.aborted) procedure.value = undefined;
    return undefined;
  }
}

/** The wallet's account as the trainer's programs know senders. */
function walletSender(read: Chain, account: string, add: (step: Step) => void): Sender {
  return {
    address: account,
    async send(action, request) {
      const asked = { ...request, from: account };
      const state = signal<StepState>({ at: "checking" });
      const act = await actOf(read, account, asked);
      add({ act, state });
      await agreement(read, state, account, await gasCosts(read, action, asked));
      state.value = { at: "wallet" };
      const hash = await sendByWallet({ chainId: read.chainId, account }, asked);
      remember(KEY, { hash, chainId: String(read.chainId), action });
      state.value = { at: "sent", hash };
      return follow(read, action, asked, act, account, state, hash);
    },
    async signTypedData(domain, types, value) {
      const { primaryType } = TypedDataEncoder.from(types);
      const state = signal<StepState>({ at: "checking" });
      add({ act: await actOfSignature(read, account, { domain, primaryType, message: value }), state });
      await agreement(read, state, account);
      state.value = { at: "wallet" };
      const signature = await signByWallet(TypedDataEncoder.getPayload(domain, types, value) as object);
      state.value = { at: "signed" };
      return signature;
    },
  };
}

/** Waits until its owner agrees. @throws Declined, AccountChanged */
async function agreement(read: Chain, state: Signal<StepState>, account: string, costs?: bigint): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  state.value = { at: "explained", ...(costs !== undefined && { costs }), answer: resolve };
  const stopWatching = wallet.subscribe((now) => {
    if (now?.account !== account) resolve(false);
  });
  const decline = () => resolve(false);
  if (read.signal.aborted) decline();
  read.signal.addEventListener("abort", decline, { once: true });
  const isAgreed = await promise.finally(() => {
    stopWatching();
    read.signal.removeEventListener("abort", decline);
  });
  // It was explained of the chain of other settings.
  if (chain.value !== read) throw new Declined("other settings were chosen");
  if (wallet.value?.account !== account) throw new AccountChanged("the wallet is with another account now");
  if (!isAgreed) throw new Declined("declined");
  if (isElsewhere.value) throw new Rejected("the wallet is on another chain");
}

/** What its gas costs at most, in wei. @throws Refused with the reason, before anything is signed. */
async function gasCosts({ provider }: Chain, action: string, request: TransactionRequest): Promise<bigint> {
  try {
    const [gas, { maxFeePerGas, gasPrice }] = await Promise.all([provider.estimateGas(request), provider.getFeeData()]);
    return gas * (maxFeePerGas ?? gasPrice ?? 0n);
  } catch (error) {
    throw explain(error, action);
  }
}

/** Its hash is remembered until the chain has it, or another in its place. */
async function follow(
  read: Chain,
  action: string,
  request: TransactionRequest,
  act: Act,
  account: string,
  state: Signal<StepState>,
  hash: string,
) {
  const receipt = await receiptOf(read, account, hash, (at) => (state.value = { at, hash })).catch((error: unknown) => {
    if (error instanceof Replaced) remember(KEY, undefined);
    throw error;
  });
  remember(KEY, undefined);
  if (receipt.status !== 1) throw await whyReverted(read.provider, action, request, receipt);
  state.value = { at: "final", hash: receipt.hash, effect: await effectOf(read, act, account, receipt) };
  return receipt;
}
