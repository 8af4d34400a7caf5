/** How far the cohorts of a masked round have come, where a task has several. */
import { summedCohorts } from "./roundState.ts";
import type { RoundState } from "./roundState.ts";

export interface CohortProgress {
  readonly cohort: number;
  /** How many seats are in it, and how many of them have come how far; `members` are the updates agreed on. */
  readonly seats: number;
  readonly shared: number;
  readonly committed: number;
  readonly members: number;
  readonly isSummed: boolean;
}

/** What each cohort has done; none before they are drawn. */
export function cohortProgress(round: RoundState): CohortProgress[] {
  const summed = summedCohorts(round).map(({ cohort }) => cohort);
  return (round.cohorts ?? []).map(({ size, shared, committed, set }, cohort) => ({
    ...{ cohort, seats: size, shared, committed },
    ...{ members: set?.members.length ?? 0, isSummed: summed.includes(cohort) },
  }));
}
