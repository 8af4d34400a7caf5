import { expect } from "chai";
import { PHASES, isOver, nextPhase, tick } from "../../trainer/protocol/roundClock.ts";
import type { ClockRules, CohortClock, Phase, RoundClock } from "../../trainer/protocol/roundClock.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";

const RULES: ClockRules = {
  privacy: "sealed",
  minTrainers: 2,
  shareThreshold: 0,
  shareSeconds: 0,
  commitSeconds: 100,
  revealSeconds: 50,
  recoverSeconds: 0,
  attestSeconds: 20,
  proposeSeconds: 70,
};
const MASKED: ClockRules = {
  ...RULES,
  privacy: "masked",
  minTrainers: 4,
  shareThreshold: 3,
  shareSeconds: 30,
  recoverSeconds: 40,
};

const aRound = (round: Partial<RoundClock>): RoundClock => ({
  phase: "Entering",
  endsAt: 1_000,
  entered: 0,
  committed: 0,
  revealed: 0,
  ...round,
});

/** Phase and deadline at a time. */
const at = (round: RoundClock, time: number, rules = RULES) => {
  const { phase, endsAt } = tick(round, rules, time);
  return [phase, endsAt];
};

describe("The round clock", () => {
  it("names the phases in the contract's order", () => {
    expect(PHASES.join()).to.equal(
      "Idle,Entering,Sharing,Committing,Agreeing,Revealing,Recovering,Attesting,Aggregating,Proposed,Blaming,Final,Void",
    );
  });

  it("keeps a phase until the second it ends in", () => {
    const round = aRound({ entered: 2 });
    expect(at(round, 0)).to.deep.equal(["Entering", 1_000]);
    expect(at(round, 999)).to.deep.equal(["Entering", 1_000]);
    expect(at(round, 1_000)).to.deep.equal(["Committing", 1_100]);
  });

  const outcomes: [Phase, keyof RoundClock, Phase, number][] = [
    ["Entering", "entered", "Committing", 1_100],
    ["Committing", "committed", "Revealing", 1_050],
    ["Revealing", "revealed", "Attesting", 1_020],
    ["Attesting", "revealed", "Aggregating", 1_070],
  ];
  for (const [phase, counter, following, endsAt] of outcomes) {
    it(`ends ${phase} in ${following} with enough, in Void with one too few`, () => {
      expect(at(aRound({ phase, [counter]: 2 }), 1_000)).to.deep.equal([following, endsAt]);
      expect(at(aRound({ phase, [counter]: 1 }), 1_000)).to.deep.equal(["Void", 1_000]);
    });
  }

  it("ends Aggregating in Void, whoever has acted, and Proposed in Final", () => {
    const everybody = { entered: 4, committed: 4, revealed: 4 };
    expect(at(aRound({ phase: "Aggregating", ...everybody }), 1_000)).to.deep.equal(["Void", 1_000]);
    expect(at(aRound({ phase: "Proposed", ...everybody }), 1_000)).to.deep.equal(["Final", 1_000]);
  });

  it("passes through several phases, each ending at its own deadline", () => {
    const round = aRound({ phase: "Revealing", entered: 3, committed: 3, revealed: 2 });
    expect(at(round, 1_019)).to.deep.equal(["Attesting", 1_020]);
    expect(at(round, 1_020)).to.deep.equal(["Aggregating", 1_090]);
    expect(at(round, 1_000_000)).to.deep.equal(["Void", 1_090]);
  });

  for (const phase of ["Idle", "Final", "Void"] as const) {
    it(`never moves a round that is ${phase}`, () => {
      const round = aRound({ phase, entered: 3 });
      expect(tick(round, RULES, 1_000_000)).to.equal(round);
      expect(isOver(phase)).to.equal(phase !== "Idle");
    });
  }

  it("ends a phase early, counting the next one from then", () => {
    expect(nextPhase(aRound({ entered: 4 }), RULES, 700)).to.include({ phase: "Committing", endsAt: 800 });
  });

  it("keeps what else is known of the round", () => {
    const round = { ...aRound({ entered: 2 }), drawn: 3 };
    expect(tick(round, RULES, 1_000).drawn).to.equal(3);
    expect(round.phase).to.equal("Entering");
  });

  for (const rules of [RULES, MASKED]) {
    it(`comes to the same whenever it is looked at in between, and never goes back (${rules.privacy})`, () => {
      const random = seededRandom("clock");
      for (let trial = 0; trial < 500; trial++) {
        const round = aRound({
          phase: PHASES[random.below(PHASES.length)]!,
          endsAt: random.below(1_000),
          ...counters(random),
        });
        const later = random.below(2_000);
        const between = random.below(later + 1);
        const direct = tick(round, rules, later);
        expect(tick(tick(round, rules, between), rules, later)).to.deep.equal(direct);
        expect(PHASES.indexOf(direct.phase)).to.be.at.least(PHASES.indexOf(round.phase));
        if (direct.phase !== "Idle" && !isOver(direct.phase)) expect(direct.endsAt).to.be.greaterThan(later);
      }
    });
  }
});

describe("The clock of a masked round", () => {
  const cohort = (done: Partial<CohortClock> = {}): CohortClock => ({
    ...{ shared: 0, isAgreed: false, isUnmasked: false },
    ...done,
  });

  const outcomes: [Phase, Partial<RoundClock>, Partial<RoundClock>, Phase, number][] = [
    ["Entering", { entered: 4 }, { entered: 3 }, "Sharing", 1_030],
    ["Sharing", { cohort: cohort({ shared: 4 }) }, { cohort: cohort({ shared: 3 }) }, "Committing", 1_100],
    ["Committing", { committed: 4 }, { committed: 3 }, "Agreeing", 1_020],
    ["Agreeing", { cohort: cohort({ isAgreed: true }) }, { cohort: cohort() }, "Revealing", 1_050],
    ["Revealing", { revealed: 3 }, { revealed: 2 }, "Recovering", 1_040],
    ["Recovering", { cohort: cohort({ isUnmasked: true }) }, { cohort: cohort() }, "Aggregating", 1_070],
  ];
  for (const [phase, enough, tooLittle, following, endsAt] of outcomes) {
    it(`ends ${phase} in ${following} with enough, in Void with one too few`, () => {
      expect(at(aRound({ phase, ...enough }), 1_000, MASKED)).to.deep.equal([following, endsAt]);
      expect(at(aRound({ phase, ...tooLittle }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
    });
  }

  it("needs no recovery when everything is known, however many have revealed themselves", () => {
    const known = { phase: "Revealing", cohort: cohort({ isUnmasked: true }) } as const;
    for (const revealed of [0, 4]) {
      expect(at(aRound({ ...known, revealed }), 1_000, MASKED)).to.deep.equal(["Aggregating", 1_070]);
    }
  });

  it("is over when the sharing ends in which nobody shared", () => {
    expect(at(aRound({ phase: "Sharing", entered: 4 }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
  });

  it("ends Proposed in Final, but in Void once the sum is blamed, and knows no Attesting", () => {
    const everybody = { entered: 4, committed: 4, revealed: 4, cohort: cohort({ isAgreed: true, isUnmasked: true }) };
    expect(at(aRound({ phase: "Proposed", ...everybody }), 1_000, MASKED)).to.deep.equal(["Final", 1_000]);
    expect(at(aRound({ phase: "Blaming", ...everybody }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
    expect(at(aRound({ phase: "Aggregating", ...everybody }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
  });
});

function counters(random: Random): Pick<RoundClock, "entered" | "committed" | "revealed" | "cohort"> {
  const entered = random.below(8);
  const shared = random.below(entered + 1);
  const committed = random.below(entered + 1);
  const cohort = { shared, isAgreed: random.below(2) === 1, isUnmasked: random.below(2) === 1 };
  return { entered, committed, revealed: random.below(committed + 1), cohort };
}
