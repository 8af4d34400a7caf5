import { expect } from "chai";
import { epsilonAfter } from "../../trainer/privacy/accountant.ts";
import { NoiseDoesNotFit } from "../../trainer/privacy/differentialPrivacy.ts";
import {
  noisePlanOf,
  privacyCovers,
  privacyPlanText,
  privacyScopeText,
  privacySpent,
  privacySpentText,
  roundsRisked,
} from "../../trainer/roles/privacySpent.ts";
import {
  RULES,
  START,
  account,
  after,
  allEnter,
  commits,
  commitsMasked,
  draws,
  finalises,
  fixes,
  opens,
  proposes,
  reveals,
  revealsSeed,
  seenAt,
  shares,
} from "./aTask.ts";
import { MASKED_RULES } from "./masked/aMaskedRound.ts";

const SEATS = [0, 1, 2];
/** Two rounds cost 4.42, three 5.58. */
const DP = { clipNorm: 0.1, noiseMultiplier: 1.5, delta: 1e-5, maxEpsilon: 5 };
const MAX_ROUNDS = 2;

/** Seats 0 and 1 (accounts 1 and 2) commit in every round, seat 2 (account 3) only sits in it. */
const committed = (round: number, at: number) => [
  { ...opens(round, at), at },
  ...allEnter(round, SEATS),
  { ...commits(round, 0), at: at + RULES.enterSeconds },
  commits(round, 1),
];
const REVEALING_SINCE = RULES.enterSeconds + RULES.commitSeconds;
const final = (round: number, at: number) => [
  ...committed(round, at),
  { ...reveals(round, 0, 1), at: at + REVEALING_SINCE + 1 },
  reveals(round, 1, 1),
  { ...proposes(round, 1), at: at + 300 },
  { ...finalises(round), at: at + 400 },
];
const voids = (round: number, endedIn: "Committing" | "Revealing" | "Aggregating", at: number) =>
  ({ name: "RoundVoided", round, endedIn, at }) as const;

describe("privacy spent", () => {
  it("is nothing before a sum could be known", () => {
    const none = after([opens(1), ...allEnter(1, SEATS)]);
    expect(privacySpent(none, DP)).to.deep.include({ rounds: 0, epsilon: 0, delta: 1e-5 });
    expect(privacySpent(after(committed(1, START)), DP).rounds).to.equal(0);
  });

  it("counts a round as soon as its updates are revealed, and once it is final", () => {
    const revealing = seenAt(after(committed(1, START)), START + REVEALING_SINCE + 1);
    expect(privacySpent(revealing, DP).rounds).to.equal(1);
    const two = after([...final(1, START), ...final(2, START + 1_000)]);
    expect(privacySpent(two, DP)).to.deep.equal({
      ...{ rounds: 2, epsilon: epsilonAfter(2, DP), delta: 1e-5 },
      ...{ maxEpsilon: 5, maxRounds: MAX_ROUNDS },
    });
  });

  it("counts a void round if its sum could be known, and only then", () => {
    const voided = (endedIn: "Committing" | "Revealing" | "Aggregating") =>
      privacySpent(after([...committed(1, START), voids(1, endedIn, START + 900)]), DP).rounds;
    expect([voided("Committing"), voided("Revealing"), voided("Aggregating")]).to.deep.equal([0, 1, 1]);
  });

  it("counts a round that became void by the clock if enough had committed", () => {
    const late = START + 10_000;
    expect(privacySpent(seenAt(after(committed(1, START)), late), DP).rounds).to.equal(1);
    expect(privacySpent(seenAt(after(committed(1, START).slice(0, -1)), late), DP).rounds).to.equal(0);
  });

  it("risks of an account are the rounds it committed in and the one it sits in", () => {
    const state = after([...final(1, START), ...committed(2, START + 1_000)]);
    expect(roundsRisked(state, account(1))).to.equal(2);
    expect(roundsRisked(state, account(3)), "it never committed, but may yet").to.equal(1);
    expect(roundsRisked(state, account(9))).to.equal(0);
    expect(roundsRisked(state, account(1), 2), "before round 2").to.equal(1);
  });

  it("lets nobody into the round that would pass the ceiling", () => {
    const state = after([...final(1, START), ...committed(2, START + 1_000)]);
    const covers = (trainer: number, round: number) => privacyCovers(state, DP, account(trainer), round);
    expect(epsilonAfter(MAX_ROUNDS, DP)).to.be.at.most(5);
    expect(epsilonAfter(MAX_ROUNDS + 1, DP)).to.be.greaterThan(5);
    expect([covers(1, 2), covers(1, 3)]).to.deep.equal([true, false]);
    expect(covers(3, 3), "who sat out has some left").to.equal(true);
  });

  it("has no ceiling unless the task says so", () => {
    const { maxEpsilon: _, ...open } = DP;
    const state = after([...final(1, START), ...final(2, START + 1_000), ...final(3, START + 2_000)]);
    expect(privacyCovers(state, open, account(1), 4)).to.equal(true);
    expect(privacyCovers(state, undefined, account(1), 4)).to.equal(true);
    expect(privacySpent(state, open)).not.to.have.property("maxRounds");
  });

  it("is told in words", () => {
    const spent = privacySpent(after(final(1, START)), DP);
    expect(privacySpentText(spent)).to.equal(
      "ε = 2.99 at δ = 0.00001 after 1 round for a trainer in all of them; at most 5, which 2 rounds reach",
    );
  });

  it("is told before a task opens, with whom it does not hold against", () => {
    const [promise, scope, noise] = privacyPlanText(DP, RULES);
    expect(promise).to.include("ε = 4.42 at δ = 0.00001 after 2 rounds");
    expect(scope).to.include("the cohort of a sealed task reads each update").and.include("colluders to 1 to hold");
    // 1.5 times the square root of 40 parameters, 2 of 4 trainers' noise counted.
    expect(noise).to.include("With all 4 trainers").and.include("about 3.4 times as long");
    expect(privacyScopeText({ ...DP, colluders: 1 }, RULES)).to.equal(
      "It holds against up to 1 of the trainers, if they pool what they know.",
    );
  });

  it("plans noise by the task's rules: by the heaviest weight, unless every trainer counts the same", () => {
    const small = { ...DP, clipNorm: 0.005 };
    const [weighted, uniform] = [noisePlanOf(small, RULES), noisePlanOf(small, { ...RULES, serverRule: "Uniform" })];
    // Whole numbers: Hardhat's matchers, when they are loaded, compare no others.
    expect(Math.round((1e6 * weighted.sensitivity) / uniform.sensitivity)).to.equal(1e6 * RULES.maxWeight);
    expect(() => noisePlanOf({ ...DP, clipNorm: 1 }, RULES)).to.throw(NoiseDoesNotFit);
  });
});

describe("privacy spent in rounds of several cohorts", () => {
  const rules = { ...MASKED_RULES, cohorts: 2, maxTrainers: 8 };
  const seats = [0, 1, 2, 3, 4, 5, 6];
  const [larger, smaller] = [
    [0, 2, 4, 6],
    [1, 3, 5],
  ] as const;
  const drawn = [
    opens(1),
    ...allEnter(1, seats),
    { ...draws(1, [larger, smaller]), at: START + rules.enterSeconds + 1 },
    ...seats.map((seat) => shares(1, seat)),
  ];
  const masked = [...drawn, ...seats.map((seat) => commitsMasked(1, seat))];
  const spent = (events: Parameters<typeof after>[0]) => privacySpent(after(events, rules), DP).rounds;

  it("is nothing while cohorts are drawn, masked and agreed on", () => {
    const drawing = seenAt(after([opens(1), ...allEnter(1, seats)], rules), START + rules.enterSeconds);
    expect(privacySpent(drawing, DP).rounds).to.equal(0);
    expect([drawn, masked, [...masked, fixes(1, larger)]].map(spent)).to.deep.equal([0, 0, 0]);
  });

  it("is one round for all of its cohorts, as soon as one of them may be summed", () => {
    const agreed = [...masked, fixes(1, larger), fixes(1, smaller)];
    expect(spent(agreed)).to.equal(1);
    const revealed = [...agreed, ...seats.map((seat) => revealsSeed(1, seat, 0))];
    expect(spent(revealed)).to.equal(1);
    expect(roundsRisked(after(revealed, rules), account(1))).to.equal(1);
  });

  it("is nothing of a round that nobody drew or that no cohort has agreed in, one of a round that was revealed in", () => {
    const ended = (endedIn: "Drawing" | "Agreeing" | "Revealing") =>
      spent([...masked, { name: "RoundVoided", round: 1, endedIn, at: START + 900 }]);
    expect([ended("Drawing"), ended("Agreeing"), ended("Revealing")]).to.deep.equal([0, 0, 1]);
  });

  it("counts who shared in a cohort that fell out, and did not commit, as having spent nothing", () => {
    const without = drawn.concat([0, 2, 4, 6, 1, 3].map((seat) => commitsMasked(1, seat)));
    const agreeing = seenAt(after(without, rules), START + rules.enterSeconds + 20 + rules.commitSeconds);
    const state = after([...without, { ...fixes(1, larger), at: agreeing.time }], rules);
    const risked = [0, 5].map((seat) => roundsRisked(state, account(seat + 1)));
    expect(risked).to.deep.equal([1, 0]);
  });
});
