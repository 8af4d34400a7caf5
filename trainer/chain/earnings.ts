/** What an account has earned in a task, round by round, as the folded events tell it. */
import { rewardOf, seatOf } from "./taskState.ts";
import type { TaskState } from "./taskState.ts";

export interface Earnings {
  /** The final rounds that it sat in, oldest first; what aggregating and advancing pay is not in them. */
  readonly rounds: readonly RoundEarnings[];
  /** In wei of the reward token. */
  readonly claimed: bigint;
}

export interface RoundEarnings {
  readonly round: number;
  readonly weight: number;
  /** In wei of the reward token. */
  readonly reward: bigint;
}

export function earningsOf({ rounds, claimed }: Pick<TaskState, "rounds" | "claimed">, account: string): Earnings {
  const earned = [...rounds.values()].flatMap((round) => {
    const own = seatOf(round, account);
    return own === undefined || round.result === undefined
      ? []
      : [{ round: round.number, weight: own.state.weight, reward: rewardOf(round, own.seat) }];
  });
  return { rounds: earned.sort((a, b) => a.round - b.round), claimed: claimed.get(account) ?? 0n };
}
