import { expect } from "chai";
import { cohortOdds, cohortOddsText } from "../../trainer/protocol/cohortOdds.ts";
import type { CohortExpectation } from "../../trainer/protocol/cohortOdds.ts";
import { seededRandom } from "../support/seededRandom.ts";

const EIGHT: CohortExpectation = {
  ...{ seats: 8, threshold: 6, minTrainers: 6 },
  ...{ dropout: { beforeCommit: 0.05, afterCommit: 0.05 }, corruption: 0.1 },
};

describe("cohort odds", () => {
  const random = seededRandom("cohort odds");

  it("equal those of going through every way a small cohort can behave", () => {
    for (const seats of [1, 2, 3, 4, 5]) {
      for (let threshold = 1; threshold <= seats; threshold++) {
        for (const minTrainers of [1, Math.min(3, seats), seats]) {
          const [beforeCommit, afterCommit, corruption] = [random.uniform(), random.uniform(), random.uniform()];
          const cohort = { seats, threshold, minTrainers, dropout: { beforeCommit, afterCommit }, corruption };
          const [own, all] = [cohortOdds(cohort), everyWay(cohort)];
          expect(own.voidRound).to.be.closeTo(all.voidRound, 1e-12);
          expect(own.rebuilt).to.be.closeTo(all.rebuilt, 1e-12);
          expect(own.singledOut).to.be.closeTo(all.singledOut, 1e-12);
          expect(own.exposure).to.be.closeTo(all.rebuilt + all.singledOut, 1e-12);
        }
      }
    }
  });

  it("agree with chance for a large cohort", () => {
    const cohort: CohortExpectation = {
      ...{ seats: 32, threshold: 17, minTrainers: 17 },
      ...{ dropout: { beforeCommit: 0.25, afterCommit: 0.25 }, corruption: 0.45 },
    };
    const trials = 40_000;
    const seen = { voidRound: 0, rebuilt: 0, singledOut: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const happened = outcome(
        cohort,
        Array.from({ length: cohort.seats }, () => ({
          corrupt: random.uniform() < 0.45,
          commits: random.uniform() >= 0.25,
          stays: random.uniform() >= 0.25,
        })),
      );
      for (const name of NAMES) if (happened[name]) seen[name]++;
    }
    const odds = cohortOdds(cohort);
    for (const name of NAMES) {
      const deviation = Math.sqrt(trials * odds[name] * (1 - odds[name])) + 1;
      expect(Math.abs(seen[name] - trials * odds[name]), name).to.be.lessThan(6 * deviation);
    }
    expect(odds.voidRound).to.be.within(0.1, 0.9);
    expect(odds.rebuilt).to.be.within(0.1, 0.9);
  });

  it("show only one honest trainer where the fewest of a round are one more than the corrupt", () => {
    expect(cohortOdds({ ...EIGHT, minTrainers: 7 }).singledOut, "six in a sum of seven are a threshold").to.equal(0);
    expect(cohortOdds(EIGHT).singledOut).to.be.greaterThan(0);
  });

  it("are nothing without dropouts and corruption, and certain with nothing else", () => {
    const none = { ...EIGHT, dropout: { beforeCommit: 0, afterCommit: 0 }, corruption: 0 };
    expect(cohortOdds(none)).to.deep.equal({ voidRound: 0, rebuilt: 0, singledOut: 0, exposure: 0 });
    const all = { ...EIGHT, dropout: { beforeCommit: 1, afterCommit: 0 }, corruption: 1 };
    expect(cohortOdds(all)).to.deep.include({ voidRound: 1, rebuilt: 1 });
  });

  it("keep their digits where they are tiny", () => {
    const { rebuilt } = cohortOdds({ ...EIGHT, seats: 32, threshold: 32, minTrainers: 32, corruption: 1e-3 });
    expect(rebuilt / 1e-96).to.be.closeTo(1, 1e-9);
  });

  it("are told in words, with the numbers they follow from", () => {
    const text = cohortOddsText(EIGHT).join("\n");
    expect(text).to.include("all 8 seats taken, threshold 6, at least 6 trainers");
    expect(text).to.include("5 % before its commit and 5 % after it, and is corrupt with 10 %");
    expect(text).to.match(/void {6}[\d.]+ % \(fewer than 6 commit, or fewer than 6 are left\)/);
    expect(text).to.match(
      /exposure {2}[\d.e-]+ % \(6 or more are corrupt: [\d.e-]+ %; all but one in the sum: [\d.e-]+ %\)/,
    );
    expect(cohortOddsText({ ...EIGHT, corruption: 0 }).join()).to.include("exposure  0 %");
  });

  for (const [name, change] of [
    ["seats", { seats: 0 }],
    ["threshold", { threshold: 9 }],
    ["minTrainers", { minTrainers: 2.5 }],
    ["dropout before the commit", { dropout: { beforeCommit: -0.1, afterCommit: 0 } }],
    ["dropout after the commit", { dropout: { beforeCommit: 0, afterCommit: NaN } }],
    ["corruption", { corruption: 1.1 }],
  ] as const) {
    it(`refuse ${name} out of range`, () => {
      expect(() => cohortOdds({ ...EIGHT, ...change })).to.throw(RangeError, name);
    });
  }
});

const NAMES = ["voidRound", "rebuilt", "singledOut"] as const;

interface Behaviour {
  readonly corrupt: boolean;
  readonly commits: boolean;
  readonly stays: boolean;
}

/** What becomes of one round, told seat by seat. */
function outcome({ threshold, minTrainers }: CohortExpectation, cohort: readonly Behaviour[]) {
  const committed = cohort.filter(({ commits }) => commits);
  const left = committed.filter(({ stays }) => stays);
  const corrupt = cohort.filter((seat) => seat.corrupt).length;
  const honest = committed.filter((seat) => !seat.corrupt).length;
  const isEnough = (count: number) => count >= minTrainers && count >= threshold;
  return {
    voidRound: !isEnough(committed.length) || left.length < threshold,
    rebuilt: corrupt >= threshold,
    singledOut: corrupt < threshold && honest === 1 && isEnough(corrupt + honest),
  };
}

function everyWay(cohort: CohortExpectation) {
  const { seats, dropout, corruption } = cohort;
  const odds = { voidRound: 0, rebuilt: 0, singledOut: 0 };
  for (let way = 0; way < 8 ** seats; way++) {
    let chance = 1;
    const behaviours = Array.from({ length: seats }, (_, seat): Behaviour => {
      const bits = (way >> (3 * seat)) & 7;
      const [corrupt, commits, stays] = [(bits & 1) === 1, (bits & 2) === 2, (bits & 4) === 4];
      chance *= corrupt ? corruption : 1 - corruption;
      chance *= commits ? 1 - dropout.beforeCommit : dropout.beforeCommit;
      chance *= stays ? 1 - dropout.afterCommit : dropout.afterCommit;
      return { corrupt, commits, stays };
    });
    const happened = outcome(cohort, behaviours);
    for (const name of NAMES) if (happened[name]) odds[name] += chance;
  }
  return odds;
}
