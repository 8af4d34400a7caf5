import { expect } from "chai";
import { scaffold } from "../../../trainer/learning/strategies/scaffold.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import type { Memory, Vectors } from "../../../trainer/learning/strategies/strategy.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith, apart, descended, gradientOf } from "./aTask.ts";
import type { Quadratic } from "./aTask.ts";

const [STEPS, RATE] = [5, 0.1];
const CLIENTS: readonly Quadratic[] = [
  { slope: 0.5, minimum: [3, -1, 0] },
  { slope: 1, minimum: [-2, 4, 1] },
  { slope: 2, minimum: [0, 2, -5] },
  { slope: 3, minimum: [1, 1, 1] },
];
const N = CLIENTS.length;

/** Of SGD, and of SGD with momentum. */
const OPTIMISERS = [0, 0.5] as const;

describe("SCAFFOLD", () => {
  function planned(momentum: number) {
    return scaffold.plan(
      { steps: STEPS, trainers: N },
      aTaskWith({
        ...{ learningRate: RATE, trainers: { min: 1, max: N } },
        ...(momentum === 0 ? {} : { optimizer: "momentum", momentum }),
      }),
    );
  }

  /** Rounds by the strategy, in which nothing but updates travels. */
  function playRounds(rounds: readonly (readonly number[])[], momentum = 0) {
    const { local } = planned(momentum);
    let model = new Float32Array(3);
    let shared: Vectors = {};
    const own = CLIENTS.map((): Vectors => ({}));
    for (const round of rounds) {
      const from = model;
      const deltas = round.map((client) => {
        const memory: Memory = { shared, own: own[client]! };
        const correct = local?.correct?.(from, memory);
        const steps = local?.steps?.(100) ?? 0;
        const delta = descended(CLIENTS[client]!, from, { steps, rate: RATE, momentum, correct }).map(
          (y, i) => y - from[i]!,
        );
        own[client] = local?.keep?.(memory, delta) ?? {};
        return delta;
      });
      model = from.map((w, i) => w + deltas.reduce((sum, delta) => sum + delta[i]!, 0) / round.length);
      shared = local?.follow?.(shared, { from, to: model, updates: round.length }) ?? {};
    }
    return { model, c: shared["control"]!, own: own.map((vectors) => vectors["control"] ?? new Float32Array(3)) };
  }

  /** How far K steps go along a gradient of one. */
  function wayOf(momentum: number): number {
    let [way, velocity] = [0, 0];
    for (let k = 0; k < STEPS; k++) way += RATE * (velocity = momentum * velocity + 1);
    return way;
  }

  /** Algorithm 1 of the paper with option II and a server rate of 1, in doubles. */
  function textbook(rounds: readonly (readonly number[])[], momentum: number) {
    let x = [0, 0, 0];
    let c = [0, 0, 0];
    const own = CLIENTS.map(() => [0, 0, 0]);
    for (const round of rounds) {
      const [deltaY, deltaC] = [
        [0, 0, 0],
        [0, 0, 0],
      ];
      for (const client of round) {
        let [y, v] = [x, [0, 0, 0]];
        for (let k = 0; k < STEPS; k++) {
          const g = gradientOf(CLIENTS[client]!, y);
          v = v.map((value, i) => momentum * value + g[i]! - own[client]![i]! + c[i]!);
          y = y.map((value, i) => value - RATE * v[i]!);
        }
        const next = own[client]!.map((value, i) => value - c[i]! + (x[i]! - y[i]!) / wayOf(momentum));
        for (let i = 0; i < 3; i++) {
          deltaY![i]! += (y[i]! - x[i]!) / round.length;
          deltaC![i]! += next[i]! - own[client]![i]!;
        }
        own[client] = next;
      }
      x = x.map((value, i) => value + deltaY![i]!);
      c = c.map((value, i) => value + deltaC![i]! / N);
    }
    return { model: x, c, own };
  }

  const random = seededRandom("rounds of SCAFFOLD");
  const everybody = Array.from({ length: 12 }, () => [0, 1, 2, 3]);
  const some = Array.from({ length: 30 }, () => {
    const drawn = [0, 1, 2, 3].filter(() => random.below(2) === 0);
    return drawn.length === 0 ? [random.below(4)] : drawn;
  });
  for (const [who, rounds] of [
    ["everybody in each round", everybody],
    ["some in each round", some],
  ] as const) {
    it(`derives the paper's control variates from the models alone, with ${who}`, () => {
      for (const momentum of OPTIMISERS) isDerived(playRounds(rounds, momentum), textbook(rounds, momentum));
    });
  }

  function isDerived(derived: ReturnType<typeof playRounds>, reference: ReturnType<typeof textbook>): void {
    expect(apart(derived.c, reference.c)).to.be.lessThan(1e-4);
    expect(apart(derived.model, reference.model)).to.be.lessThan(1e-4);
    derived.own.forEach((own, client) => expect(apart(own, reference.own[client]!)).to.be.lessThan(1e-4));
  }

  it("ends where the sum of all is least, which averaging alone does not", () => {
    const slopes = CLIENTS.reduce((sum, { slope }) => sum + slope, 0);
    const least = [0, 1, 2].map(
      (i) => CLIENTS.reduce((sum, { slope, minimum }) => sum + slope * minimum[i]!, 0) / slopes,
    );
    const rounds = Array.from({ length: 200 }, () => [0, 1, 2, 3]);
    for (const momentum of OPTIMISERS) expect(apart(playRounds(rounds, momentum).model, least)).to.be.lessThan(1e-3);
    let averaged = new Float32Array(3);
    for (let round = 0; round < 200; round++) {
      const ends = CLIENTS.map((client) => descended(client, averaged, { steps: STEPS, rate: RATE }));
      averaged = averaged.map((_, i) => ends.reduce((sum, end) => sum + end[i]!, 0) / N);
    }
    expect(apart(averaged, least)).to.be.greaterThan(0.05);
  });

  it("averages uniformly", () => expect(planned(0).server).to.deep.equal({ rule: "Uniform" }));

  it("refuses what its control variates cannot be derived from", () => {
    const settings = { steps: 5, trainers: 10 };
    expect(() => scaffold.plan(settings, aTaskWith({ optimizer: "adam" }))).to.throw(UnsuitableStrategy, "adam");
    expect(() => scaffold.plan(settings, aTaskWith({ schedule: "linear" }))).to.throw(UnsuitableStrategy, "linear");
    expect(() => scaffold.plan({ ...settings, trainers: 9 }, aTaskWith())).to.throw(UnsuitableStrategy, "up to 10");
    expect(() => scaffold.plan({ trainers: 10 }, aTaskWith())).to.throw(UnsuitableStrategy, "steps");
  });
});
