/** How far the cohorts of a masked round have come, for people: a line each. */
import type { CohortProgress } from "../chain/cohortProgress.ts";
import { table } from "./print.ts";

export function cohortTable(cohorts: readonly CohortProgress[]): string[] {
  if (cohorts.length === 0) return [];
  const rows = cohorts.map(({ cohort, seats, shared, committed, members, isSummed }) => [
    ...[cohort, seats, shared, committed, members].map(String),
    isSummed ? "in the sum" : "",
  ]);
  return table([["cohort", "seats", "shared", "committed", "agreed on", ""], ...rows]);
}
