import { expect } from "chai";
import { freshRound, freshSeat } from "../../trainer/chain/roundState.ts";
import type { CohortState, RoundState } from "../../trainer/chain/roundState.ts";
import { cohortProgress } from "../../trainer/chain/cohortProgress.ts";

/** Nine seats in three cohorts: one is in the sum, one has a secret missing, of one the sum is spoilt. */
function aRound(): RoundState {
  const set = (members: number[]) => ({ members, cohortView: `0x${"00".repeat(32)}`, time: 1, block: 1 });
  const sound = { size: 3, shared: 3, committed: 3, isAgreed: true, seeds: 3, isUnmasked: true, isSpoilt: false };
  const cohorts: CohortState[] = [
    { ...sound, roster: [0, 4, 8], set: set([0, 4, 8]) },
    { ...sound, roster: [1, 2, 3], committed: 2, set: set([1, 3]), isUnmasked: false },
    { ...sound, roster: [5, 6, 7], set: set([5, 6, 7]), isSpoilt: true },
  ];
  const seats = new Map(Array.from({ length: 9 }, (_, seat) => [seat, freshSeat(`trainer ${seat}`, 1)]));
  return { ...freshRound(1), phase: "Aggregating", seats, cohorts };
}

describe("Progress of cohorts", () => {
  it("says how many of each have come how far, and whose updates are in the sum", () => {
    const all = { seats: 3, shared: 3, committed: 3, members: 3 };
    expect(cohortProgress(aRound())).to.deep.equal([
      { cohort: 0, ...all, isSummed: true },
      { cohort: 1, ...all, committed: 2, members: 2, isSummed: false },
      { cohort: 2, ...all, isSummed: false },
    ]);
  });

  it("says nothing before they are drawn", () => {
    const { cohorts: _, ...undrawn } = aRound();
    expect(cohortProgress(undrawn)).to.deep.equal([]);
  });
});
