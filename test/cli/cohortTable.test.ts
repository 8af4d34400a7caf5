import { expect } from "chai";
import { cohortTable } from "../../trainer/cli/cohortTable.ts";

describe("The table of cohorts", () => {
  it("has a line for each, and says whose updates are in the sum", () => {
    const all = { seats: 3, shared: 3, committed: 3, members: 3 };
    const cohorts = [
      { cohort: 0, ...all, isSummed: true },
      { cohort: 1, ...all, committed: 2, members: 2, isSummed: false },
    ];
    expect(cohortTable(cohorts)).to.deep.equal([
      "cohort  seats  shared  committed  agreed on",
      "0       3      3       3          3          in the sum",
      "1       3      3       2          2",
    ]);
    expect(cohortTable([])).to.deep.equal([]);
  });
});
