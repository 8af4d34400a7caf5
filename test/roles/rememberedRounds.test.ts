import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import type { LocalRule } from "../../trainer/learning/strategies/strategy.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import type { GlobalModel } from "../../trainer/roles/globalModel.ts";
import { createRememberedRounds } from "../../trainer/roles/rememberedRounds.ts";
import { openStrategyMemory } from "../../trainer/roles/strategyMemory.ts";
import { aTaskWith } from "../learning/strategies/aTask.ts";
import { RULES, START, after, finalises, proposes, upToReveals } from "./aTask.ts";
import type { Untimed } from "./aTask.ts";
import { aCohort } from "./memoryStore.ts";

const [STEPS, RATE, TRAINERS] = [4, 0.1, 6];
const LANES = 3;
const scaffold = (): LocalRule =>
  planOf(
    { name: "SCAFFOLD", steps: STEPS, trainers: TRAINERS },
    { ...aTaskWith({ learningRate: RATE }), trainers: { min: 2, max: 4 } },
  ).local!;

/** Of trainers 1 to 3, up to the reveals of a round; some are struck. */
const played = (round: number, struck: readonly number[] = []) =>
  upToReveals(round, [0, 1, 2], { at: START + 1_000 * round, struck });
const ended = (round: number): Untimed[] => [
  { ...proposes(round, 0), at: START + 1_000 * round + 200 },
  finalises(round),
];
const voided = (round: number): Untimed[] => [{ name: "RoundVoided", round, endedIn: "Attesting" }];

/** The model after a round: lane i of round r has (r + 1) (i + 1) 2^16. */
const modelAfter = (round: number) => Int32Array.from({ length: LANES }, (_, i) => (round + 1) * (i + 1) * 2 ** 16);
const real = (round: number) => dequantise(modelAfter(round), RULES.fractionBits);

describe("rounds that a strategy remembers", () => {
  let folder: string;
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  before(async () => void (cohort = await aCohort(3)));
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-remembered-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A life of trainer 1; `lost` are rounds whose models nobody has. */
  async function live(local: LocalRule | undefined, { lost = [] as number[], found = 0, index = 1 } = {}) {
    const final: GlobalModel["final"] = async (_, round) => {
      if (lost.includes(round)) throw new Error("nobody has it");
      return modelAfter(round);
    };
    const globalModel = { final } as GlobalModel;
    const journal = await openStrategyMemory(join(folder, "memory"));
    const model = { model: { round: found } } as TaskState;
    return createRememberedRounds(cohort.party(index), local, journal, globalModel, model);
  }

  /** c' = (1 - S/N) c + (S/N) (w - w') / (K rate), as the paper would have it. */
  function control(rounds: readonly { readonly from: number; readonly to: number; readonly updates: number }[]) {
    return rounds.reduce(
      (c, { from, to, updates }) =>
        c.map((value, i) => {
          const part = updates / TRAINERS;
          return (1 - part) * value + (part * (real(from)[i]! - real(to)[i]!)) / (STEPS * RATE);
        }),
      [0, 0, 0],
    );
  }
  function expectNear(vector: Float32Array | undefined, expected: readonly number[]) {
    expect(vector).to.have.length(expected.length);
    const apart = expected.map((value, i) => Math.abs(vector![i]! - value));
    expect(Math.max(...apart) < 1e-5, `${[...vector!].join()} instead of ${expected.join()}`).to.equal(true);
  }

  it("follows every final round in order, with as many updates as were in its sum", async () => {
    const events = [...played(1), ...ended(1), ...played(2), ...voided(2), ...played(3, [2]), ...ended(3)];
    const rounds = await live(scaffold());
    await rounds.follow(after([...played(1), ...ended(1)]));
    expectNear(rounds.memory.shared["control"], control([{ from: 0, to: 1, updates: 3 }]));
    await rounds.follow(after(events));
    await rounds.follow(after(events));
    const both = control([
      { from: 0, to: 1, updates: 3 },
      { from: 1, to: 3, updates: 2 },
    ]);
    expectNear(rounds.memory.shared["control"], both);
  });

  it("has the same after being killed at any time and started again, also of rounds that it slept through", async () => {
    const delta = Float32Array.of(0.1, 0.2, 0.3);
    const first = await live(scaffold());
    await first.follow(after([...played(1), ...ended(1)]));
    await first.keep(2, { delta, memory: first.memory });
    // Killed after its commitment; rounds 2 and 3 end without it.
    const events = [...played(1), ...ended(1), ...played(2), ...ended(2), ...played(3, [0]), ...ended(3)];
    const second = await live(scaffold(), { found: 3 });
    expect(second.memory.own).to.deep.equal({});
    await second.follow(after(events));
    const c1 = control([{ from: 0, to: 1, updates: 3 }]);
    expectNear(
      second.memory.own["control"],
      [...delta].map((moved, i) => -c1[i]! - moved / (STEPS * RATE)),
    );
    const all = [
      { from: 0, to: 1, updates: 3 },
      { from: 1, to: 2, updates: 3 },
      { from: 2, to: 3, updates: 2 },
    ];
    expectNear(second.memory.shared["control"], control(all));
    expect((await live(scaffold())).memory).to.deep.equal(second.memory);
  });

  for (const [what, events] of [
    ["void", [...played(1), ...voided(1)]],
    ["final without it", [...played(1, [0]), ...ended(1)]],
  ] as const) {
    it(`forgets what it kept for a round that is ${what}`, async () => {
      const rounds = await live(scaffold());
      await rounds.keep(1, { delta: Float32Array.of(1, 1, 1), memory: rounds.memory });
      await rounds.follow(after(played(1)));
      await rounds.follow(after(events));
      expect(rounds.memory.own).to.deep.equal({});
    });
  }

  it("goes on without a round whose models nobody has, and does not come back to it", async () => {
    const rounds = await live(scaffold(), { lost: [1] });
    const events = [...played(1), ...ended(1), ...played(2), ...ended(2), ...played(3), ...ended(3)];
    await rounds.follow(after(events));
    expectNear(rounds.memory.shared["control"], control([{ from: 2, to: 3, updates: 3 }]));
    const again = await live(scaffold());
    await again.follow(after(events));
    expectNear(again.memory.shared["control"], control([{ from: 2, to: 3, updates: 3 }]));
  });

  it("begins with zeros where it joins late", async () => {
    const events = [...played(1), ...ended(1), ...played(2), ...ended(2)];
    const rounds = await live(scaffold(), { found: 1 });
    await rounds.follow(after(events));
    expectNear(rounds.memory.shared["control"], control([{ from: 1, to: 2, updates: 3 }]));
  });

  it("remembers nothing for a strategy without a memory", async () => {
    const rounds = await live(undefined);
    await rounds.keep(1, { delta: Float32Array.of(1), memory: rounds.memory });
    await rounds.follow(after([...played(1), ...ended(1)]));
    expect(rounds.memory).to.deep.equal({ shared: {}, own: {} });
  });

  it("keeps what compression left of an update only once that has counted", async () => {
    const rounds = await live(undefined);
    const learned = { delta: Float32Array.of(1), memory: rounds.memory };
    const left = (round: number) => Float32Array.of(round, -round, 0.5);
    await rounds.keep(1, learned, left(1));
    expect(rounds.memory.own, "not yet").to.deep.equal({});
    const first = [...played(1), ...ended(1)];
    await rounds.follow(after(first));
    expect(rounds.memory.own).to.deep.equal({ residual: left(1) });

    const wasStruck = [...first, ...played(2, [0]), ...ended(2)];
    await rounds.keep(2, learned, left(2));
    await rounds.follow(after(wasStruck));
    expect(rounds.memory.own, "struck").to.deep.equal({ residual: left(1) });

    await rounds.keep(3, learned, left(3));
    const wasVoid = [...wasStruck, ...played(3), ...voided(3)];
    await rounds.follow(after(wasVoid));
    expect(rounds.memory.own, "void").to.deep.equal({ residual: left(1) });

    await rounds.keep(4, learned, left(4));
    const again = await live(undefined);
    expect(again.memory.own, "after a crash").to.deep.equal({ residual: left(1) });
    await again.follow(after([...wasVoid, ...played(4), ...ended(4)]));
    expect(again.memory.own).to.deep.equal({ residual: left(4) });
  });

  it("keeps it beside what the strategy keeps", async () => {
    const rounds = await live(scaffold());
    await rounds.keep(1, { delta: Float32Array.of(1, 2, 3), memory: rounds.memory }, Float32Array.of(7, 8, 9));
    await rounds.follow(after([...played(1), ...ended(1)]));
    expect(rounds.memory.own["residual"]).to.deep.equal(Float32Array.of(7, 8, 9));
    expectNear(
      rounds.memory.own["control"],
      [1, 2, 3].map((moved) => -moved / (STEPS * RATE)),
    );
  });
});
