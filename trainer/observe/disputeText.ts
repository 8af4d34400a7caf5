// A dispute in words: what was done, who proved it, what it cost, who did the work instead.
import { THIN_SPACE, formatTokenAmount, groupDigits } from "./measureText.ts";
import type { Report, ReportDispute } from "./report.ts";

const NAMES: Readonly<Record<ReportDispute["fault"], string>> = {
  wrongSum: "a wrong sum",
  wrongStep: "a wrong step",
  malformed: "a malformed update",
  undisclosed: "a proposal that nobody could see",
  withheld: "a model that a majority could not fetch",
  silent: "a missed turn",
  spoilt: "a spoilt sum",
  badShares: "bad shares",
};

/** What the fault is called: "a wrong sum". */
export function nameOfFault(fault: ReportDispute["fault"]): string {
  return NAMES[fault];
}

/** Sentences, in the order of what happened. Names of accounts are as the report has them: not escaped. */
export function disputeText(
  dispute: ReportDispute,
  token: Report["config"]["token"],
  separator = THIN_SPACE,
): string[] {
  const { trainer, successor, fault } = dispute;
  const tokens = (amount: string) => `${formatTokenAmount(amount, token.decimals, { separator })} ${token.symbol}`;
  return [deedOf(dispute), verdictOf(dispute, separator), money(), ...instead()].map(capitalised);

  function money(): string {
    const { taken, rewarded, burnt, challenger } = dispute;
    const receiver = fault === "silent" ? `whoever settled the seat, ${challenger}` : challenger;
    return `${tokens(taken)} of ${trainer}'s stake were taken: ${tokens(rewarded)} went to ${receiver}, ${tokens(burnt)} were burnt.`;
  }

  function instead(): string[] {
    if (successor === undefined || fault === "spoilt" || fault === "badShares") return [];
    if (fault === "malformed") return [`The round went on without that update; ${successor} proposed its model.`];
    return [`${successor} proposed the model that became final.`];
  }
}

function capitalised(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

function deedOf({ trainer, fault }: ReportDispute): string {
  switch (fault) {
    case "wrongSum":
      return `${trainer} aggregated and proposed a sum that is not the sum of the updates.`;
    case "wrongStep":
      return `${trainer} aggregated and proposed a model that is not the step of the sum.`;
    case "malformed":
      return `${trainer} revealed an update with numbers that the task does not allow.`;
    case "undisclosed":
      return `${trainer} aggregated and proposed a sum and a model that nobody could fetch.`;
    case "withheld":
      return `${trainer} aggregated and proposed a model that a majority could not fetch.`;
    case "silent":
      return `${trainer} was drawn to aggregate and did not.`;
    case "spoilt":
      return `${trainer} committed to a masked update that put the sum of all out of range.`;
    case "badShares":
      return `${trainer} dealt shares that rebuild something else than it had committed to.`;
  }
}

/** Blocks count whole seconds: what happens in one takes less. */
export function secondsOnChain(seconds: number): string {
  return seconds === 0 ? "less than 1 s" : `${seconds} s`;
}

function verdictOf({ challenger, chunk, gas, seconds, fault }: ReportDispute, separator: string): string {
  const after = secondsOnChain(seconds);
  const spent = `${groupDigits(gas.verdict, separator)} gas`;
  const before = groupDigits(gas.prepare, separator);
  switch (fault) {
    case "silent":
      return `Its turn passed after ${after}.`;
    case "undisclosed":
      return `${challenger} asked on chain for chunk ${chunk} (${before} gas); the answer did not come, and ${after} after the proposal it was void (${spent}).`;
    case "withheld":
      return `The majority said so, and ${after} after the proposal it was void (${spent}).`;
    case "spoilt":
      return `${challenger} accused the sum, its members had to open one chunk of it, and ${after} after the commitment it was clear whose fault it is (${spent}). The round is void.`;
    case "badShares":
      return `${challenger} proved it by the shares themselves, ${after} after the commitment (${spent}).`;
    default:
      return `${challenger} proved it on chain at chunk ${chunk}, ${after} after it was there: ${spent}, and ${before} to announce the proof.`;
  }
}
