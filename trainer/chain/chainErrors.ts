/** What can go wrong with the chain, in words that say what to do. */
import { isCallException, isError } from "ethers";
import type { ErrorDescription } from "ethers";
import { errorInterface } from "./contracts.ts";
import { PHASES } from "../protocol/roundClock.ts";

/** The RPC endpoint does not answer, or not as an Ethereum node would. */
export class RpcUnreachable extends Error {
  override readonly name = "RpcUnreachable";
}

/** The endpoint's answer is longer than a bot may be made to hold. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/** The endpoint answers for another chain, or the contract is not on it. */
export class WrongNetwork extends Error {
  override readonly name = "WrongNetwork";
}

/** No task with this number or address was opened by this Foedus. */
export class UnknownTask extends Error {
  override readonly name = "UnknownTask";
}

/** The account cannot pay for the transaction's gas. */
export class InsufficientGas extends Error {
  override readonly name = "InsufficientGas";
}

/** A transaction was not mined although its fee was raised as far as allowed. */
export class TransactionStuck extends Error {
  override readonly name = "TransactionStuck";
}

/** A contract refused. `reason` is the name of its custom error, `values` its arguments by name. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reason: string;
  readonly values: Readonly<Record<string, unknown>>;

  constructor(message: string, reason: string, values: Readonly<Record<string, unknown>>, cause: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.values = values;
  }
}

/**
 * What a failed call or transaction means. Errors that are not the chain's come back as they are.
 * @param action What was being done, for the message: "enter round 3".
 */
export function explain(error: unknown, action: string): Error {
  if (isError(error, "INSUFFICIENT_FUNDS") || /insufficient funds|doesn't have enough funds/i.test(textOf(error))) {
    return new InsufficientGas(`The account cannot pay the gas to ${action}. Send it some of the network's own coin.`, {
      cause: error,
    });
  }
  const data = typeof error === "object" && error !== null ? revertData(error) : undefined;
  if (data !== undefined) {
    const parsed = errorInterface.parseError(data);
    if (parsed !== null) {
      const values = parsed.args.toObject() as Record<string, unknown>;
      return new Refused(`Cannot ${action}: ${sentence(parsed, values)}`, parsed.name, values, error);
    }
    if (isCallException(error) && error.reason !== null) {
      return new Refused(`Cannot ${action}: ${error.reason}.`, error.reason, {}, error);
    }
    return new Refused(`Cannot ${action}: the contract refused without a reason.`, "Unknown", {}, error);
  }
  return error instanceof Error ? error : new Error(textOf(error));
}

type Words = (values: Record<string, unknown>) => string;

const time = (seconds: unknown) => new Date(Number(seconds) * 1000).toISOString();
const phase = (index: unknown) => PHASES[Number(index)] ?? String(index);

// The errors a person can do something about; the others are shown with their numbers.
const SENTENCES: Record<string, Words> = {
  InsufficientStake: ({ have, need }) =>
    `${String(have)} of stake counts in this task and ${String(need)} is needed. ` +
    "Add the difference with: foedus stake deposit TASK AMOUNT.",
  InsufficientFreeStake: ({ have, need }) => `only ${String(have)} is free to thaw, not ${String(need)}.`,
  StillThawing: ({ thawedAt }) => `the stake thaws until ${time(thawedAt)}. Try again then.`,
  NothingThawing: () => "nothing is thawing. Start with: foedus stake thaw TASK AMOUNT.",
  RoundStillOpen: ({ round }) => `round ${String(round)}, in which you sit, is not over. Wait for its end.`,
  WrongPhase: ({ have, need }) => `the round is ${phase(have)}, this needs ${phase(need)}.`,
  WrongRound: ({ asked, current }) => `round ${String(asked)} is not the one under way, ${String(current)}.`,
  NotSponsor: ({ sponsor }) => `only the task's sponsor ${String(sponsor)} may. Use its wallet.`,
  TaskIsClosed: () => "the task is closed.",
  NothingToAdvance: ({ phase: index, endsAt }) =>
    `the round is ${phase(index)} until ${time(endsAt)}; nothing is due before.`,
  NothingToRefund: () => "nothing is left to refund.",
  NotYourTurn: ({ drawnSeat, openToAllAt }) =>
    `seat ${String(drawnSeat)} is drawn to aggregate; everybody may from ${time(openToAllAt)}.`,
  SeatTaken: ({ seat }) => `seat ${String(seat)} is taken. Choose another.`,
  AlreadyEntered: ({ round }) => `this account sits in round ${String(round)} already.`,
  FieldOutOfRange: ({ field, value, min, max }) =>
    `${String(field)} is ${String(value)}; it must be from ${String(min)} to ${String(max)}.`,
  SumCouldOverflow: ({ largestSum, limit }) =>
    `a sum could reach ${String(largestSum)}, beyond ${String(limit)}. ` +
    "Lower maxTrainers, maxWeight, clip or fractionBits.",
  ERC20InsufficientBalance: ({ balance, needed }) =>
    `the account holds ${String(balance)} of the token, ${String(needed)} is needed.`,
  ERC20InsufficientAllowance: ({ allowance, needed }) =>
    `the allowance is ${String(allowance)}, ${String(needed)} is needed. Approve that much first.`,
  SignatureExpired: ({ deadline }) => `the signature was good until ${time(deadline)}. Sign anew.`,
  FeeAboveReward: ({ fee, reward }) => `the fee ${String(fee)} exceeds the reward ${String(reward)}.`,
};

function sentence(parsed: ErrorDescription, values: Record<string, unknown>): string {
  const words = SENTENCES[parsed.name];
  if (words !== undefined) return words(values);
  const numbers = Object.entries(values).map(([name, value]) => `${name} ${String(value)}`);
  return numbers.length > 0 ? `${parsed.name} (${numbers.join(", ")}).` : `${parsed.name}.`;
}

/** What the contract reverted with; "0x" for a revert without a reason; undefined if this was no revert. */
function revertData(error: unknown): string | undefined {
  // Nodes differ in where they put it, and a node that executes at once reports it for the broadcast as well.
  const {
    data,
    info,
    error: inner,
  } = error as {
    data?: unknown;
    info?: { error?: { data?: unknown } };
    error?: { data?: unknown };
  };
  const places = [data, info?.error?.data, (info?.error?.data as { data?: unknown } | undefined)?.data, inner?.data];
  const found = places.find((place): place is string => typeof place === "string" && /^0x[0-9a-f]{8,}$/i.test(place));
  return found ?? (isCallException(error) ? "0x" : undefined);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
