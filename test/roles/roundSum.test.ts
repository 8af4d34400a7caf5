import { expect } from "chai";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { RoundState } from "../../trainer/chain/taskState.ts";
import { chunkDepth, verifyChunk } from "../../trainer/protocol/chunkTree.ts";
import type { Opening } from "../../trainer/roles/journal.ts";
import { createRoundSum } from "../../trainer/roles/roundSum.ts";
import type { RoundSum } from "../../trainer/roles/roundSum.ts";
import { MalformedUpdate, sealUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { rejection } from "../learning/rejection.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { RULES, account, after, openedTask, upToReveals, word } from "./aTask.ts";
import { aCohort, impatientTraffic } from "./memoryStore.ts";

const SEATS = [0, 1, 2];

describe("round sum", () => {
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  let traffic: ReturnType<typeof impatientTraffic>;
  let deltas: Int32Array[];
  let openings: Opening[];
  let sum: RoundSum;

  before(async () => {
    cohort = await aCohort(SEATS.length);
    const random = seededRandom("updates of a round");
    const largest = 10 * RULES.bound;
    deltas = SEATS.map(() => randomLanes(random, RULES.parameters).map((lane) => lane % largest));
    openings = await Promise.all(
      SEATS.map((seat) => sealUpdate(cohort.party(seat + 1), 1, deltas[seat] as Int32Array, cohort.entries)),
    );
  });
  beforeEach(() => {
    traffic = impatientTraffic(cohort.store);
    sum = createRoundSum(cohort.party(1), traffic, createStopwatch(), 1);
  });

  /** The round after these seats have revealed and those were struck. */
  function round(revealed: readonly number[], struck: readonly number[] = []): RoundState {
    return roundOf(after(upToReveals(1, SEATS, { openings, revealed, struck })), 1);
  }

  function sumOf(seats: readonly number[]): Int32Array {
    const total = new Int32Array(RULES.parameters);
    for (const seat of seats) deltas[seat]?.forEach((lane, i) => (total[i] = (total[i] ?? 0) + lane));
    return total;
  }

  it("is complete when it has exactly what has been revealed", async () => {
    expect(sum.complete(round(SEATS))).to.equal(undefined);
    await sum.collect(round(SEATS));
    expect(sum.complete(round(SEATS))).to.deep.equal(sumOf(SEATS));
    expect([...sum.unavailable()]).to.deep.equal([]);
  });

  it("is never complete while nobody has revealed", async () => {
    await sum.collect(round([]));
    expect(sum.complete(round([]))).to.equal(undefined);
  });

  it("grows as updates are revealed, and fetches each once", async () => {
    await sum.collect(round([2]));
    expect(sum.complete(round([2]))).to.deep.equal(sumOf([2]));
    expect(sum.complete(round([2, 0]))).to.equal(undefined);
    await sum.collect(round([2, 0]));
    await sum.collect(round([2, 0, 1]));
    expect(sum.complete(round([2, 0, 1]))).to.deep.equal(sumOf(SEATS));
    expect(traffic.asked).to.have.length(3);
  });

  it("forgets a seat that was struck, and only that", async () => {
    await sum.collect(round(SEATS));
    const struck = round(SEATS, [1]);
    expect(sum.complete(struck), "the struck seat is still in it").to.equal(undefined);
    await sum.collect(struck);
    expect(sum.complete(struck)).to.deep.equal(sumOf([0, 2]));
  });

  it("needs no further fetch when a seat is struck that was not in it", async () => {
    await sum.collect(round([0, 2]));
    const struck = round(SEATS, [1]);
    expect(sum.complete(struck)).to.deep.equal(sumOf([0, 2]));
    await sum.collect(struck);
    expect(traffic.asked).to.have.length(2);
  });

  it("names a seat whose update cannot be had, goes on with the others, and takes it in when it turns up", async () => {
    const id = (openings[1] as Opening).contentId;
    const bytes = cohort.store.contents.get(id) as Uint8Array;
    cohort.store.contents.delete(id);
    cohort.said.length = 0;
    try {
      await sum.collect(round(SEATS));
      await sum.collect(round(SEATS));
    } finally {
      cohort.store.contents.set(id, bytes);
    }
    expect([...sum.unavailable()]).to.deep.equal([1]);
    expect(sum.complete(round(SEATS))).to.equal(undefined);
    expect(sum.complete(round(SEATS, [1])), "without it").to.deep.equal(sumOf([0, 2]));
    expect(
      cohort.said.filter((line) => line.includes("cannot be used")),
      "said once",
    ).to.have.length(1);

    await sum.collect(round(SEATS));
    expect([...sum.unavailable()]).to.deep.equal([]);
    expect(sum.complete(round(SEATS))).to.deep.equal(sumOf(SEATS));
  });

  it("names a seat whose update breaks the rules", async () => {
    const state = round(SEATS);
    const seats = new Map(state.seats);
    const cheat = seats.get(1);
    if (cheat?.update === undefined) throw new Error("seat 1 has revealed");
    seats.set(1, { ...cheat, update: { ...cheat.update, root: word(666) } });
    await sum.collect({ ...state, seats });
    expect([...sum.unavailable()]).to.deep.equal([1]);
  });

  it("asks for those it has not tried before those that failed", async () => {
    const id = (openings[0] as Opening).contentId;
    const bytes = cohort.store.contents.get(id) as Uint8Array;
    cohort.store.contents.delete(id);
    try {
      await sum.collect(round([0]));
      traffic.asked.length = 0;
      await sum.collect(round(SEATS));
    } finally {
      cohort.store.contents.set(id, bytes);
    }
    expect(traffic.asked.at(-1)).to.equal(id);
  });

  it("is stopped by its signal, and blames nobody for that", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    const stopped = createRoundSum({ ...cohort.party(1), signal: stop.signal }, traffic, createStopwatch(), 1);
    stop.abort(reason);
    expect(await rejection(stopped.collect(round(SEATS)))).to.equal(reason);
    expect([...stopped.unavailable()]).to.deep.equal([]);
  });

  it("fetches the others while one is withheld, and leaves that one out if it comes when it does not count any more", async () => {
    const withheld = (openings[0] as Opening).contentId;
    const [asked, given] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const slow: typeof traffic = {
      ...traffic,
      fetch: async (id, options) => {
        if (id === withheld) {
          asked.resolve(undefined);
          await given.promise;
        }
        return traffic.fetch(id, options);
      },
    };
    const own = createRoundSum(cohort.party(1), slow, createStopwatch(), 1);
    const first = own.collect(round([0]));
    await asked.promise;
    expect(await own.collect(round(SEATS))).to.equal(true);
    expect(SEATS.filter((seat) => own.has(seat))).to.deep.equal([1, 2]);
    expect(await own.collect(round(SEATS, [0]))).to.equal(false);
    given.resolve(undefined);
    await first;
    expect(own.has(0)).to.equal(false);
    expect(own.complete(round(SEATS, [0]))).to.deep.equal(sumOf([1, 2]));
  });

  it("says when it lacks something for good, and not while something has yet to be tried", async () => {
    const id = (openings[1] as Opening).contentId;
    const bytes = cohort.store.contents.get(id) as Uint8Array;
    cohort.store.contents.delete(id);
    try {
      await sum.collect(round([1]));
      expect(sum.lacks(round([1]))).to.equal(true);
      expect(sum.lacks(round(SEATS)), "two have not been tried").to.equal(false);
      await sum.collect(round(SEATS));
      expect(sum.lacks(round(SEATS))).to.equal(true);
      expect(sum.lacks(round(SEATS, [1])), "it does not count any more").to.equal(false);
    } finally {
      cohort.store.contents.set(id, bytes);
    }
    await sum.collect(round(SEATS));
    expect(sum.lacks(round(SEATS))).to.equal(false);
  });

  it("names who breaks the rules provably, with the proof, and tries that one no more", async () => {
    const malformed = (deltas[1] as Int32Array).with(33, 10 * RULES.bound + 1);
    const opening = await sealUpdate(cohort.party(2), 1, malformed, cohort.entries);
    const state = round(SEATS);
    const { root, contentKeyHash, contentId } = opening;
    const update = { root, contentKeyHash, contentId: contentId as `0x${string}` };
    const seats = new Map(state.seats).set(1, { ...state.seats.get(1)!, update });
    await sum.collect({ ...state, seats });
    await sum.collect({ ...state, seats });
    expect([...sum.unavailable()]).to.deep.equal([1]);
    expect([...sum.malformed().keys()]).to.deep.equal([1]);
    const chunk = sum.malformed().get(1)!.chunk;
    expect(chunk.index).to.equal(1);
    expect(verifyChunk(root, chunkDepth(RULES.parameters), chunk)).to.equal(true);
    expect(traffic.asked.filter((id) => id === contentId)).to.have.length(1);
    expect([...sum.malformed().values()].every((each) => each instanceof MalformedUpdate)).to.equal(true);
  });

  it("adds only the chunks of a sample", async () => {
    const sampled = createRoundSum(cohort.party(1), traffic, createStopwatch(), 1, [1]);
    await sampled.collect(round(SEATS));
    const last = sumOf(SEATS).subarray(32);
    expect([...sampled.complete(round(SEATS))!]).to.deep.equal([...last, ...Array<number>(32 - last.length).fill(0)]);
  });

  it("gives the updates themselves where a strategy compares them, and sums those that are left without fetching again", async () => {
    const compared = createRoundSum(cohort.party(1), traffic, createStopwatch(), 1, undefined, true);
    await compared.collect(round(SEATS));
    const updates = compared.updates!(round(SEATS)).sort((a, b) => a.seat - b.seat);
    expect(updates.map(({ trainer }) => trainer)).to.deep.equal(SEATS.map((seat) => account(seat + 1)));
    expect(updates.map(({ lanes }) => lanes)).to.deep.equal(deltas);
    expect(compared.complete(round(SEATS))).to.deep.equal(sumOf(SEATS));
    const asked = traffic.asked.length;
    await compared.collect(round(SEATS, [1]));
    expect(compared.complete(round(SEATS, [1]))).to.deep.equal(sumOf([0, 2]));
    expect(traffic.asked).to.have.length(asked);
  });

  it("compares also what others have struck before it came to it, so that it selects as they did", async () => {
    const late = createRoundSum(cohort.party(1), traffic, createStopwatch(), 1, undefined, true);
    await late.collect(round(SEATS, [1]));
    expect(late.updates!(round(SEATS, [1])).map(({ seat }) => seat)).to.have.members(SEATS);
    expect(late.complete(round(SEATS, [1]))).to.deep.equal(sumOf([0, 2]));
  });
});

describe("round sum of ranked updates", () => {
  const seats = [0, 1, 2, 3, 4];
  const rules: TaskRules = { ...RULES, serverRule: "Uniform", trim: 1, maxTrainers: 5, parameters: 70 };
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  let deltas: Int32Array[];
  let openings: Opening[];

  before(async () => {
    cohort = await aCohort(seats.length);
    const random = seededRandom("ranked updates of a round");
    deltas = seats.map(() => randomLanes(random, rules.parameters).map((lane) => lane % rules.bound));
    openings = await Promise.all(
      seats.map((seat) => sealUpdate(partyOf(seat + 1), 1, deltas[seat] as Int32Array, cohort.entries)),
    );
  });

  const partyOf = (index: number) => ({ ...cohort.party(index), opened: openedTask(rules) });
  const aSum = (sample?: readonly number[]) =>
    createRoundSum(partyOf(1), impatientTraffic(cohort.store), createStopwatch(), 1, sample);

  function round(revealed: readonly number[], struck: readonly number[] = []): RoundState {
    return roundOf(after(upToReveals(1, seats, { openings, revealed, struck }), rules), 1);
  }

  /** Lane by lane in order, without so many at either end. */
  function plain(some: readonly number[], cut: number): Int32Array {
    return Int32Array.from({ length: rules.parameters }, (_, lane) => {
      const inOrder = some.map((seat) => deltas[seat]![lane]!).sort((a, b) => a - b);
      return inOrder.slice(cut, some.length - cut).reduce((sum, each) => sum + each, 0);
    });
  }

  it("is what a plain model has, in whatever order they are revealed", async () => {
    const sum = aSum();
    for (const revealed of [[4], [4, 0, 2], [4, 0, 2, 3, 1]]) {
      expect(sum.complete(round(revealed))).to.equal(undefined);
      await sum.collect(round(revealed));
      const cut = revealed.length > 2 ? 1 : 0;
      expect(sum.complete(round(revealed)), `${revealed.length} updates`).to.deep.equal(plain(revealed, cut));
    }
  });

  it("ranks no update any more that was struck, and with too few for the trim leaves what is in the middle", async () => {
    const sum = aSum();
    await sum.collect(round(seats));
    expect(sum.complete(round(seats))).to.deep.equal(plain(seats, 1));
    for (const [struck, cut] of [
      [[1], 1],
      [[1, 4], 1],
      [[1, 4, 0], 0],
    ] as const) {
      const state = round(seats, struck);
      const left = seats.filter((seat) => !struck.some((other) => other === seat));
      for (const moment of ["before", "after"]) {
        const what = `without ${struck.join(", ")}, ${moment} it is forgotten`;
        expect(sum.complete(state), what).to.deep.equal(plain(left, cut));
        await sum.collect(state);
      }
    }
  });

  it("ranks only the chunks of a sample", async () => {
    const sampled = aSum([0, 2]);
    await sampled.collect(round(seats));
    const whole = [...plain(seats, 1), ...Array<number>(96 - rules.parameters).fill(0)];
    expect([...sampled.complete(round(seats))!]).to.deep.equal([...whole.slice(0, 32), ...whole.slice(64)]);
  });
});
