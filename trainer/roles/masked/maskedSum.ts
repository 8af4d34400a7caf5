/** The sum of one masked round, for whoever follows the task: of each cohort by itself, and of all of them by the task's rule. */
import { cohortRounds, divisorOfSeats, summedCohorts } from "../../chain/taskState.ts";
import type { RoundState } from "../../chain/taskState.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import { rankedSum } from "../../protocol/laneRanks.ts";
import type { Sample } from "../../protocol/judgement.ts";
import type { Party } from "../party.ts";
import type { RoundSum } from "../roundSum.ts";
import type { Traffic } from "../traffic.ts";
import { createCohortSum } from "./cohortSum.ts";
import type { CohortSum } from "./cohortSum.ts";

/** `complete` also gives a cohort's own sum, asked about its round (`cohortRounds`). */
export function createMaskedSum(
  party: Pick<Party, "deployment" | "opened" | "log" | "signal">,
  traffic: Traffic,
  stopwatch: Stopwatch,
  round: number,
  sample?: Sample,
): RoundSum {
  const { rules } = party.opened;
  const sums: CohortSum[] = [];
  /** Of these cohorts' sums. */
  let whole: { readonly of: readonly Int32Array[]; readonly sum: Int32Array } | undefined;

  function sumOf(cohort: RoundState): CohortSum {
    const index = cohort.cohort ?? 0;
    return (sums[index] ??= createCohortSum(party, traffic, stopwatch, round, sample));
  }

  function sumOfAll(state: RoundState): Int32Array | undefined {
    const cohorts = summedCohorts(state);
    const parts = cohorts.flatMap((cohort) => {
      const sum = sumOf(cohort).complete(cohort);
      return sum === undefined ? [] : [{ sum, divisor: divisorOfSeats(rules, cohort, cohort.set?.members ?? []) }];
    });
    const [only] = parts;
    if (only === undefined || parts.length < cohorts.length) return undefined;
    if (rules.cohorts === 1) return only.sum;
    const isSame = whole?.of.length === parts.length && parts.every(({ sum }, i) => sum === whole?.of[i]);
    if (whole === undefined || !isSame) {
      whole = { of: parts.map(({ sum }) => sum), sum: rankedSum(parts, rules.trim) };
    }
    return whole.sum;
  }

  return {
    round,
    unavailable: () => new Set(sums.flatMap((sum) => [...sum.unavailable()])),
    malformed: () => new Map(),
    has: (seat) => sums.some((sum) => sum.has(seat)),

    async collect(state) {
      let hasNew = false;
      for (const cohort of cohortRounds(state)) hasNew = (await sumOf(cohort).collect(cohort)) || hasNew;
      return hasNew;
    },

    lacks: (state) => summedCohorts(state).some((cohort) => sumOf(cohort).lacks(cohort)),

    complete: (state) => (state.cohort === undefined ? sumOfAll(state) : sumOf(state).complete(state)),
  };
}
