import { expect } from "chai";
import { beginsAnew, isFresh, stalenessOf } from "../../trainer/roles/ownPace.ts";
import type { PacedRun } from "../../trainer/roles/ownPace.ts";

const MOST = 2;
const run: PacedRun = { key: "a", completed: 3 };
const after = (completed: number) => ({ completed });

describe("training at the own pace", () => {
  it("counts the rounds that became final since it began", () => {
    expect([3, 4, 6].map((completed) => stalenessOf(run, after(completed)))).to.deep.equal([0, 1, 3]);
  });

  it("goes into a round as long as its model is not too old, and into one only", () => {
    expect(isFresh(run, after(5), MOST)).to.equal(true);
    expect(isFresh(run, after(6), MOST)).to.equal(false);
    expect(isFresh({ ...run, usedIn: 9 }, after(3), MOST)).to.equal(false);
    expect(isFresh(undefined, after(3), MOST)).to.equal(false);
  });

  it("begins anew when its update is too old, or the round that it is in is over", () => {
    const now = (completed: number, current: number) => ({ completed, current });
    expect(beginsAnew(undefined, now(0, 1), MOST)).to.equal(true);
    expect(beginsAnew(run, now(5, 6), MOST)).to.equal(false);
    expect(beginsAnew(run, now(6, 7), MOST)).to.equal(true);
    const used = { ...run, usedIn: 6 };
    expect(beginsAnew(used, now(5, 6), MOST)).to.equal(false);
    expect(beginsAnew(used, now(6, 7), MOST), "it was final").to.equal(true);
    expect(beginsAnew(used, now(5, 7), MOST), "it was void").to.equal(true);
  });
});
