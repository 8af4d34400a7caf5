import { expect } from "chai";
import { z } from "zod";
import { cohortNumbers, cohortRuleText, cohortsSchema } from "../../trainer/roles/cohortRule.ts";

const numbersOf = (cohorts: unknown) => cohortNumbers(cohortsSchema.parse(cohorts));

/** What a section is refused with. */
function refusalOf(cohorts: unknown): string {
  const result = cohortsSchema.safeParse(cohorts);
  if (result.success) throw new Error("The section is taken.");
  return z.prettifyError(result.error);
}

describe("cohorts of a task file", () => {
  it("are one, with the mean of all updates, unless it says otherwise", () => {
    expect(cohortNumbers()).to.deep.equal({ cohorts: 1, trim: 0 });
    expect(numbersOf({})).to.deep.equal({ cohorts: 1, trim: 0 });
    expect(numbersOf({ count: 8 })).to.deep.equal({ cohorts: 8, trim: 0 });
    expect(numbersOf({ count: 8, rule: "mean" })).to.deep.equal({ cohorts: 8, trim: 0 });
  });

  it("leave out what is asked for, and for the median all but the middle", () => {
    const median = (count: number) => numbersOf({ count, rule: "median" }).trim;
    expect([3, 4, 5, 6, 7, 8].map(median)).to.deep.equal([1, 1, 2, 2, 3, 3]);
    expect(numbersOf({ count: 7, rule: "trimmedMean", trim: 2 })).to.deep.equal({ cohorts: 7, trim: 2 });
  });

  const refused: readonly [string, unknown, string, string][] = [
    ["none", { count: 0 }, "count", ">=1"],
    ["nine", { count: 9 }, "count", "<=8"],
    ["a rule that nobody knows", { count: 4, rule: "krum" }, "rule", "median"],
    ["the median of two", { count: 2, rule: "median" }, "rule", "set count to 3"],
    ["the trimmed mean of two", { count: 2, rule: "trimmedMean", trim: 1 }, "rule", "set count to 3"],
    ["a median without a number of cohorts", { rule: "median" }, "rule", "set count to 3"],
    ["a trimmed mean that does not say how much", { count: 6, rule: "trimmedMean" }, "trim", "from 1 to 2"],
    ["a trimmed mean of nothing", { count: 6, rule: "trimmedMean", trim: 3 }, "trim", "from 1 to 2"],
    ["a trimmed mean of all", { count: 6, rule: "trimmedMean", trim: 0 }, "trim", ">=1"],
    ["a mean that trims", { count: 6, trim: 1 }, "trim", "leave it out"],
    ["a median that trims", { count: 6, rule: "median", trim: 2 }, "trim", "leave it out"],
  ];
  for (const [what, section, field, fix] of refused) {
    it(`are refused as ${what}, naming ${field} and what would do`, () => {
      expect(refusalOf(section)).to.include(`at ${field}`).and.include(fix);
    });
  }

  it("are told with their rule", () => {
    expect(cohortRuleText({ cohorts: 4, trim: 0 })).to.equal("mean of all updates");
    expect(cohortRuleText({ cohorts: 4, trim: 1 })).to.equal("median of the cohorts' means");
    expect(cohortRuleText({ cohorts: 8, trim: 2 })).to.equal(
      "mean of the cohorts' means without the 2 highest and 2 lowest",
    );
  });
});
