import { expect } from "chai";
import {
  PHASES,
  cohortCount,
  fallenOutIn,
  isCohortDone,
  isOver,
  nextPhase,
  tick,
} from "../../trainer/protocol/roundClock.ts";
import type { ClockRules, CohortClock, Phase, RoundClock } from "../../trainer/protocol/roundClock.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";

const RULES: ClockRules = {
  privacy: "sealed",
  minTrainers: 2,
  minSummed: 2,
  maxTrainers: 8,
  cohorts: 0,
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
  minSummed: 4,
  cohorts: 1,
  shareThreshold: 3,
  shareSeconds: 30,
  recoverSeconds: 40,
};

/** Of four seats each, and none can spare one. */
const TWO_COHORTS: ClockRules = { ...MASKED, cohorts: 2 };

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
      "Idle,Entering,Drawing,Sharing,Committing,Agreeing,Revealing,Recovering,Attesting,Blaming,Aggregating,Proposed,Final,Void",
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

  it("goes on from Attesting with minSummed, and to it only with minTrainers", () => {
    const rules = { ...RULES, minTrainers: 3, minSummed: 1 };
    expect(at(aRound({ phase: "Attesting", revealed: 1 }), 1_000, rules)).to.deep.equal(["Aggregating", 1_070]);
    expect(at(aRound({ phase: "Attesting", revealed: 0 }), 1_000, rules)).to.deep.equal(["Void", 1_000]);
    expect(at(aRound({ phase: "Revealing", revealed: 2 }), 1_000, rules)).to.deep.equal(["Void", 1_000]);
  });

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

  for (const [what, rules] of Object.entries({ sealed: RULES, masked: MASKED, "in two cohorts": TWO_COHORTS })) {
    it(`comes to the same whenever it is looked at in between, and never goes back (${what})`, () => {
      const random = seededRandom("clock");
      for (let trial = 0; trial < 500; trial++) {
        const round = aRound({
          phase: PHASES[random.below(PHASES.length)]!,
          endsAt: random.below(1_000),
          ...counters(random, rules),
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

/** A cohort of four that has come as far as in `phase` everybody can have. */
function aCohortIn(phase: Phase | "unmasked", changes: Partial<CohortClock> = {}): CohortClock {
  const far = COHORT_STEPS.indexOf(phase);
  const has = (step: (typeof COHORT_STEPS)[number]) => far > COHORT_STEPS.indexOf(step);
  return {
    size: 4,
    shared: has("Sharing") ? 4 : 0,
    committed: has("Committing") ? 4 : 0,
    isAgreed: has("Agreeing"),
    seeds: has("Revealing") ? 4 : 0,
    isUnmasked: has("Revealing"),
    isSpoilt: false,
    ...changes,
  };
}
const COHORT_STEPS: readonly (Phase | "unmasked")[] = ["Sharing", "Committing", "Agreeing", "Revealing", "unmasked"];

describe("The clock of a masked round", () => {
  const done = aCohortIn("unmasked");
  const outcomes: [Phase, Partial<RoundClock>, Partial<RoundClock>, Phase, number][] = [
    ["Entering", { entered: 4 }, { entered: 3 }, "Sharing", 1_030],
    ["Sharing", one({ shared: 4 }), one({ shared: 3 }), "Committing", 1_100],
    ["Committing", one({ shared: 4, committed: 4 }), one({ shared: 4, committed: 3 }), "Agreeing", 1_020],
    ["Agreeing", { cohorts: [aCohortIn("Revealing")] }, { cohorts: [aCohortIn("Agreeing")] }, "Revealing", 1_050],
    ["Revealing", inReveal(3), inReveal(2), "Recovering", 1_040],
    ["Recovering", { cohorts: [done] }, inReveal(3), "Aggregating", 1_070],
  ];
  for (const [phase, enough, tooLittle, following, endsAt] of outcomes) {
    it(`ends ${phase} in ${following} with enough, in Void with one too few`, () => {
      expect(at(aRound({ phase, ...enough }), 1_000, MASKED)).to.deep.equal([following, endsAt]);
      expect(at(aRound({ phase, ...tooLittle }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
    });
  }

  it("needs no recovery when everything is known, however many have revealed themselves", () => {
    for (const revealed of [0, 4]) {
      const known = aRound({ phase: "Revealing", cohorts: [done], revealed });
      expect(at(known, 1_000, MASKED)).to.deep.equal(["Aggregating", 1_070]);
    }
  });

  it("is over when the sharing ends in which nobody shared", () => {
    expect(at(aRound({ phase: "Sharing", entered: 4 }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
  });

  it("ends Proposed in Final, but in Void once the only sum is blamed, and knows no Attesting", () => {
    const everybody = { entered: 4, committed: 4, revealed: 4, cohorts: [done] };
    expect(at(aRound({ phase: "Proposed", ...everybody }), 1_000, MASKED)).to.deep.equal(["Final", 1_000]);
    expect(at(aRound({ phase: "Aggregating", ...everybody }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
    const blamed = { ...everybody, cohorts: [{ ...done, isSpoilt: true }] };
    expect(at(aRound({ phase: "Blaming", ...blamed }), 1_000, MASKED)).to.deep.equal(["Void", 1_000]);
  });

  function one(changes: Partial<CohortClock>): Partial<RoundClock> {
    return { cohorts: [aCohortIn("Sharing", changes)] };
  }

  function inReveal(seeds: number): Partial<RoundClock> {
    return { cohorts: [aCohortIn("Revealing", { seeds })] };
  }
});

describe("The clock of a round with several cohorts", () => {
  const whole = aCohortIn("unmasked");
  const fallen: Readonly<Record<string, CohortClock>> = {
    Sharing: aCohortIn("Sharing", { shared: 3 }),
    Committing: aCohortIn("Committing", { committed: 3 }),
    Agreeing: aCohortIn("Agreeing"),
    Revealing: aCohortIn("Revealing", { seeds: 2 }),
    Blaming: aCohortIn("unmasked", { isSpoilt: true }),
  };

  it("makes as few cohorts as hold everybody, and never more than the task has", () => {
    const made = [0, 1, 4, 5, 8].map((entered) => cohortCount(entered, TWO_COHORTS));
    expect(made).to.deep.equal([1, 1, 1, 2, 2]);
    expect([6, 7, 12, 13, 18].map((entered) => cohortCount(entered, { cohorts: 3, maxTrainers: 18 }))).to.deep.equal([
      ...[1, 2, 2, 3, 3],
    ]);
    expect(cohortCount(5, { ...MASKED, maxTrainers: 5 }), "of one").to.equal(1);
  });

  it("needs enough trainers for every cohort that they are drawn into", () => {
    const after = (entered: number) => at(aRound({ entered }), 1_000, TWO_COHORTS);
    expect(after(4), "one cohort").to.deep.equal(["Drawing", 1_030]);
    // Five would be drawn into two, of which neither could be large enough.
    for (const entered of [5, 6, 7]) expect(after(entered)).to.deep.equal(["Void", 1_000]);
    expect(after(8)).to.deep.equal(["Drawing", 1_030]);
  });

  it("is void when nobody draws the cohorts", () => {
    expect(at(aRound({ phase: "Drawing", entered: 8 }), 1_000, TWO_COHORTS)).to.deep.equal(["Void", 1_000]);
  });

  it("tells in which phase a cohort has fallen out, or that it is in the sum", () => {
    for (const [phase, cohort] of Object.entries(fallen)) expect(fallenOutIn(cohort, TWO_COHORTS)).to.equal(phase);
    expect(fallenOutIn(whole, TWO_COHORTS)).to.equal("Final");
  });

  for (const [phase, following, endsAt] of [
    ["Sharing", "Committing", 1_100],
    ["Committing", "Agreeing", 1_020],
    ["Agreeing", "Revealing", 1_050],
    ["Revealing", "Aggregating", 1_070],
    ["Recovering", "Aggregating", 1_070],
    ["Blaming", "Aggregating", 1_070],
  ] as const) {
    it(`ends ${phase} in ${following} as long as one cohort can go on, whatever the other has fallen out in`, () => {
      const lasts = Object.entries(fallen).filter(([out]) => PHASES.indexOf(out as Phase) <= PHASES.indexOf(phase));
      expect(lasts).not.to.deep.equal([]);
      for (const [out, cohort] of lasts) {
        const both = (other: CohortClock) => at(aRound({ phase, cohorts: [cohort, other] }), 1_000, TWO_COHORTS);
        expect(both(whole), out).to.deep.equal([following, endsAt]);
        expect(both(cohort), `both in ${out}`).to.deep.equal(["Void", 1_000]);
      }
    });
  }

  it("recovers for any cohort that enough have revealed in, even when another needs it not", () => {
    const rebuildable = aCohortIn("Revealing", { seeds: 3 });
    for (const cohorts of [
      [whole, rebuildable],
      [rebuildable, fallen["Sharing"]!],
      [fallen["Revealing"]!, rebuildable],
    ]) {
      expect(at(aRound({ phase: "Revealing", cohorts }), 1_000, TWO_COHORTS)).to.deep.equal(["Recovering", 1_040]);
    }
    const hopeless = { phase: "Revealing", cohorts: [fallen["Revealing"]!, fallen["Agreeing"]!] } as const;
    expect(at(aRound(hopeless), 1_000, TWO_COHORTS)).to.deep.equal(["Void", 1_000]);
  });

  it("waits for nobody in a cohort in which all have acted, or too few to go on", () => {
    const waits = (phase: Phase, cohort: CohortClock) => !isCohortDone(cohort, phase, TWO_COHORTS);
    expect(waits("Sharing", fallen["Sharing"]!), "three of four have shared").to.equal(true);
    expect(waits("Sharing", aCohortIn("Committing"))).to.equal(false);
    expect(waits("Committing", fallen["Sharing"]!)).to.equal(false);
    expect(waits("Committing", fallen["Committing"]!)).to.equal(true);
    expect(waits("Committing", aCohortIn("Agreeing"))).to.equal(false);
    expect(waits("Agreeing", fallen["Committing"]!)).to.equal(false);
    expect(waits("Agreeing", fallen["Agreeing"]!)).to.equal(true);
    expect(waits("Agreeing", aCohortIn("Revealing"))).to.equal(false);
    for (const phase of ["Revealing", "Recovering"] as const) {
      expect(waits(phase, fallen["Agreeing"]!)).to.equal(false);
      expect(waits(phase, fallen["Revealing"]!)).to.equal(true);
      expect(waits(phase, whole)).to.equal(false);
    }
  });
});

function counters(random: Random, rules: ClockRules): Partial<RoundClock> {
  const entered = random.below(rules.maxTrainers + 1);
  const cohorts = Array.from({ length: cohortCount(entered, rules) }, () =>
    aCohortIn(COHORT_STEPS[random.below(COHORT_STEPS.length)]!, {
      shared: random.below(5),
      committed: random.below(5),
      seeds: random.below(5),
      isSpoilt: random.below(4) === 0,
    }),
  );
  const committed = random.below(entered + 1);
  return { entered, committed, revealed: random.below(committed + 1), cohorts };
}
