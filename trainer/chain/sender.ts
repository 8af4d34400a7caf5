/**
 * Sends an account's transactions one after another, and sees each of them mined: takes the nonce that the chain says,
 * raises the fee of one that is stuck (EIP-1559), and repeats a broadcast that was lost. Because a nonce is used up only
 * once, an act that is sent again after a crash or a reorganisation happens at most once.
 */
import { Transaction, isError } from "ethers";
import type { JsonRpcProvider, TransactionReceipt, TransactionRequest, Wallet, HDNodeWallet } from "ethers";
import { asError } from "../protocol/asError.ts";
import { InsufficientGas, Refused, TransactionStuck, explain } from "./chainErrors.ts";
import { pause } from "./pause.ts";
import { whyReverted } from "./whyReverted.ts";

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

// The state may change between the estimate and the block: whoever acts last in a phase pays for its end, and for looking at
// every cohort. What is not used costs nothing.
const GAS_MARGIN_PERCENT = 125n;
const GAS_MARGIN = 80_000n;
const MAX_GAS = 16_777_216n; // EIP-7825
const STUCK_RAISE_PERCENT = 115n;
const OUTBID_RAISE_PERCENT = 150n; // what pays more already waits with this nonce, and nodes do not say how much
const LEAST_RAISE_PERCENT = 110n; // nodes take no replacement that pays less
const MAX_BROADCASTS = 40;
/** How often the receipt of a transaction that must be mined is looked for: not every node behind an address has it. */
const RECEIPT_LOOKS = 8;

interface Fee {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export function createSender(options: SenderOptions): Sender {
  const { wallet, provider, pollMs, stuckAfterMs, maxFeePerGas, signal, onTrouble } = options;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    address: wallet.address,
    signTypedData: (domain, types, value) => wallet.signTypedData(domain, types, value),
    send(action, request) {
      const mine = turn.then(() => {
        signal?.throwIfAborted();
        return sendOne(action, { ...request, from: wallet.address });
      });
      turn = mine.catch(() => undefined);
      return mine;
    },
  };

  async function sendOne(action: string, request: TransactionRequest): Promise<TransactionReceipt> {
    const { chainId } = await provider.getNetwork();
    let { gasLimit, nonce, fee } = await prepared(action, request);
    let hashes: string[] = [];
    for (let broadcasts = 1; broadcasts <= MAX_BROADCASTS; broadcasts++) {
      const signed = await wallet.signTransaction({ ...request, chainId, nonce, gasLimit, type: 2, ...fee });
      // Noted before it is sent: it may arrive although the answer gets lost.
      hashes.push(Transaction.from(signed).hash!);
      const outcome = await broadcast(action, signed);
      if (outcome === "nonce used") {
        const receipt = await receiptOfAny(hashes, RECEIPT_LOOKS);
        if (receipt !== undefined) return accepted(action, request, receipt);
        // Somebody else uses this account too, or an earlier run's transaction was mined just now.
        ({ gasLimit, nonce, fee } = await prepared(action, request));
        hashes = [];
        continue;
      }
      if (outcome === "sent") {
        const receipt = await receiptOfAny(hashes, Math.ceil(stuckAfterMs / pollMs));
        if (receipt !== undefined) return accepted(action, request, receipt);
      }
      const higher = await raised(fee, outcome === "sent" ? STUCK_RAISE_PERCENT : OUTBID_RAISE_PERCENT);
      if (higher === undefined) break;
      onTrouble?.(
        `The transaction to ${action} (nonce ${nonce}) is ${outcome === "sent" ? "stuck" : "not taken"} at ` +
          `${fee.maxFeePerGas} wei per gas: replacing it at ${higher.maxFeePerGas}.`,
      );
      fee = higher;
    }
    throw new TransactionStuck(
      `The transaction to ${action} (nonce ${nonce}) is not mined at ${fee.maxFeePerGas} wei per gas; it may still be. ` +
        "Allow more with --max-fee, or wait until the network is less busy and try again.",
    );
  }

  /** What the chain says a transaction needs now. */
  async function prepared(action: string, request: TransactionRequest) {
    const [gasLimit, nonce, fee] = await Promise.all([
      estimated(action, request),
      provider.getTransactionCount(wallet.address, "latest"),
      feeNow(),
    ]);
    return { gasLimit, nonce, fee };
  }

  async function estimated(action: string, request: TransactionRequest): Promise<bigint> {
    try {
      const gas = ((await provider.estimateGas(request)) * GAS_MARGIN_PERCENT) / 100n + GAS_MARGIN;
      return gas < MAX_GAS ? gas : MAX_GAS;
    } catch (error) {
      throw explain(error, action);
    }
  }

  async function feeNow(): Promise<Fee> {
    const { maxFeePerGas: usual, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
    return capped(usual ?? gasPrice ?? maxFeePerGas, maxPriorityFeePerGas ?? 0n);
  }

  /** Enough more than `fee` to replace it, or what is usual by now; undefined if that would exceed what may be paid. */
  async function raised(fee: Fee, percent: bigint): Promise<Fee | undefined> {
    const now = await feeNow();
    const more = (wei: bigint, usual: bigint) => larger((wei * percent) / 100n + 1n, usual);
    const wanted = capped(
      more(fee.maxFeePerGas, now.maxFeePerGas),
      more(fee.maxPriorityFeePerGas, now.maxPriorityFeePerGas),
    );
    const replaces = (to: bigint, from: bigint) => to * 100n >= from * LEAST_RAISE_PERCENT;
    return replaces(wanted.maxFeePerGas, fee.maxFeePerGas) &&
      replaces(wanted.maxPriorityFeePerGas, fee.maxPriorityFeePerGas)
      ? wanted
      : undefined;
  }

  function capped(total: bigint, tip: bigint): Fee {
    const most = smaller(total, maxFeePerGas);
    return { maxFeePerGas: most, maxPriorityFeePerGas: smaller(tip, most) };
  }

  async function broadcast(action: string, signed: string): Promise<"sent" | "nonce used" | "underpriced"> {
    try {
      await provider.send("eth_sendRawTransaction", [signed]);
      return "sent";
    } catch (error) {
      const refused = explain(error, action);
      if (refused instanceof Refused || refused instanceof InsufficientGas) throw refused;
      const text = asError(error).message;
      if (/already known|already imported|known transaction/i.test(text)) return "sent";
      if (isError(error, "NONCE_EXPIRED") || /nonce.*(too low|already been used)/i.test(text)) return "nonce used";
      if (isError(error, "REPLACEMENT_UNDERPRICED") || /underpriced|fee\w* .*(too low|less than)/i.test(text)) {
        return "underpriced";
      }
      throw refused;
    }
  }

  /** Looks for a receipt, `pollMs` apart, at least once. */
  async function receiptOfAny(hashes: readonly string[], looks: number): Promise<TransactionReceipt | undefined> {
    for (let look = 1; ; look++) {
      const receipts = await Promise.all(hashes.map((hash) => provider.getTransactionReceipt(hash)));
      const found = receipts.find((receipt) => receipt !== null);
      if (found !== undefined) return found;
      if (look >= looks) return undefined;
      await pause(pollMs, signal);
    }
  }

  async function accepted(
    action: string,
    request: TransactionRequest,
    receipt: TransactionReceipt,
  ): Promise<TransactionReceipt> {
    if (receipt.status === 1) return receipt;
    throw await whyReverted(provider, action, request, receipt);
  }
}

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
const larger = (a: bigint, b: bigint) => (a > b ? a : b);

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
  "NotYourSeat",
  "TaskIsClosed",
  "RoundStillOpen",
  "Barred",
  // Of disputes: somebody has claimed for us, convicted, asked or answered before, or the proposal is another by now.
  "AlreadyClaimed",
  "AlreadyRequested",
  "CannotExpelSeat",
  "NotInTheSum",
  "NotTheWholeSum",
  "NotRequested",
  "NotUnderRoot",
  "AlreadyConvicted",
  "AlreadyOpened",
  "AlreadyGuilty",
  "TooLate",
  // Somebody else has rebuilt the same secret.
  "AlreadyKnown",
  // The next look is in a later block.
  "DrawTooEarly",
  // A fine taken in between: whoever has less than a round needs says so before it enters the next.
  "InsufficientStake",
]);
