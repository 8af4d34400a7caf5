import { expect } from "chai";
import type { RoundState } from "../../trainer/chain/taskState.ts";
import {
  cohortRoundOf,
  cohortRounds,
  countedSeats,
  divisorOf,
  droppedSeats,
  rewardOf,
  roundNow,
  roundOf,
  sharedSeats,
  summedCohorts,
} from "../../trainer/chain/taskState.ts";
import {
  START,
  account,
  after,
  allEnter,
  blames,
  commitsMasked,
  draws,
  finalises,
  fixes,
  opens,
  proposes,
  revealsSeed,
  seenAt,
  shares,
} from "../roles/aTask.ts";
import { MASKED_RULES } from "../roles/masked/aMaskedRound.ts";

describe("A round with several cohorts", () => {
  const rules = { ...MASKED_RULES, cohorts: 3, maxTrainers: 12, trim: 1 };
  const ROSTERS = [
    [0, 5, 7],
    [1, 3, 8],
    [2, 4, 6],
  ] as const;
  const SEATS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const entered = [opens(1), ...allEnter(1, SEATS)];
  const drawn = [...entered, { ...draws(1, ROSTERS), at: START + rules.enterSeconds + 1 }];
  const committed = [...drawn, ...SEATS.map((seat) => shares(1, seat)), ...SEATS.map((seat) => commitsMasked(1, seat))];
  const agreed = [...committed, ...ROSTERS.map((roster) => fixes(1, roster))];
  const revealed = [...agreed, ...SEATS.map((seat) => revealsSeed(1, seat, 0))];
  const round = (events: Parameters<typeof after>[0]) => roundNow(after(events, rules));

  it("has no cohorts before they are drawn, and nobody is in one", () => {
    const drawing = roundNow(seenAt(after(entered, rules), START + rules.enterSeconds));
    expect(drawing.phase).to.equal("Drawing");
    expect(cohortRounds(drawing)).to.deep.equal([]);
    expect(cohortRoundOf(drawing, account(1))).to.equal(undefined);
    expect(countedSeats(drawing)).to.deep.equal([]);
  });

  it("is as many rounds, each with its own seats and set only", () => {
    const rounds = cohortRounds(round(agreed));
    expect(rounds.map(({ cohort }) => cohort)).to.deep.equal([0, 1, 2]);
    for (const [index, cohort] of rounds.entries()) {
      expect([...cohort.seats.keys()]).to.deep.equal(ROSTERS[index]);
      expect(sharedSeats(cohort)).to.deep.equal(ROSTERS[index]);
      expect(cohort.set?.members).to.deep.equal(ROSTERS[index]);
      expect(cohort.cohorts).to.have.length(1);
      expect(droppedSeats(cohort)).to.deep.equal([]);
    }
  });

  it("is one of them for who sits in it, and a cohort's round is its own only cohort", () => {
    const all = round(agreed);
    const own = cohortRoundOf(all, account(3 + 1));
    expect(own?.cohort).to.equal(1);
    expect(cohortRounds(own!)).to.deep.equal([own]);
    expect(cohortRoundOf(own!, account(3 + 1))).to.equal(own);
    expect(cohortRoundOf(own!, account(0 + 1)), "who is in another").to.equal(undefined);
    expect(cohortRoundOf(all, account(99))).to.equal(undefined);
  });

  it("fixes a set in one cohort, and strikes in that one only whom it leaves out", () => {
    const after = round([...committed, fixes(1, [3, 8])]);
    const status = (seat: number) => after.seats.get(seat)?.status;
    expect(ROSTERS[1].map(status)).to.deep.equal(["Struck", "Committed", "Committed"]);
    expect([...ROSTERS[0], ...ROSTERS[2]].map(status)).to.deep.equal(Array(6).fill("Committed"));
    expect(droppedSeats(cohortRounds(after)[1]!)).to.deep.equal([1]);
  });

  it("sums cohorts whose masks are off, and no others; the divisor is how many means are left", () => {
    const indices = (of: RoundState) => summedCohorts(of).map(({ cohort }) => cohort);
    const one = round([...agreed, ...ROSTERS[2].map((seat) => revealsSeed(1, seat, 2))]);
    expect(indices(one)).to.deep.equal([2]);
    expect(countedSeats(one)).to.deep.equal(ROSTERS[2]);
    const all = round(revealed);
    expect([indices(all), countedSeats(all), divisorOf(rules, all)]).to.deep.equal([[0, 1, 2], SEATS, 1]);
    expect(divisorOf({ ...rules, trim: 0 }, all), "weights of ten").to.equal(90);
    expect(divisorOf({ ...rules, trim: 0, serverRule: "Uniform" }, all)).to.equal(9);
    const endsAt = START + 10_000;
    const blamed = round([...revealed, proposes(1, 0), blames(1, 1, endsAt)]);
    expect(blamed).to.deep.include({ phase: "Blaming", blamed: { cohort: 1, endsAt } });
    expect([indices(blamed), countedSeats(blamed)]).to.deep.equal([
      [0, 2],
      [0, 2, 4, 5, 6, 7],
    ]);
    expect([divisorOf(rules, blamed), divisorOf({ ...rules, trim: 0 }, blamed)]).to.deep.equal([2, 60]);
  });

  it("pays nobody of a cohort that is not in the sum", () => {
    const endsAt = START + 10_000;
    const events = [
      ...revealed,
      proposes(1, 0),
      blames(1, 0, endsAt),
      { ...proposes(1, 2), at: endsAt + 1 },
      { ...finalises(1), at: endsAt + 100 },
    ];
    const final = roundOf(after(events, rules), 1);
    expect(final.phase).to.equal("Final");
    const paid = SEATS.filter((seat) => rewardOf(final, seat) > 0n);
    expect(paid).to.deep.equal([1, 2, 3, 4, 6, 8]);
    expect(rewardOf(final, 99)).to.equal(0n);
  });
});
