import { expect } from "chai";
import { MAX_DIVISOR, SERVER_RULES, freshState, momentCount, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerState, StepRule } from "../../trainer/protocol/serverStep.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { randomStepRule } from "../support/randomStepRule.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceStep } from "../vectors/reference.ts";

const MAX = 0x7fffffff;
const MIN = -0x80000000;
const ONE = 2 ** 16;

const FED_AVG: StepRule = {
  rule: "FedAvg",
  serverRate: 0,
  momentum: 0,
  secondMomentum: 0,
  adaptivity: 0,
  fractionBits: 20,
};
const MOMENTUM = Math.round(0.9 * ONE) / ONE;
const SECOND_MOMENTUM = Math.round(0.99 * ONE) / ONE;
const FED_AVG_M: StepRule = { ...FED_AVG, rule: "FedAvgM", serverRate: ONE, momentum: MOMENTUM * ONE };
const FED_ADAM: StepRule = {
  ...FED_AVG_M,
  rule: "FedAdam",
  serverRate: Math.round(0.02 * ONE),
  secondMomentum: SECOND_MOMENTUM * ONE,
  adaptivity: 1049, // 0.001
};

describe("serverStep: FedAvg and Uniform", () => {
  it("add the mean, halves away from zero", () => {
    const model = Int32Array.of(100, 100, 100, 100, -100, -100);
    const sum = Int32Array.of(10, 11, -10, -11, 1, -1);
    const next = [105, 106, 95, 94, -99, -101];
    expect([...averageStep(model, sum, 2)]).to.deep.equal(next);
    const uniform = serverStep({ ...FED_AVG, rule: "Uniform" }, freshState("Uniform", model), sum, 2);
    expect([...uniform.model]).to.deep.equal(next);
  });

  it("round every small quotient as the reference does", () => {
    const sum = Int32Array.from({ length: 401 }, (_, i) => i - 200);
    const state = freshState("FedAvg", new Int32Array(401));
    for (let weight = 1; weight <= 40; weight++) {
      const expected = referenceStep(FED_AVG, state, sum, weight);
      expect(serverStep(FED_AVG, state, sum, weight), `weight ${weight}`).to.deep.equal(expected);
    }
  });

  it("are exact over the whole range of lanes and weights", () => {
    const random = seededRandom("whole range");
    for (let i = 0; i < 200; i++) {
      const weight = i % 4 === 0 ? MAX_DIVISOR - random.below(3) : 1 + random.below(2 ** (1 + random.below(31)));
      const state = freshState("FedAvg", randomLanes(random, 100));
      // Multiples of half the weight and their neighbours, where a division that rounds would show.
      const sum = randomLanes(random, 100).map((lane, k) =>
        k % 2 === 0 ? lane : Math.trunc(((lane % 1000) * weight) / 2) + random.below(3) - 1,
      );
      const expected = referenceStep(FED_AVG, state, sum, weight);
      expect(serverStep(FED_AVG, state, sum, weight), `weight ${weight}`).to.deep.equal(expected);
    }
  });

  it("saturate at both ends of the range", () => {
    const next = averageStep(Int32Array.of(MAX, MIN, MAX, MIN, 1), Int32Array.of(1, -1, MAX, MIN, MAX), 1);
    expect([...next]).to.deep.equal([MAX, MIN, MAX, MIN, MAX]);
  });

  function averageStep(model: Int32Array, sum: Int32Array, divisor: number): Int32Array {
    return serverStep(FED_AVG, freshState("FedAvg", model), sum, divisor).model;
  }
});

describe("serverStep: FedAvgM", () => {
  it("follows the paper on a quadratic, within rounding", () => {
    let moment = 0;
    const lanesOff = furthestFromPaper(FED_AVG_M, (mean) => {
      moment = MOMENTUM * moment + mean;
      return moment;
    });
    // Updates are whole lanes, so these cease 5 lanes before the optimum.
    expect(lanesOff).to.be.below(10);
  });

  it("is FedAvg without momentum and at rate 1", () => {
    const random = seededRandom("without momentum");
    const model = randomLanes(random, 1000);
    // Means below 2^23: beyond that the moment saturates.
    const sum = randomLanes(random, 1000);
    const state = { model, moments: [randomLanes(random, 1000)] };
    const stepped = serverStep({ ...FED_AVG_M, momentum: 0 }, state, sum, 300);
    expect(stepped.model).to.deep.equal(serverStep(FED_AVG, freshState("FedAvg", model), sum, 300).model);
  });
});

describe("serverStep: FedAdam", () => {
  it("follows the paper on a quadratic, within rounding", () => {
    const tau = FED_ADAM.adaptivity / 2 ** FED_ADAM.fractionBits;
    let [first, second] = [0, 0];
    const lanesOff = furthestFromPaper(FED_ADAM, (mean) => {
      first = MOMENTUM * first + (1 - MOMENTUM) * mean;
      second = SECOND_MOMENTUM * second + (1 - SECOND_MOMENTUM) * mean ** 2;
      return ((FED_ADAM.serverRate / ONE) * first) / (Math.sqrt(second) + tau);
    });
    // Near the optimum a lane more in a moment is up to 0.02 * 2^20 / 1049 = 20 lanes more in the step.
    expect(lanesOff).to.be.below(50);
  });
});

describe("serverStep: every rule", () => {
  for (const rule of SERVER_RULES) {
    it(`agrees with the reference on any numbers of the rule: ${rule}`, () => {
      const random = seededRandom(`steps by ${rule}`);
      for (let i = 0; i < 300; i++) {
        const chosen = randomStepRule(random, rule);
        const state = randomState(random, chosen, 32);
        const sum = randomVector(random, 32);
        const divisor = 1 + random.below(2 ** random.below(32));
        const stepped = serverStep(chosen, state, sum, divisor);
        const expected = referenceStep(chosen, state, sum, divisor);
        expect(stepped, JSON.stringify({ ...chosen, divisor })).to.deep.equal(expected);
      }
    });

    it(`comes to rest once updates cease: ${rule}`, () => {
      // Moments that rounded to themselves would move the model by a lane or more each round.
      const chosen = { ...FED_ADAM, rule, serverRate: 4 * ONE, momentum: Math.round(0.99 * ONE) };
      const none = new Int32Array(4);
      let state = freshState(rule, none);
      state = serverStep(chosen, state, Int32Array.of(1, -1, 1 << 20, -(1 << 20)), 1);
      for (let round = 0; round < 3000; round++) state = serverStep(chosen, state, none, 1);
      expect(serverStep(chosen, state, none, 1).model).to.deep.equal(state.model);
    });

    it(`leaves a model at rest when it is fresh and the sum is zero: ${rule}`, () => {
      const random = seededRandom(`at rest under ${rule}`);
      const state = freshState(rule, randomLanes(random, 100));
      for (let i = 0; i < 20; i++) {
        const chosen = randomStepRule(random, rule);
        expect(serverStep(chosen, state, new Int32Array(100), 1 + random.below(100))).to.deep.equal(state);
      }
    });

    it(`leaves state and sum as they were: ${rule}`, () => {
      const state = { model: Int32Array.of(1), moments: freshState(rule, Int32Array.of(1)).moments };
      const sum = Int32Array.of(2);
      serverStep(randomStepRule(seededRandom(`unchanged by ${rule}`), rule), state, sum, 1);
      expect([state, [...sum]]).to.deep.equal([freshState(rule, Int32Array.of(1)), [2]]);
    });
  }

  it("is exact where quotients lie next to a half", () => {
    const random = seededRandom("next to halves");
    for (let i = 0; i < 200; i++) {
      // With u = |d| and m = d: the step is a quotient of small numbers times a power of two, often a half.
      const chosen = {
        ...FED_ADAM,
        serverRate: 2 ** random.below(32) - random.below(2),
        momentum: 0,
        secondMomentum: random.below(2) === 0 ? 0 : 2 ** 14,
        adaptivity: 1 + random.below(40),
        fractionBits: 1 + random.below(30),
      };
      const state = { model: new Int32Array(64), moments: [new Int32Array(64), new Int32Array(64).fill(49_151)] };
      const sum = Int32Array.from({ length: 64 }, (_, k) => k - 32);
      const expected = referenceStep(chosen, state, sum, 1);
      expect(serverStep(chosen, state, sum, 1), JSON.stringify(chosen)).to.deep.equal(expected);
    }
  });

  it("refuses vectors of different lengths and divisors out of range", () => {
    const short = freshState("FedAvg", new Int32Array(2));
    expect(() => serverStep(FED_AVG, short, new Int32Array(3), 1)).to.throw(RangeError, "2 lanes and the sum 3");
    const mixed = { model: new Int32Array(2), moments: [new Int32Array(3)] };
    expect(() => serverStep(FED_AVG_M, mixed, new Int32Array(2), 1)).to.throw(RangeError, "2 lanes and a moment 3");
    for (const divisor of [0, -1, 1.5, NaN, 2 ** 31 + 1]) {
      expect(() => serverStep(FED_AVG, short, new Int32Array(2), divisor)).to.throw(RangeError, "divisor is");
    }
  });

  it("refuses the state of another rule", () => {
    const state = freshState("FedAvgM", new Int32Array(2));
    expect(() => serverStep(FED_AVG, state, new Int32Array(2), 1)).to.throw(RangeError, "FedAvg keeps 0 moments");
    expect(() => serverStep(FED_ADAM, state, new Int32Array(2), 1)).to.throw(RangeError, "FedAdam keeps 2 moments");
  });

  it("refuses numbers that no task can have", () => {
    const wrong: Partial<StepRule>[] = [
      { serverRate: 2 ** 32 },
      { serverRate: -1 },
      { momentum: ONE },
      { secondMomentum: 0.5 },
      { adaptivity: 0 },
      { adaptivity: 2 ** 32 },
      { fractionBits: 31 },
    ];
    const state = freshState("FedAdam", new Int32Array(1));
    for (const numbers of wrong) {
      const step = () => serverStep({ ...FED_ADAM, ...numbers }, state, new Int32Array(1), 1);
      expect(step, JSON.stringify(numbers)).to.throw(RangeError, "must be an integer from");
    }
  });
});

/**
 * How many lanes the integers stray, in 300 rounds, from the same rule in real numbers. Updates are steps of descent on
 * 1/2 (x - 1)^2, from x = 0. Checks that both get there.
 *
 * @param move The paper's rule with moments of its own: how far a mean update moves the model.
 */
function furthestFromPaper(rule: StepRule, move: (mean: number) => number): number {
  const unit = 2 ** rule.fractionBits;
  const [rate, clients] = [0.1, 8];
  let state = freshState(rule.rule, new Int32Array(1));
  let paper = 0;
  let furthest = 0;
  for (let round = 0; round < 300; round++) {
    const update = Math.round(rate * (unit - state.model[0]!));
    state = serverStep(rule, state, Int32Array.of(clients * update), clients);
    paper += move(rate * (1 - paper));
    furthest = Math.max(furthest, Math.abs(paper * unit - state.model[0]!));
  }
  expect(paper, "the paper's rule at its end").to.be.closeTo(1, 0.001);
  expect(state.model[0]! / unit, "the integers at their end").to.be.closeTo(1, 0.001);
  return furthest;
}

function randomState(random: Random, { rule }: StepRule, length: number): ServerState {
  const moments = Array.from({ length: momentCount(rule) }, () => randomVector(random, length));
  return { model: randomVector(random, length), moments };
}

/** Lanes all over the range, or small ones. */
function randomVector(random: Random, length: number): Int32Array {
  const width = 2 ** (1 + random.below(20));
  return random.below(2) === 0
    ? randomLanes(random, length)
    : Int32Array.from({ length }, () => random.below(2 * width) - width);
}
