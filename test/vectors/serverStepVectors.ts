// Steps by each server rule: ordinary ones, the ends of the range, exact halves, and quotients so near a half that doubles
// cannot tell to which side they are to be rounded.
import { createRandom } from "../../trainer/learning/random.ts";
import type { Random } from "../../trainer/learning/random.ts";
import type { ServerState, StepRule } from "../../trainer/protocol/serverStep.ts";
import { randomLanes } from "../support/seededRandom.ts";
import { referenceModelRoot, referenceStep } from "./reference.ts";

const MAX = 0x7fffffff;
const MIN = -0x80000000;
const HALF = 2 ** 15;
const ONE = 2 ** 16;
const MOST = ONE - 1;
const AVERAGE: StepRule = {
  rule: "FedAvg",
  serverRate: 0,
  momentum: 0,
  secondMomentum: 0,
  adaptivity: 0,
  fractionBits: 20,
};
/** Rate 1, nine tenths kept, as far as 16 bits can say. */
const MOMENTUM: StepRule = { ...AVERAGE, rule: "FedAvgM", serverRate: ONE, momentum: 58_982 };
/** Rate 0.01, moments 0.9 and 0.99, tau 0.001. */
const ADAM: StepRule = { ...MOMENTUM, rule: "FedAdam", serverRate: 655, secondMomentum: 64_881, adaptivity: 1049 };

interface StepCase {
  readonly rule: StepRule;
  readonly model: Int32Array;
  readonly moments?: Int32Array[];
  readonly sum: Int32Array;
  readonly divisor: number;
}

/** What serverStep.json holds. */
export function serverStepVectors() {
  const random = createRandom("Foedus vectors: server step");
  const zeros = new Int32Array(8);
  const ends = Int32Array.of(MAX, MIN, MAX, MIN, MAX, MIN, 0, -1);
  const pushed = Int32Array.of(1, -1, MAX, MIN, MIN, MAX, MAX, MIN);
  const hostile = {
    rule: "FedAdam",
    serverRate: 2 ** 32 - 1,
    momentum: MOST,
    adaptivity: 1,
    fractionBits: 30,
  } as const;
  const average = [
    ["halves go away from zero", zeros, Int32Array.of(1, -1, 3, -3, 5, -5, 2, -2), 2],
    ["odd divisor", zeros, Int32Array.of(1, -1, 2, -2, 4, -4, 5, -5), 3],
    ["weight one", Int32Array.of(5, 5, -5, -5, 0, 0, 1, -1), Int32Array.of(1, -1, 1, -1, 0, 9, -9, 1), 1],
    ["saturates at both ends", ends, pushed, 1],
    [
      "the largest divisor",
      zeros,
      Int32Array.of(MAX, MIN, 1 << 30, -(1 << 30), (1 << 30) - 1, 1 - (1 << 30), 1, -1),
      2 ** 31,
    ],
    ["random", randomLanes(random, 64), randomLanes(random, 64), 1984],
  ] as const;
  const cases: [string, StepCase][] = [
    ...average.map(([name, model, sum, divisor]): [string, StepCase] => [
      `FedAvg: ${name}`,
      { rule: AVERAGE, model, sum, divisor },
    ]),
    [
      "Uniform: random",
      {
        rule: { ...AVERAGE, rule: "Uniform" },
        model: randomLanes(random, 16),
        sum: randomLanes(random, 16),
        divisor: 7,
      },
    ],
    [
      "FedAvgM: without momentum and at rate 1 it is FedAvg",
      { rule: { ...MOMENTUM, momentum: 0 }, model: zeros, moments: [ends], sum: average[0][2], divisor: 2 },
    ],
    [
      "FedAvgM: what is kept rounds towards zero, so a moment dies out",
      {
        rule: { ...MOMENTUM, momentum: MOST },
        model: zeros,
        moments: [Int32Array.of(1, -1, 2, -2, ONE, -ONE, ONE + 1, 0)],
        sum: zeros,
        divisor: 1,
      },
    ],
    [
      "FedAvgM: steps of half a lane go away from zero",
      {
        rule: { ...MOMENTUM, serverRate: HALF },
        model: Int32Array.of(0, 0, 10, 10, -10, -10, 0, 0),
        moments: [zeros],
        sum: Int32Array.of(1, -1, 3, -3, 5, -5, 2, -2),
        divisor: 1,
      },
    ],
    [
      "FedAvgM: saturates at both ends",
      {
        rule: { ...MOMENTUM, serverRate: 2 ** 32 - 1, momentum: MOST },
        model: ends,
        moments: [ends.toReversed()],
        sum: pushed,
        divisor: 1,
      },
    ],
    [
      "FedAvgM: the largest divisor",
      { rule: MOMENTUM, model: zeros, moments: [zeros], sum: average[4][2], divisor: 2 ** 31 },
    ],
    ["FedAvgM: next to a half, where doubles cannot tell", nextToHalf()],
    [
      "FedAvgM: random",
      {
        rule: MOMENTUM,
        model: randomLanes(random, 64),
        moments: [randomLanes(random, 64)],
        sum: randomLanes(random, 64),
        divisor: 1984,
      },
    ],
    ["FedAdam: zero stays zero", { rule: ADAM, model: ends, moments: [zeros, zeros], sum: zeros, divisor: 1 }],
    [
      "FedAdam: the first step from fresh moments",
      {
        rule: ADAM,
        model: zeros,
        moments: [zeros, zeros],
        sum: Int32Array.of(1, -1, 100, -100, 1 << 20, -(1 << 20), MAX, MIN),
        divisor: 16,
      },
    ],
    [
      "FedAdam: steps of half a lane go away from zero",
      {
        // m' = 2^8 mean and u' = 2^8 |mean|, so that one is half of the other and tau, for a mean of 1
        rule: { ...ADAM, serverRate: HALF, momentum: 0, secondMomentum: 0, adaptivity: 1, fractionBits: 1 },
        model: Int32Array.of(0, 0, 10, 10, -10, -10, 0, 0),
        moments: [zeros, zeros],
        sum: Int32Array.of(1, -1, 1, -1, 1, -1, 3, -3),
        divisor: 1,
      },
    ],
    [
      "FedAdam: a root of half a unit goes up",
      {
        // sqrt(u^2 + 3 d^2) / 2, where u^2 + 3 d^2 is the square of an odd number or next to one.
        rule: { ...ADAM, secondMomentum: 2 ** 14, adaptivity: 1 },
        model: zeros,
        moments: [zeros, Int32Array.of(1, 3, 49_151, 49_150, 49_152, 1_966_079_999, 1_966_079_999, 2)],
        sum: Int32Array.of(0, 0, 1, 1, 1, 200, -200, 0),
        divisor: 1,
      },
    ],
    ["FedAdam: next to a half, where doubles cannot tell", adamNextToHalf()],
    [
      "FedAdam: a root next to half a unit, where doubles cannot tell",
      {
        // The root is 1570140390.5 and 1.4e-8 more; its double is below 1570140390.5.
        rule: { ...ADAM, secondMomentum: 1623 },
        model: zeros,
        moments: [zeros, new Int32Array(8).fill(1_084_305_282)],
        sum: zeros.map((_, i) => (i % 2 === 0 ? 6_173_963 : -6_173_963)),
        divisor: 1,
      },
    ],
    [
      "FedAdam: the largest rates and the smallest tau",
      {
        rule: { ...hostile, secondMomentum: 0 },
        model: ends,
        moments: [ends.toReversed(), zeros],
        sum: pushed,
        divisor: 1,
      },
    ],
    [
      "FedAdam: moments at the ends",
      { rule: { ...hostile, secondMomentum: MOST }, model: zeros, moments: [ends, ends], sum: pushed, divisor: 1 },
    ],
    [
      "FedAdam: the largest tau",
      {
        rule: { ...ADAM, adaptivity: 2 ** 32 - 1, fractionBits: 1 },
        model: ends,
        moments: [pushed, ends],
        sum: pushed,
        divisor: 2 ** 31,
      },
    ],
    [
      "FedAdam: random",
      {
        rule: ADAM,
        model: randomLanes(random, 64),
        moments: [randomLanes(random, 64), randomLanes(random, 64)],
        sum: randomLanes(random, 64),
        divisor: 1984,
      },
    ],
    [
      "FedAdam: random and small",
      {
        rule: ADAM,
        model: randomLanes(random, 64),
        moments: [smallLanes(random, 64), smallLanes(random, 64).map(Math.abs)],
        sum: smallLanes(random, 64),
        divisor: 31,
      },
    ],
    ...(["FedYogi", "FedAdagrad"] as const).flatMap((rule): [string, StepCase][] => {
      const adaptive: StepRule = { ...ADAM, rule, secondMomentum: rule === "FedYogi" ? ADAM.secondMomentum : 0 };
      const mean = Int32Array.of(1, -1, 100, -100, 1 << 20, -(1 << 20), MAX, MIN);
      const roots = Int32Array.of(255, 256, 257, 25_600, MAX, 1 << 28, MAX, 0);
      return [
        [
          `${rule}: the first step from fresh moments`,
          { rule: adaptive, model: zeros, moments: [zeros, zeros], sum: mean, divisor: 1 },
        ],
        [
          `${rule}: roots above, at and below the update`,
          { rule: adaptive, model: ends, moments: [zeros, roots], sum: mean, divisor: 1 },
        ],
        [
          `${rule}: random`,
          {
            rule: adaptive,
            model: randomLanes(random, 64),
            moments: [randomLanes(random, 64), randomLanes(random, 64).map((lane) => Math.abs(lane >> 8))],
            sum: randomLanes(random, 64).map((lane) => lane >> 4),
            divisor: 1984,
          },
        ],
      ];
    }),
  ];
  return cases.map(([name, { rule, model, moments = [], sum, divisor }]) => {
    const state = { model, moments };
    const next = referenceStep(rule, state, sum, divisor);
    return {
      name,
      rule,
      divisor,
      state: plain(state),
      sum: [...sum],
      next: plain(next),
      roots: [referenceModelRoot(state), referenceModelRoot(next)],
    };
  });

  function plain({ model, moments }: ServerState) {
    return { model: [...model], moments: moments.map((lanes) => [...lanes]) };
  }
}

/**
 * Steps whose quotient is a half and a few 2^-24 more or less, of a product that has more digits than a double. The
 * moment m that the rule is to step by is the solution of rate * m = 2^23 + off (mod 2^24).
 */
function nextToHalf(): StepCase {
  const rate = 2 ** 31 - 17;
  let inverse = 1n;
  for (let bits = 0; bits < 5; bits++) inverse = BigInt.asUintN(24, inverse * (2n - BigInt(rate) * inverse));
  const wanted = [-2n, -1n, 0n, 1n, 2n, -1n, 0n, 1n].map((off, i) => {
    const m = Number(BigInt.asUintN(24, inverse * (2n ** 23n + off)));
    return i < 5 ? m : -m;
  });
  const rule = { ...MOMENTUM, serverRate: rate, momentum: MOST };
  const zeros = new Int32Array(8);
  return { rule, model: zeros, moments: [beforeDecay(wanted)], sum: zeros, divisor: 1 };
}

/** The same for FedAdam: 4294684549 * 1077868057 / (250 + 2184130733 * 2^8) is above a half by 2^-33, its double below. */
function adamNextToHalf(): StepCase {
  const numbers = { serverRate: 4_294_684_549, adaptivity: 2_184_130_733, fractionBits: 16 };
  const rule = { ...ADAM, ...numbers, momentum: MOST, secondMomentum: MOST };
  const zeros = new Int32Array(8);
  const first = beforeDecay(
    [0, 1, -1, 2, -2, 3, -3, 0].map((off) => (off < 0 ? -1 : 1) * (1_077_868_056 + Math.abs(off))),
  );
  return { rule, model: zeros, moments: [first, new Int32Array(8).fill(250)], sum: zeros, divisor: 1 };
}

/** The moments of which these are left when 65535 of 65536 parts are kept. */
function beforeDecay(wanted: readonly number[]): Int32Array {
  return Int32Array.from(wanted, (m) => m + Math.sign(m) * Math.ceil(Math.abs(m) / MOST));
}

function smallLanes(random: Random, length: number): Int32Array {
  return Int32Array.from({ length }, () => random.below(2001) - 1000);
}
