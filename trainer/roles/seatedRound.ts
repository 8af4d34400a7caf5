/** What a strategy is told of a round whose trainers are known. */
import type { TaskRules } from "../chain/taskRules.ts";
import { seatOf } from "../chain/taskState.ts";
import type { RoundState } from "../chain/taskState.ts";
import type { SeatedRound } from "../learning/strategies/strategy.ts";

/**
 * Everybody who has entered, in the order of seats, in whatever cohort.
 * @param staleness How many final rounds older than the round's model the one is that `account` trained on.
 * @throws Error if `account` has no seat in it.
 */
export function seatedRound(
  round: RoundState,
  { weightUnit }: Pick<TaskRules, "weightUnit">,
  account: string,
  staleness = 0,
): SeatedRound {
  const own = seatOf(round, account);
  if (own === undefined) throw new Error(`${account} has no seat in round ${round.number}.`);
  const seats = [...round.seats].sort(([a], [b]) => a - b);
  return {
    declaredRows: seats.map(([, { weight }]) => weight * weightUnit),
    seat: seats.findIndex(([seat]) => seat === own.seat),
    staleness,
  };
}
