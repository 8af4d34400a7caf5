import { expect } from "chai";
import { cohortOdds, cohortOddsText } from "../../trainer/protocol/cohortOdds.ts";
import type { CohortExpectation } from "../../trainer/protocol/cohortOdds.ts";
import { seededRandom } from "../support/seededRandom.ts";

const EIGHT: CohortExpectation = {
  ...{ cohorts: 1, trim: 0, seats: 8, threshold: 6, minTrainers: 6 },
  ...{ dropout: { beforeCommit: 0.05, afterCommit: 0.05 }, corruption: 0.1 },
};

const NAMES = ["cohortLost", "voidRound", "rebuilt", "singledOut", "exposure", "swayed"] as const;

describe("cohort odds", () => {
  const random = seededRandom("cohort odds");

  /** Cohorts by trimming by seats: all that can be gone through in a short time. */
  const SMALL = [
    ...([1, 2, 3, 4, 5] as const).map((seats) => [1, 0, seats] as const),
    ...([
      [2, 0, 2],
      [3, 0, 1],
      [3, 1, 1],
      [4, 1, 1],
      [5, 1, 1],
      [5, 2, 1],
      [3, 1, 2],
    ] as const),
  ] as const;
  for (const [cohorts, trim, seats] of SMALL) {
    it(`equal those of going through every way in which ${cohorts} cohorts of ${seats} can behave, with ${trim} trimmed`, () => {
      const thresholds = cohorts * seats < 6 ? Array.from({ length: seats }, (_, i) => i + 1) : [seats];
      for (const threshold of thresholds) {
        for (const minTrainers of new Set([Math.min(3, seats), seats])) {
          const [beforeCommit, afterCommit, corruption] = [random.uniform(), random.uniform(), random.uniform()];
          const dropout = { beforeCommit, afterCommit };
          const expectation = { cohorts, trim, seats, threshold, minTrainers, dropout, corruption };
          const [own, all] = [cohortOdds(expectation), everyWay(expectation)];
          // Thousands of ways are added up, each product rounded.
          for (const name of NAMES) expect(own[name], name).to.be.closeTo(all[name], 1e-10);
        }
      }
    });
  }

  for (const [cohorts, trim] of [
    [1, 0],
    [4, 1],
    [5, 1],
  ] as const) {
    it(`agree with chance for ${cohorts} large cohorts, drawn from all who have entered`, () => {
      const expectation: CohortExpectation = {
        ...{ cohorts, trim, seats: 32, threshold: 17, minTrainers: 17 },
        ...{ dropout: { beforeCommit: 0.3, afterCommit: 0.25 }, corruption: cohorts === 1 ? 0.45 : 0.02 },
      };
      const trials = 40_000 / cohorts;
      const seen = { cohortLost: 0, voidRound: 0, rebuilt: 0, singledOut: 0, exposure: 0, swayed: 0 };
      for (let trial = 0; trial < trials; trial++) {
        const entered = Array.from({ length: cohorts * 32 }, () => ({
          corrupt: random.uniform() < expectation.corruption,
          commits: random.uniform() >= expectation.dropout.beforeCommit,
          stays: random.uniform() >= expectation.dropout.afterCommit,
          place: random.uniform(),
        }));
        const drawn = entered.sort((a, b) => a.place - b.place);
        const happened = outcome(expectation, drawn);
        for (const name of NAMES) if (happened[name]) seen[name]++;
      }
      const odds = cohortOdds(expectation);
      for (const name of NAMES) {
        const deviation = Math.sqrt(trials * odds[name] * (1 - odds[name])) + 1;
        expect(Math.abs(seen[name] - trials * odds[name]), name).to.be.lessThan(6 * deviation);
      }
      expect(odds.cohortLost).to.be.within(0.1, 0.99);
      expect(odds[cohorts === 1 ? "rebuilt" : "swayed"]).to.be.within(0.1, 0.99);
    });
  }

  it("show only one honest trainer where the fewest of a round are one more than the corrupt", () => {
    expect(cohortOdds({ ...EIGHT, minTrainers: 7 }).singledOut, "six in a sum of seven are a threshold").to.equal(0);
    expect(cohortOdds(EIGHT).singledOut).to.be.greaterThan(0);
  });

  it("are nothing without dropouts and corruption, and certain with nothing else", () => {
    const none = { ...EIGHT, dropout: { beforeCommit: 0, afterCommit: 0 }, corruption: 0 };
    for (const cohorts of [1, 4]) {
      expect(Object.values(cohortOdds({ ...none, cohorts }))).to.deep.equal(NAMES.map(() => 0));
      const all = { ...EIGHT, cohorts, dropout: { beforeCommit: 1, afterCommit: 0 }, corruption: 1 };
      expect(cohortOdds(all)).to.deep.include({ cohortLost: 1, voidRound: 1, rebuilt: 1, exposure: 1, swayed: 0 });
    }
  });

  it("keep their digits where they are tiny", () => {
    const tiny = { ...EIGHT, seats: 32, threshold: 32, minTrainers: 32, corruption: 1e-3 };
    expect(cohortOdds(tiny).rebuilt / 1e-96).to.be.closeTo(1, 1e-9);
    expect(cohortOdds({ ...tiny, cohorts: 4 }).rebuilt / 4e-96).to.be.closeTo(1, 1e-9);
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

  it("are told of several cohorts with what becomes of some of them, and of who may sway their means", () => {
    const four = { ...EIGHT, cohorts: 4, trim: 1, corruption: 0.01 };
    const text = cohortOddsText(four).join("\n");
    expect(text).to.include("all 32 seats in 4 cohorts taken, threshold 6, at least 6 trainers in each");
    expect(text).to.match(
      /void {6}[\d.e-]+ % \(every cohort is lost: fewer than 6 .*; at least one is with [\d.]+ %\)/,
    );
    expect(text).to.match(/exposure {2}[\d.e-]+ % \(in some cohort 6 or more are corrupt: /);
    expect(text).to.match(/swayed {4}[\d.e-]+ % \(more cohorts have a corrupt seat, .*: 1 of 4 at either end\)/);
    expect(cohortOddsText({ ...four, trim: 0 }).join()).not.to.include("swayed");
  });

  for (const [name, change] of [
    ["cohorts", { cohorts: 0 }],
    ["trim", { cohorts: 4, trim: 2 }],
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

interface Behaviour {
  readonly corrupt: boolean;
  readonly commits: boolean;
  readonly stays: boolean;
}

/** What becomes of one round, told seat by seat, cohort after cohort. */
function outcome(expectation: CohortExpectation, round: readonly Behaviour[]): Record<(typeof NAMES)[number], boolean> {
  const { cohorts, trim, seats } = expectation;
  const told = Array.from({ length: cohorts }, (_, c) =>
    cohortOutcome(expectation, round.slice(c * seats, (c + 1) * seats)),
  );
  const summed = told.filter(({ lost }) => !lost);
  const leftOut = summed.length > 2 * trim ? trim : Math.floor((summed.length - 1) / 2);
  return {
    cohortLost: told.some(({ lost }) => lost),
    voidRound: summed.length === 0,
    rebuilt: told.some(({ rebuilt }) => rebuilt),
    singledOut: told.some(({ singledOut }) => singledOut),
    exposure: told.some(({ rebuilt, singledOut }) => rebuilt || singledOut),
    swayed: summed.length > 0 && summed.filter(({ isCorrupt }) => isCorrupt).length > leftOut,
  };
}

function cohortOutcome({ threshold, minTrainers }: CohortExpectation, cohort: readonly Behaviour[]) {
  const committed = cohort.filter(({ commits }) => commits);
  const left = committed.filter(({ stays }) => stays);
  const corrupt = cohort.filter((seat) => seat.corrupt).length;
  const honest = committed.filter((seat) => !seat.corrupt).length;
  const isEnough = (count: number) => count >= minTrainers && count >= threshold;
  return {
    lost: !isEnough(committed.length) || left.length < threshold,
    rebuilt: corrupt >= threshold,
    singledOut: corrupt < threshold && honest === 1 && isEnough(corrupt + honest),
    isCorrupt: corrupt > 0,
  };
}

function everyWay(expectation: CohortExpectation) {
  const { cohorts, seats, dropout, corruption } = expectation;
  const odds = { cohortLost: 0, voidRound: 0, rebuilt: 0, singledOut: 0, exposure: 0, swayed: 0 };
  for (let way = 0; way < 8 ** (cohorts * seats); way++) {
    let chance = 1;
    const behaviours = Array.from({ length: cohorts * seats }, (_, seat): Behaviour => {
      const bits = (way >> (3 * seat)) & 7;
      const [corrupt, commits, stays] = [(bits & 1) === 1, (bits & 2) === 2, (bits & 4) === 4];
      chance *= corrupt ? corruption : 1 - corruption;
      chance *= commits ? 1 - dropout.beforeCommit : dropout.beforeCommit;
      chance *= stays ? 1 - dropout.afterCommit : dropout.afterCommit;
      return { corrupt, commits, stays };
    });
    const happened = outcome(expectation, behaviours);
    for (const name of NAMES) if (happened[name]) odds[name] += chance;
  }
  return odds;
}
