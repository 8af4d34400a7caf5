/** What a task file comes to: the size of its network and sums, what it costs, how long it takes, and a masked one's odds. */
import { roundPay } from "../../trainer/chain/taskPicture.ts";
import { longestRound } from "../../trainer/chain/taskRules.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { cohortOdds } from "../../trainer/protocol/cohortOdds.ts";
import type { CohortOdds } from "../../trainer/protocol/cohortOdds.ts";
import { SUM_LIMIT, SumCouldOverflowError, largestSum } from "../../trainer/protocol/overflow.ts";
import { UnusableFixedPoint } from "../../trainer/protocol/quantise.ts";
import type { TaskFault } from "../../trainer/roles/taskFaults.ts";
import { UnusableTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";

export interface Tokens {
  readonly stakeToken: string;
  readonly stakeDecimals: number;
  readonly rewardDecimals: number;
}

/** What a sponsor expects of a seat, as chances. */
export interface Expectation {
  readonly dropout: number;
  readonly corruption: number;
}

export interface Plan {
  readonly rules: TaskRules;
  /** The largest number that a sum can reach, as a part of what a lane holds. */
  readonly laneUse: number;
  readonly perRound: bigint;
  readonly budget: bigint;
  readonly longestRound: number;
  readonly masked?: {
    readonly cohorts: number;
    readonly seats: number;
    readonly threshold: number;
    readonly odds: CohortOdds;
  };
}

/** @throws what rulesOf throws, SumCouldOverflowError among it: with what would fit. */
export function planOf(file: TaskFile, sponsor: string, tokens: Tokens, { dropout, corruption }: Expectation): Plan {
  const rules = rulesOf(file, sponsor, tokens);
  const { cohorts, trim, maxTrainers, minTrainers, maxWeight, shareThreshold: threshold } = rules;
  const perRound = roundPay(rules);
  const plan = {
    ...{ rules, perRound, budget: BigInt(rules.rounds) * perRound, longestRound: longestRound(rules) },
    laneUse: largestSum({ maxTrainers, cohorts, trim, maxWeight, ...file.fixedPoint }) / SUM_LIMIT,
  };
  if (rules.privacy !== "masked") return plan;
  const seats = maxTrainers / cohorts;
  const odds = cohortOdds({
    ...{ cohorts, trim, seats, threshold, minTrainers, corruption },
    dropout: { beforeCommit: dropout, afterCommit: dropout },
  });
  return { ...plan, masked: { cohorts, seats, threshold, odds } };
}

/** What is wrong with a file of which planOf threw this. */
export function faultOf(error: unknown): TaskFault | undefined {
  const isOfFile =
    error instanceof SumCouldOverflowError || error instanceof UnusableFixedPoint || error instanceof UnusableTaskFile;
  return isOfFile ? error.fault : undefined;
}
