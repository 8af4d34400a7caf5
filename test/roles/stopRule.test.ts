import { expect } from "chai";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { createStopRule, isAtRest, movementOf } from "../../trainer/roles/stopRule.ts";
import type { Stop } from "../../trainer/roles/stopRule.ts";
import { RULES, START, after, finalises, opens, proposes, seenAt } from "./aTask.ts";
import { aCohort } from "./memoryStore.ts";

/** The task after these rounds; those that are not final are void. */
function task(rounds: number, isVoid: (round: number) => boolean = () => false): TaskState {
  return after(
    Array.from({ length: rounds }, (_, i) => i + 1).flatMap((round) => [
      opens(round, START + 1_000 * round),
      ...(isVoid(round)
        ? [{ name: "RoundVoided", round, endedIn: "Entering" } as const]
        : [proposes(round, 0), finalises(round)]),
    ]),
    { ...RULES, rounds: 20 },
  );
}

describe("rule for stopping", () => {
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  before(async () => void (cohort = await aCohort(1)));
  const lost = new Set<number>();
  const asked: number[] = [];
  afterEach(() => {
    lost.clear();
    asked.length = 0;
  });

  /** `moves[r]`: by how much round r moves a model of length 1,000. */
  function rule(stop: Stop | undefined, moves: Readonly<Record<number, number>>) {
    const final = async (_: TaskState, round: number) => {
      asked.push(round);
      if (lost.has(round)) throw new Error("nobody has it");
      const way = Array.from({ length: round }, (_, i) => moves[i + 1] ?? 0).reduce((a, b) => a + b, 0);
      return Int32Array.of(1_000, way, 0);
    };
    return createStopRule(stop, { final }, cohort.party(1));
  }

  it("measures how far the model went, in parts of its length", () => {
    expect(movementOf(Int32Array.of(3, 4), Int32Array.of(3, 5))).to.equal(0.2);
    expect(movementOf(Int32Array.of(3, 4), Int32Array.of(3, 4))).to.equal(0);
    expect(movementOf(Int32Array.of(0, 0), Int32Array.of(0, 0))).to.equal(0);
    expect(movementOf(Int32Array.of(0, 0), Int32Array.of(1, 0))).to.equal(Infinity);
    const far = 2 ** 31 - 1;
    expect(movementOf(Int32Array.of(-far - 1), Int32Array.of(far))).to.be.greaterThan(1);
  });

  it("is fulfilled after so many quiet rounds in a row, and near one round before", async () => {
    const stop = rule({ movement: 0.01, rounds: 3 }, { 1: 500, 2: 3, 3: 30, 4: 2, 5: 1, 6: 4 });
    const seen: [boolean, boolean][] = [];
    for (let rounds = 0; rounds <= 6; rounds++) {
      await stop.follow(task(rounds));
      seen.push([stop.isReached, stop.isNear]);
    }
    expect(seen.map(([reached]) => reached)).to.deep.equal([false, false, false, false, false, false, true]);
    expect(seen.map(([, near]) => near)).to.deep.equal([false, false, false, false, false, true, true]);
    expect(Math.round(1e4 * (stop.movement ?? 0))).to.be.within(30, 45);
  });

  it("is the same for who comes late, and passes over void rounds", async () => {
    const moves = { 1: 500, 3: 1, 4: 1 };
    const late = rule({ movement: 0.01, rounds: 2 }, moves);
    await late.follow(task(5, (round) => round === 2 || round === 5));
    expect(late.isReached).to.equal(true);
    expect(new Set(asked)).to.deep.equal(new Set([1, 3, 4]));
    asked.length = 0;
    await late.follow(task(5, (round) => round === 2 || round === 5));
    expect(asked, "each round is measured once").to.deep.equal([]);
  });

  it("may be fulfilled after any round where one is enough", async () => {
    const one = rule({ movement: 0.01, rounds: 1 }, { 1: 1 });
    await one.follow(task(0));
    expect([one.isReached, one.isNear]).to.deep.equal([false, true]);
    await one.follow(task(1));
    expect(one.isReached).to.equal(true);
  });

  it("does not stop for a round whose model nobody has", async () => {
    lost.add(2);
    const stop = rule({ movement: 0.01, rounds: 2 }, {});
    await stop.follow(task(3));
    expect(stop.isReached).to.equal(false);
    await stop.follow(task(5));
    expect(stop.isReached).to.equal(true);
  });

  it("never stops a task that has none", async () => {
    const none = rule(undefined, {});
    await none.follow(task(4));
    expect([none.isReached, none.isNear]).to.deep.equal([false, false]);
    expect(asked).to.deep.equal([]);
  });

  it("is said to have ended a task in whose round nobody sits", () => {
    const stop = { movement: 0.1, rounds: 1 };
    const empty = after([opens(1), proposes(1, 0), finalises(1), opens(2, START + 2_000)]);
    const over = seenAt(empty, START + 2_000 + RULES.enterSeconds);
    expect(isAtRest(over, stop)).to.equal(true);
    expect(isAtRest(over, undefined)).to.equal(false);
    expect(isAtRest(empty, stop)).to.equal(false);
  });
});
