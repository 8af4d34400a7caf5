/** What can go wrong with the chain, in words that say what to do. */
import { isCallException, isError } from "ethers";
import type { ErrorDescription } from "ethers";
import { asError } from "../protocol/asError.ts";
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
  const data = revertData(error);
  // What a contract says is looked at first: it may hold any words, also those that nodes use.
  if (data !== undefined) return refusal(data, error, action);
  const said = nodeMessage(error);
  if (isError(error, "INSUFFICIENT_FUNDS") || /insufficient funds|doesn't have enough funds/i.test(said ?? "")) {
    return new InsufficientGas(`The account cannot pay the gas to ${action}. Send it some of the network's own coin.`, {
      cause: error,
    });
  }
  // ethers calls whatever a node answers to eth_call and eth_estimateGas but a result an exception of the call.
  if (isCallException(error) && (said === undefined || /revert|invalid opcode|VM execution/i.test(said))) {
    return new Refused(`Cannot ${action}: the contract refused without a reason.`, "Unknown", {}, error);
  }
  if (said !== undefined) return new Error(`Cannot ${action}: the node says "${plain(said)}".`, { cause: error });
  return asError(error);
}

function refusal(data: string, error: unknown, action: string): Refused {
  let reason = "Unknown";
  let values: Record<string, unknown> = {};
  let why = "the contract refused without a reason.";
  try {
    const parsed = errorInterface().parseError(data);
    if (parsed !== null) {
      reason = parsed.name;
      values = valuesOf(parsed);
      why = sentence(reason, values);
    }
  } catch {
    // A contract can revert with anything, also with the beginning of an error that then breaks off.
  }
  return new Refused(`Cannot ${action}: ${plain(why)}`, reason, values, error);
}

/** The error's arguments by name; Solidity's own two errors have no names for theirs. */
function valuesOf({ name, args, fragment }: ErrorDescription): Record<string, unknown> {
  const names = { Error: ["message"], Panic: ["code"] }[name] ?? fragment.inputs.map((input) => input.name);
  return Object.fromEntries(names.map((key, index) => [key, args[index] as unknown]));
}

const LONGEST_TEXT = 300;

/** A text that comes from others, on one line and with nothing that a terminal obeys. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, LONGEST_TEXT);
}

type Words = (values: Record<string, unknown>) => string;

const phase = (index: unknown) => PHASES[Number(index)] ?? String(index);

function time(seconds: unknown): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? `second ${String(seconds)}` : date.toISOString();
}

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
  Barred: ({ seat }) => `the proposal of seat ${String(seat)} was overturned: it may make no other in this round.`,
  CannotExpelSeat: ({ seat }) => `seat ${String(seat)} has nothing revealed in this round, or is out of it already.`,
  TooFewMembers: ({ have, need }) => `${String(have)} updates would be summed, ${String(need)} are the fewest.`,
  AlreadyKnown: ({ seat }) => `the secret of seat ${String(seat)} is known already.`,
  AlreadyConvicted: ({ seat }) => `seat ${String(seat)} was convicted in this round already, or has left it.`,
  NotClaimed: () => "this very challenge was not claimed by this account. Claim it first, a block before.",
  ClaimTooFresh: () => "the challenge was claimed in this block. Send it in the next.",
  NothingWrong: ({ chunk }) => `there is nothing wrong in chunk ${String(chunk)}.`,
  DrawTooEarly: () =>
    "cohorts are drawn in a later block than the last trainer has entered in. Try again with the next one.",
  NotInTheCohort: ({ seat, cohort }) =>
    `seat ${String(seat)} was not drawn into cohort ${String(cohort)}. See its own in: foedus status TASK.`,
  NoSuchCohort: ({ cohort, cohorts }) => `there is no cohort ${String(cohort)}: the round has ${String(cohorts)}.`,
  NotInTheSum: ({ seat, cohort }) =>
    cohort === undefined
      ? `the update of seat ${String(seat)} is not in the sum.`
      : `cohort ${String(cohort)} is not in the sum.`,
  NotTheWholeSum: ({ updates, inTheSum }) =>
    `the proof adds ${String(updates)} updates, ${String(inTheSum)} are in the sum. Add exactly those.`,
  ProofsLength: ({ have, need }) =>
    `${String(have)} cohorts are proved, ${String(need)} are needed. Prove each that is in the sum, in order.`,
  PriceTooLow: ({ sent, price }) => `${String(sent)} wei were sent, the answer's gas needs ${String(price)}.`,
  AlreadyRequested: ({ requester }) => `${String(requester)} has asked for this chunk already. Wait for the answer.`,
  NotRequested: () => "nobody has asked for this chunk, or it was answered already.",
  AnswerTooLate: ({ answerBy }) => `the chunk had to be shown until ${time(answerBy)}.`,
  AnswerStillPossible: ({ answerBy }) => `the chunk may be shown until ${time(answerBy)}. Try again then.`,
  HeldForTooLong: ({ held, most }) =>
    `the proposal would be held open for ${String(held)} s, ${String(most)} s are the most.`,
  ProposalStillStands: () => "the proposal still stands: its chunk may be answered, or its silence reported.",
  NothingOwed: () => "nothing is owed to this account.",
  SeatTaken: ({ seat }) => `seat ${String(seat)} is taken. Choose another.`,
  AlreadyEntered: ({ round }) => `this account sits in round ${String(round)} already.`,
  FieldOutOfRange: ({ field, value, min, max }) =>
    `${String(field)} is ${String(value)}; it must be from ${String(min)} to ${String(max)}.`,
  SumCouldOverflow: ({ largestSum, limit }) =>
    `a sum could reach ${String(largestSum)}, beyond ${String(limit)}. ` +
    "Lower maxTrainers, maxWeight, clip or fractionBits.",
  CohortsDiffer: ({ seats, cohorts }) =>
    `${String(seats)} seats are no whole number for each of ${String(cohorts)} cohorts. ` +
    "Make maxTrainers a multiple of the cohorts.",
  ProofTooDear: ({ gas, limit }) =>
    `proving a wrong sum could take ${String(gas)} gas, and a transaction has ${String(limit)}. ` +
    "Raise minTrainers, or have fewer cohorts.",
  ERC20InsufficientBalance: ({ balance, needed }) =>
    `the account holds ${String(balance)} of the token, ${String(needed)} is needed.`,
  ERC20InsufficientAllowance: ({ allowance, needed }) =>
    `the allowance is ${String(allowance)}, ${String(needed)} is needed. Approve that much first.`,
  SignatureExpired: ({ deadline }) => `the signature was good until ${time(deadline)}. Sign anew.`,
  Error: ({ message }) => `the contract says "${String(message)}".`,
  Panic: ({ code }) => `a calculation in the contract failed (panic ${String(code)}).`,
  FeeAboveReward: ({ fee, reward }) => `the fee ${String(fee)} exceeds the reward ${String(reward)}.`,
};

function sentence(name: string, values: Record<string, unknown>): string {
  const words = SENTENCES[name];
  if (words !== undefined) return words(values);
  const numbers = Object.entries(values).map(([key, value]) => `${key} ${String(value)}`);
  return numbers.length > 0 ? `${name} (${numbers.join(", ")}).` : `${name}.`;
}

/** Where nodes and ethers put what went wrong: they differ. */
interface NodeError {
  readonly data?: unknown;
  readonly message?: unknown;
}

function nodeErrors(error: unknown): NodeError[] {
  const { info, error: inner } = (error ?? {}) as { info?: { error?: NodeError | null }; error?: NodeError | null };
  return [info?.error, inner].filter((found) => found !== undefined && found !== null);
}

/** What the contract reverted with, or undefined if nothing or not known. */
function revertData(error: unknown): string | undefined {
  // A node that executes at once reports it for the broadcast as well, one level deeper.
  const outer = typeof error === "object" && error !== null ? [error as NodeError] : [];
  const places = [...outer, ...nodeErrors(error)].flatMap(({ data }) => [data, (data as NodeError | undefined)?.data]);
  return places.find((place): place is string => typeof place === "string" && /^0x[0-9a-f]{8,}$/i.test(place));
}

function nodeMessage(error: unknown): string | undefined {
  return nodeErrors(error)
    .map(({ message }) => message)
    .find((message) => typeof message === "string");
}
