/**
 * What the wallet is asked for, from the explanation to the effect. An act of the trainer's programs (`depositStake`,
 * `signClaim`…) is performed with the wallet as its sender: each signature and transaction in it is put in words, agreed to,
 * signed, and followed until the chain has it for good.
 */
import { computed, signal } from "@preact/signals";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { TypedDataEncoder } from "ethers";
import type { TransactionReceipt, TransactionRequest } from "ethers";
import { explain } from "../../trainer/chain/chainErrors.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { unlessAborted } from "../../trainer/chain/unlessAborted.ts";
import { whyReverted } from "../../trainer/chain/whyReverted.ts";
import { asError } from "../../trainer/protocol/asError.ts";
import { Unexplained, actOf, actOfSignature, stoodFor } from "./act.ts";
import type { Act } from "./act.ts";
import { effectOf } from "./effect.ts";
import type { Effect } from "./effect.ts";
import { chain, onTrouble } from "./node.ts";
import type { Chain } from "./node.ts";
import { Replaced, receiptOf, untilFinal } from "./receipt.ts";
import { forgetSent, rememberNonce, rememberSent, rememberedSent } from "./sent.ts";
import type { Sent } from "./sent.ts";
import { isElsewhere, sendByWallet, signByWallet, wallet } from "./wallet.ts";

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
  /** On its way into a block, or in one that is not believed yet; unseen: stuck, and the node has not shown it. */
  | { readonly at: "sent" | "stuck" | "unseen"; readonly hash: string }
  /** In a block that is believed; final when the chain itself says that it can never take it back. */
  | { readonly at: "confirmed" | "final"; readonly hash: string; readonly effect: Effect }
  /** The chain had it and took it back; `error` is what became of it then. */
  | { readonly at: "undone"; readonly hash: string; readonly error: Error };

export interface Procedure {
  readonly account: string;
  /** The transaction's hash, if it was sent before the page was loaded. */
  readonly earlier: string | undefined;
  readonly steps: ReadonlySignal<readonly Step[]>;
  /** Rejected, Refused, Declined, … Under way again while the chain has taken a step back. */
  readonly outcome: ReadonlySignal<"under way" | "done" | Error>;
  /** Looks no more what becomes of it, and forgets it. What is sent goes on. */
  stopFollowing(): void;
  /** Looks no more what becomes of it on this visit. */
  leave(): void;
}

/** Its owner has read what it does and does not want it. */
export class Declined extends Error {
  override readonly name = "Declined";
}

/** The wallet is with another account, or gone, since this was explained. */
export class AccountChanged extends Error {
  override readonly name = "AccountChanged";
}

/** The wallet is on another chain since this was explained. */
export class Elsewhere extends Error {
  override readonly name = "Elsewhere";
}

/** Its owner has had enough of waiting. */
export class Unfollowed extends Error {
  override readonly name = "Unfollowed";
}

/** What was sent before the page was loaded, and may be on its way, cannot be put in words; `cause` is why. */
export class Unread extends Error {
  override readonly name = "Unread";
  readonly hash: string;

  constructor(hash: string, cause: unknown) {
    super("what was sent earlier cannot be read", { cause });
    this.hash = hash;
  }
}

/** The last one, until it is put away. */
export const procedure = signal<Procedure | undefined>(undefined);

/** Performs an act with the wallet, and gives what it gave; undefined if it came to nothing, which `procedure` tells. */
export async function perform<T>(act: (sender: Sender) => Promise<T>): Promise<T | undefined> {
  const [read, using] = [chain.value, wallet.value];
  if (read === undefined || using === undefined || isUnderWay()) return undefined;
  return run(read, using.account, (add, ends) => act(walletSender(read, using.account, add, ends)));
}

const MOST_TRIES = 5;

/** Goes on following what was sent before the page was loaded again. Until it is known what it does, it has no step. */
export function followSent(): void {
  const read = chain.value;
  const sent = read === undefined || isUnderWay() ? undefined : rememberedSent(read.chainId);
  if (read === undefined || sent === undefined) return;
  const { account, hash } = sent;
  const followed = run(
    read,
    account,
    async (add, ends) => {
      const act = await actOfSent(read, sent, ends);
      const state = signal<StepState>({ at: "sent", hash });
      add({ act, state });
      await follow(read, sent, act, state, ends);
    },
    hash,
  );
  void followed;
}

/** @throws Unread; Unfollowed, or what else the signal ends with. */
async function actOfSent(read: Chain, { account, hash, to, data, stood }: Sent, ends: AbortSignal): Promise<Act> {
  for (let tries = 1; ; tries++) {
    try {
      return await unlessAborted(actOf(read, account, { to, data }, stood), ends);
    } catch (error) {
      const isUnexplained = error instanceof Unexplained;
      if (isUnexplained || error instanceof Unfollowed) forgetSent(read.chainId, hash);
      if (ends.aborted) throw error;
      if (isUnexplained || tries === MOST_TRIES) throw new Unread(hash, error);
      onTrouble(error);
    }
    await pause(read.pollMs, ends);
  }
}

/** Whether it is sent and in no block that is believed. */
export function isOnItsWay(state: StepState): state is Extract<StepState, { at: "sent" | "stuck" | "unseen" }> {
  return state.at === "sent" || state.at === "stuck" || state.at === "unseen";
}

/** Whether the wallet has sent its transaction, whatever became of it. */
export function isSent({ state }: Step): boolean {
  return "hash" in state.value;
}

/** Whether something is asked or sent and not over. */
export function isUnderWay(): boolean {
  return procedure.value?.outcome.value === "under way";
}

/** Puts the last one away: what waits for an answer is declined; what is sent is not stopped. */
export function putAway(): void {
  if (!isUnderWay()) {
    procedure.value?.leave();
    procedure.value = undefined;
  }
  const state = procedure.value?.steps.value.at(-1)?.state.value;
  if (state?.at === "explained") state.answer(false);
}

async function run<T>(
  read: Chain,
  account: string,
  act: (add: (step: Step) => void, ends: AbortSignal) => Promise<T>,
  earlier?: string,
): Promise<T | undefined> {
  const steps = signal<readonly Step[]>([]);
  const ended: Signal<"under way" | "done" | Error> = signal("under way");
  const isTakenBack = computed(() => steps.value.some(({ state }) => isOnItsWay(state.value)));
  const outcome = computed(() => (ended.value === "done" && isTakenBack.value ? "under way" : ended.value));
  const own = new AbortController();
  const ends = AbortSignal.any([own.signal, read.signal]);
  procedure.value?.leave();
  const stopFollowing = () => own.abort(new Unfollowed("followed no more"));
  procedure.value = { account, earlier, steps, outcome, stopFollowing, leave: () => own.abort() };
  try {
    const result = await act((step) => (steps.value = [...steps.value, step]), ends);
    ended.value = "done";
    return result;
  } catch (error) {
    ended.value = asError(error);
    // With other settings it cannot be followed; what is sent has not failed by that.
    if (read.signal.aborted || (error instanceof Declined && !steps.value.some(isSent))) {
      own.abort();
      procedure.value = undefined;
    }
    return undefined;
  }
}

/** The wallet's account as the trainer's programs know senders. */
function walletSender(read: Chain, account: string, add: (step: Step) => void, ends: AbortSignal): Sender {
  return {
    address: account,
    async send(action, request) {
      ends.throwIfAborted();
      const asked = { ...request, from: account };
      const state = signal<StepState>({ at: "checking" });
      const act = await actOf(read, account, asked);
      add({ act, state });
      await agreement(read, state, account, await gasCosts(read, action, asked));
      state.value = { at: "wallet" };
      const hash = await sendByWallet({ chainId: read.chainId, account }, asked);
      const stood = stoodFor(act);
      const bytes = { to: act.to, data: asked.data ?? "0x", ...(stood !== undefined && { stood }) };
      const sent = { account, hash, ...bytes, action, sentAt: Date.now() };
      rememberSent(read.chainId, sent);
      state.value = { at: "sent", hash };
      return follow(read, sent, act, state, ends);
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

/** Waits until its owner agrees. @throws Declined, AccountChanged, Elsewhere */
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
  if (isElsewhere.value) throw new Elsewhere("the wallet is on another chain");
}

/** What its gas costs at most, in wei. @throws Refused with the reason, before anything is signed. */
export async function gasCosts({ provider }: Chain, action: string, request: TransactionRequest): Promise<bigint> {
  try {
    const [gas, { maxFeePerGas, gasPrice }] = await Promise.all([provider.estimateGas(request), provider.getFeeData()]);
    return gas * (maxFeePerGas ?? gasPrice ?? 0n);
  } catch (error) {
    throw explain(error, action);
  }
}

/**
 * Waits until the chain has it, and looks on until it has it for good: what is taken back by a reorganisation is followed and
 * remembered again, for it may come again otherwise, or never.
 */
async function follow(
  read: Chain,
  first: Sent,
  act: Act,
  state: Signal<StepState>,
  ends: AbortSignal,
): Promise<TransactionReceipt> {
  const once = await untilConfirmed(read, first, act, state, ends);
  void (async () => {
    let [sent, last] = [first, once];
    while (!(await untilFinal(read, last.receipt, ends))) {
      sent = { ...sent, hash: last.receipt.hash, sentAt: Date.now() };
      state.value = { at: "sent", hash: sent.hash };
      // A later one may be on its way.
      if (rememberedSent(read.chainId) === undefined) rememberSent(read.chainId, sent);
      last = await untilConfirmed(read, sent, act, state, ends);
    }
    state.value = { at: "final", hash: last.receipt.hash, effect: last.effect };
  })().catch((error: unknown) => {
    if (isOnItsWay(state.value)) state.value = { at: "undone", hash: state.value.hash, error: asError(error) };
  });
  return once.receipt;
}

/** It is remembered until the chain has it, or another in its place, or its owner wants to hear no more of it. */
async function untilConfirmed(
  read: Chain,
  sent: Sent,
  act: Act,
  state: Signal<StepState>,
  ends: AbortSignal,
): Promise<{ readonly receipt: TransactionReceipt; readonly effect: Effect }> {
  const { account, hash, to, data, action } = sent;
  const receipt = await receiptOf(read, sent, {
    signal: ends,
    onState: (at) => (state.value = { at, hash }),
    onNonce: (nonce) => rememberNonce(read.chainId, hash, nonce),
  }).catch((error: unknown) => {
    if (error instanceof Replaced || error instanceof Unfollowed) forgetSent(read.chainId, hash);
    throw error;
  });
  forgetSent(read.chainId, hash);
  if (receipt.status !== 1) throw await whyReverted(read.provider, action, { from: account, to, data }, receipt);
  const effect = await effectOf(read, act, account, receipt);
  state.value = { at: "confirmed", hash: receipt.hash, effect };
  return { receipt, effect };
}
