/**
 * Sends an account's transactions one after another, and sees each of them mined: takes the nonce that the chain says,
 * raises the fee of one that is stuck (EIP-1559), and repeats a broadcast that was lost. Because a nonce is used up only
 * once, an act that is sent again after a crash or a reorganisation happens at most once.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Transaction, isError } from "ethers";
import type { JsonRpcProvider, TransactionReceipt, TransactionRequest, Wallet, HDNodeWallet } from "ethers";
import { Refused, TransactionStuck, explain } from "./chainErrors.ts";

export interface SenderOptions {
  readonly wallet: Wallet | HDNodeWallet;
  readonly provider: JsonRpcProvider;
  /** Between two looks for the receipt. */
  readonly pollMs: number;
  /** After how long without being mined a transaction is replaced by one that pays more. */
  readonly stuckAfterMs: number;
  /** The most to pay, in wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly signal?: AbortSignal;
  readonly onTrouble?: (message: string) => void;
}

export interface Sender {
  readonly address: string;
  /**
   * Sends and waits until it is mined.
   * @param action What it does, for errors: "commit to round 3".
   * @throws Refused (before anything is sent, where the node can tell), InsufficientGas, TransactionStuck, RpcUnreachable.
   */
  send(action: string, request: TransactionRequest): Promise<TransactionReceipt>;
  /** Signs by EIP-712; nothing is sent. */
  signTypedData: Wallet["signTypedData"];
}

export const DEFAULT_MAX_FEE_PER_GAS = 500n * 10n ** 9n;

const GAS_MARGIN_PERCENT = 125n; // the state may change between the estimate and the block
const MAX_GAS = 16_777_216n; // EIP-7825
const RAISE_PERCENT = 115n; // nodes take a replacement from 110
const MAX_REPLACEMENTS = 40;

interface Fee {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export function createSender(options: SenderOptions): Sender {
  const { wallet, provider, signal } = options;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    address: wallet.address,
    signTypedData: (domain, types, value) => wallet.signTypedData(domain, types, value),
    send(action, request) {
      const mine = turn.then(() => {
        signal?.throwIfAborted();
        return sendOne(options, action, { ...request, from: wallet.address });
      });
      turn = mine.catch(() => undefined);
      return mine;
    },
  };

  async function sendOne(
    { pollMs, stuckAfterMs, maxFeePerGas, onTrouble }: SenderOptions,
    action: string,
    request: TransactionRequest,
  ): Promise<TransactionReceipt> {
    const { chainId } = await provider.getNetwork();
    const gasLimit = await estimated(action, request);
    let nonce = await provider.getTransactionCount(wallet.address, "latest");
    let fee = await feeNow(maxFeePerGas);
    const sent: string[] = [];
    for (let replacements = 0; ; replacements++) {
      const signed = await wallet.signTransaction({ ...request, chainId, nonce, gasLimit, type: 2, ...fee });
      const outcome = await broadcast(action, signed);
      if (outcome === "nonce used") {
        const receipt = await receiptOfAny(sent);
        if (receipt !== undefined) return accepted(action, request, receipt);
        // Somebody else uses this account too, or an earlier run's transaction was mined just now.
        nonce = await provider.getTransactionCount(wallet.address, "latest");
        sent.length = 0;
        await estimated(action, request);
        continue;
      }
      if (outcome === "sent") sent.push(Transaction.from(signed).hash ?? "");

      const lateAt = performance.now() + (outcome === "sent" ? stuckAfterMs : 0);
      do {
        const receipt = await receiptOfAny(sent);
        if (receipt !== undefined) return accepted(action, request, receipt);
        if (performance.now() < lateAt) await pause(pollMs, undefined, signal === undefined ? {} : { signal });
      } while (performance.now() < lateAt);

      const raised = raise(fee);
      if (raised.maxFeePerGas > maxFeePerGas || replacements >= MAX_REPLACEMENTS) {
        throw new TransactionStuck(
          `The transaction to ${action} (nonce ${nonce}) is not mined at ${fee.maxFeePerGas} wei per gas. ` +
            "Allow more with --max-fee, or wait until the network is less busy and try again.",
        );
      }
      onTrouble?.(`The transaction to ${action} is stuck: replacing it at ${raised.maxFeePerGas} wei per gas.`);
      fee = raised;
    }
  }

  async function estimated(action: string, request: TransactionRequest): Promise<bigint> {
    try {
      const gas = ((await provider.estimateGas(request)) * GAS_MARGIN_PERCENT) / 100n;
      return gas < MAX_GAS ? gas : MAX_GAS;
    } catch (error) {
      throw explain(error, action);
    }
  }

  async function feeNow(most: bigint): Promise<Fee> {
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
    const wanted = maxFeePerGas ?? gasPrice ?? most;
    const total = wanted < most ? wanted : most;
    const tip = maxPriorityFeePerGas ?? 0n;
    return { maxFeePerGas: total, maxPriorityFeePerGas: tip < total ? tip : total };
  }

  async function broadcast(action: string, signed: string): Promise<"sent" | "nonce used" | "underpriced"> {
    try {
      await provider.send("eth_sendRawTransaction", [signed]);
      return "sent";
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (/already known|already imported|known transaction/i.test(text)) return "sent";
      if (isError(error, "NONCE_EXPIRED") || /nonce.*(too low|already been used)|nonce too low/i.test(text)) {
        return "nonce used";
      }
      if (isError(error, "REPLACEMENT_UNDERPRICED") || /underpriced|replacement/i.test(text)) return "underpriced";
      throw explain(error, action);
    }
  }

  async function receiptOfAny(hashes: readonly string[]): Promise<TransactionReceipt | undefined> {
    const receipts = await Promise.all(hashes.map((hash) => provider.getTransactionReceipt(hash)));
    return receipts.find((receipt) => receipt !== null) ?? undefined;
  }

  async function accepted(
    action: string,
    request: TransactionRequest,
    receipt: TransactionReceipt,
  ): Promise<TransactionReceipt> {
    if (receipt.status === 1) return receipt;
    // What was possible when estimated was not any more when mined: ask once more for the reason.
    try {
      await provider.call({ ...request, blockTag: receipt.blockNumber });
    } catch (error) {
      throw explain(error, action);
    }
    throw new Refused(`Cannot ${action}: the transaction was reverted.`, "Unknown", {}, receipt.hash);
  }
}

function raise(fee: Fee): Fee {
  const more = (wei: bigint) => (wei * RAISE_PERCENT) / 100n + 1n;
  return { maxFeePerGas: more(fee.maxFeePerGas), maxPriorityFeePerGas: more(fee.maxPriorityFeePerGas) };
}

/** Whether the failed act is simply somebody else's already: not an error for a bot, which then looks again. */
export function wasOvertaken(error: unknown): boolean {
  return error instanceof Refused && OVERTAKEN.has(error.reason);
}

const OVERTAKEN = new Set([
  "NothingToAdvance",
  "WrongPhase",
  "WrongRound",
  "SeatTaken",
  "AlreadyEntered",
  "AlreadyActed",
  "NotYourTurn",
  "TaskIsClosed",
  "RoundStillOpen",
]);
