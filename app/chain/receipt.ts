/** A transaction that the wallet has sent, until the chain has it, and until it has it for good. */
import type { TransactionReceipt, TransactionResponse } from "ethers";
import { pause } from "../../trainer/chain/pause.ts";
import { unlessAborted } from "../../trainer/chain/unlessAborted.ts";
import { head, onTrouble } from "./node.ts";
import type { Chain } from "./node.ts";
import type { Sent } from "./sent.ts";

/** Its nonce is used: by another transaction of the account, as far as can be found out. */
export class Replaced extends Error {
  override readonly name = "Replaced";
  /** The other one's hash. Undefined if none was found: then it may be the transaction itself that the node does not know. */
  readonly by: string | undefined;

  constructor(by: string | undefined) {
    super(by === undefined ? "its nonce is used" : "another transaction of the account took its place");
    this.by = by;
  }
}

/** So many times the pause between two looks after it was sent, it counts as stuck if no block has it. */
const STUCK_AFTER_PAUSES = 15;
/**
 * Looks in a row that find its nonce used, and neither its receipt nor what took its place, after which that is said: one node
 * may lag behind another.
 */
const SURE_AFTER_LOOKS = 3;
/** How far back it is looked for, in blocks. */
const FARTHEST = 2 ** 16;

export interface Following {
  readonly signal: AbortSignal;
  /** Told whether it is on its way or stuck: "unseen" while no node has shown its nonce, so that no other can be noticed. */
  readonly onState: (state: "sent" | "stuck" | "unseen") => void;
  /** Told what the wallet has numbered it with, once a node shows it. */
  readonly onNonce: (nonce: number) => void;
}

/**
 * Waits for its receipt, or for that of the same transaction at a higher fee, as long as it takes. That a node does not know
 * it says nothing: nodes forget what waits. Only a higher nonce of the account does.
 * @throws Replaced, or the signal's reason.
 */
export async function receiptOf(
  { provider, pollMs }: Pick<Chain, "provider" | "pollMs">,
  sent: Sent,
  { signal, onState, onNonce }: Following,
): Promise<TransactionReceipt> {
  const { account } = sent;
  let { nonce, hash } = sent;
  let notFound = 0;
  for (;;) {
    try {
      const receipt = await unlessAborted(look(), signal);
      // The head is the last block that is believed.
      if (receipt !== null && receipt.blockNumber <= (head.value?.number ?? -1)) return receipt;
      const isLate = Date.now() - sent.sentAt >= STUCK_AFTER_PAUSES * pollMs;
      const stuck = nonce === undefined ? "unseen" : "stuck";
      onState(receipt === null && isLate ? stuck : "sent");
    } catch (error) {
      if (signal.aborted || error instanceof Replaced) throw error;
      onTrouble(error);
    }
    await pause(pollMs, signal);
  }

  async function look(): Promise<TransactionReceipt | null> {
    const believed = head.value?.number;
    const before = notFound;
    // Counted in a row: a look that fails has searched nothing.
    notFound = 0;
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null || believed === undefined) return receipt;
    const known = nonce ?? (await shownNonce());
    if (known === undefined || (await provider.getTransactionCount(account, believed)) <= known) return null;
    // It may have come between the two questions.
    const late = await provider.getTransactionReceipt(hash);
    if (late !== null) return late;
    const mined = await minedWith(known, believed);
    if (mined === undefined) {
      notFound = before + 1;
      if (notFound >= SURE_AFTER_LOOKS) throw new Replaced(undefined);
      return null;
    }
    if (mined.to !== sent.to || mined.data !== sent.data || mined.value !== 0n) throw new Replaced(mined.hash);
    hash = mined.hash;
    return provider.getTransactionReceipt(hash);
  }

  async function shownNonce(): Promise<number | undefined> {
    nonce = (await provider.getTransaction(hash))?.nonce;
    if (nonce !== undefined && !signal.aborted) onNonce(nonce);
    return nonce;
  }

  /** The account's transaction with this nonce, in the block in which its count passed it. */
  async function minedWith(wanted: number, believed: number): Promise<TransactionResponse | undefined> {
    const isPast = async (block: number) => (await provider.getTransactionCount(account, block)) > wanted;
    let [past, before] = [believed, believed];
    try {
      for (let step = 1; await isPast(before); step *= 2) {
        if (before === 0 || step > FARTHEST) return undefined;
        [past, before] = [before, Math.max(0, before - step)];
      }
      while (past - before > 1) {
        const middle = Math.floor((past + before) / 2);
        if (await isPast(middle)) past = middle;
        else before = middle;
      }
      const block = await provider.getBlock(past, true);
      return block?.prefetchedTransactions.find((each) => each.from === account && each.nonce === wanted);
    } catch {
      // Most nodes forget old counts. One that does not tell the newest either is in trouble, and has searched nothing.
      await provider.getTransactionCount(account, believed);
      return undefined;
    }
  }
}

/**
 * Waits until the chain can never take this receipt back, which the node has to say ("finalized"); for ever where it does not
 * know.
 * @returns whether it is final; false as soon as the chain has it no more, or in another block, where it may have failed.
 * @throws the signal's reason.
 */
export async function untilFinal(
  { provider, pollMs }: Pick<Chain, "provider" | "pollMs">,
  { hash, blockHash }: Pick<TransactionReceipt, "hash" | "blockHash">,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    await pause(pollMs, signal);
    const [block, receipt] = await Promise.all([
      // Nodes of chains that finalise nothing give none, or an error.
      provider.getBlock("finalized").catch(() => null),
      provider.getTransactionReceipt(hash).catch(() => undefined),
    ]);
    signal.throwIfAborted();
    if (receipt !== undefined && receipt?.blockHash !== blockHash) return false;
    if (block !== null && receipt != null && receipt.blockNumber <= block.number) return true;
  }
}
