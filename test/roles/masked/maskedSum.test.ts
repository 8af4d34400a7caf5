import { expect } from "chai";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { CHUNK_LANES, chunkRoot } from "../../../trainer/protocol/chunkTree.ts";
import { gather } from "../../../trainer/protocol/judgement.ts";
import type { Sample } from "../../../trainer/protocol/judgement.ts";
import type { TaskRules } from "../../../trainer/chain/taskRules.ts";
import { cohortRounds } from "../../../trainer/chain/taskState.ts";
import { lanesToBytes } from "../../../trainer/protocol/lanes.ts";
import { seatBits } from "../../../trainer/protocol/seatSet.ts";
import { createMaskedSum } from "../../../trainer/roles/masked/maskedSum.ts";
import type { RoundSum } from "../../../trainer/roles/roundSum.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { referenceRankedSum } from "../../vectors/reference.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./aMaskedRound.ts";

const ALL = [0, 1, 2, 3, 4];
/** The last chunk is not full, and the tree has padding. */
const PARAMETERS = 5 * CHUNK_LANES + 7;

describe("sum of masked updates", () => {
  const random = seededRandom("masked sum");
  let scene: MaskedRoundScene;
  let traffic: ReturnType<typeof impatientTraffic>;
  let sum: RoundSum;

  before(async () => {
    scene = await aMaskedRound(random, { rules: { parameters: PARAMETERS } });
    await scene.share();
    await scene.commit();
  });
  let log: Event[];
  before(() => (log = [...scene.events]));
  let contents: Map<string, Uint8Array>;
  before(() => (contents = new Map(scene.store.contents)));
  after(() => scene.close());
  beforeEach(async () => {
    // Everybody anew, with the journals as they are: votes of the test before would bind.
    for (const [seat, bot] of scene.bots.entries()) (scene.bots as (typeof bot)[])[seat] = await bot.restarted();
    scene.events.splice(0, scene.events.length, ...log);
    for (const [id, bytes] of contents) scene.store.contents.set(id, bytes);
    fresh();
  });

  function fresh(sample?: Sample): void {
    traffic = impatientTraffic(scene.store);
    sum = createMaskedSum(scene.bots[0]!.party, traffic, createStopwatch(), scene.round().number, sample);
  }

  /** The log once `members` are fixed and the masks of all are known; `without` one secret if it is said. */
  function unmasked(members: readonly number[], without?: number): Event[] {
    const bits = members.reduce((all, seat) => all | (1n << BigInt(seat)), 0n);
    const at = scene.time();
    const events: Event[] = [{ name: "SetFixed", round: 1, members: bits, cohortView: `0x${"00".repeat(32)}`, at }];
    for (const seat of ALL.filter((each) => each !== without)) {
      const { key, seed } = scene.secretsOf(seat, 1);
      events.push(
        members.includes(seat)
          ? { name: "SeedRevealed", round: 1, seat, seed, keyShares: [], drawn: members[0]!, at }
          : { name: "KeyRebuilt", round: 1, seat, key, at },
      );
    }
    return [...log, ...events];
  }

  it("is the plain sum bit for bit, for every set of members that a round may have", async () => {
    const sets = Array.from({ length: 2 ** ALL.length }, (_, bits) => ALL.filter((seat) => (bits >> seat) & 1));
    for (const members of sets.filter(({ length }) => length >= scene.rules.minTrainers)) {
      fresh();
      const round = scene.round(unmasked(members));
      await sum.collect(round);
      expect(sum.complete(round), members.join()).to.deep.equal(scene.plainSum(members));
    }
  });

  it("fetches each update once, as it is committed, and forgets those that are left out of the set", async () => {
    await sum.collect(scene.round());
    expect(traffic.asked).to.have.length(5);
    expect(ALL.map((seat) => sum.has(seat))).to.deep.equal([true, true, true, true, true]);
    expect(sum.complete(scene.round())).to.equal(undefined);
    const round = scene.round(unmasked(ALL));
    await sum.collect(round);
    expect(sum.complete(round)).to.deep.equal(scene.plainSum(ALL));
    expect(traffic.asked).to.have.length(5);
    const fewer = scene.round(unmasked([0, 2, 4]));
    expect(sum.complete(fewer)).to.equal(undefined);
    await sum.collect(fewer);
    expect(sum.complete(fewer)).to.deep.equal(scene.plainSum([0, 2, 4]));
  });

  it("is not there while one secret is unknown, and looks like nothing until then", async () => {
    for (const without of [0, 4]) {
      fresh();
      const round = scene.round(unmasked([0, 1, 2, 3], without));
      await sum.collect(round);
      expect(sum.complete(round), `without that of seat ${without}`).to.equal(undefined);
    }
  });

  it("of a sample of the chunks has those of the plain sum", async () => {
    for (const sample of [[0], [5], [1, 3, 5], [7], [4, 7]]) {
      fresh(sample);
      const round = scene.round(unmasked([0, 1, 3, 4]));
      await sum.collect(round);
      expect(sum.complete(round), sample.join()).to.deep.equal(gather(scene.plainSum([0, 1, 3, 4]), sample));
    }
  });

  it("goes on without an update that has another root, or that nobody has, and says so", async () => {
    const ids = scene.round();
    const idOf = (seat: number) => ids.seats.get(seat)!.masked!.contentId;
    scene.store.contents.set(idOf(1), new Uint8Array(4 * PARAMETERS));
    scene.store.contents.delete(idOf(3));
    await sum.collect(scene.round());
    expect([...sum.unavailable()].sort()).to.deep.equal([1, 3]);
    expect(ALL.map((seat) => sum.has(seat))).to.deep.equal([true, false, true, false, true]);
    expect(sum.lacks(scene.round(unmasked(ALL)))).to.equal(true);
    expect(sum.lacks(scene.round(unmasked([0, 2, 4]))), "not without them").to.equal(false);
    expect(sum.malformed().size, "a masked vector has no form that could be wrong").to.equal(0);
    expect(JSON.stringify(scene.bots[0]!.said)).to.include("cannot be used");

    const round = scene.round(unmasked([0, 2, 4]));
    await sum.collect(round);
    expect(sum.complete(round)).to.deep.equal(scene.plainSum([0, 2, 4]));
    for (const seat of [1, 3]) scene.store.contents.set(idOf(seat), contents.get(idOf(seat))!);
    await sum.collect(scene.round());
    expect([...sum.unavailable()]).to.deep.equal([]);
    const all = scene.round(unmasked(ALL));
    await sum.collect(all);
    expect(sum.complete(all)).to.deep.equal(scene.plainSum(ALL));
  });

  it("takes in another vector of the same seat after a reorganisation", async () => {
    await sum.collect(scene.round());
    const other = new Int32Array(PARAMETERS).fill(5);
    const contentId = await scene.store.put(new Uint8Array(new Int32Array(PARAMETERS).fill(0x05000000).buffer));
    const root = chunkRoot(other);
    const fork = unmasked(ALL).map((event): Event =>
      event.name === "MaskedCommitted" && event.seat === 2 ? { ...event, root, contentId } : event,
    );
    const before = scene.round(unmasked(ALL));
    await sum.collect(before);
    expect(sum.complete(before)).to.deep.equal(scene.plainSum(ALL));
    await sum.collect(scene.round(fork));
    expect(sum.complete(scene.round(fork))).not.to.equal(undefined);
    expect(sum.complete(scene.round(fork))).not.to.deep.equal(scene.plainSum(ALL));
    await sum.collect(before);
    expect(sum.complete(before)).to.deep.equal(scene.plainSum(ALL));
  });
});

describe("sum of several cohorts' masked updates", () => {
  const random = seededRandom("masked sums of cohorts");
  const ROSTERS = [
    [0, 4, 8],
    [1, 5, 6, 9],
    [2, 3, 7],
  ] as const;
  const WEIGHT = 10;
  let scene: MaskedRoundScene;
  let log: Event[];
  let contents: Map<string, Uint8Array>;

  before(async () => {
    const rules = { parameters: PARAMETERS, cohorts: 3, maxTrainers: 12 };
    scene = await aMaskedRound(random, { trainers: 10, rules, rosters: ROSTERS });
    await scene.share();
    await scene.commit();
    log = [...scene.events];
    contents = new Map(scene.store.contents);
  });
  beforeEach(() => contents.forEach((bytes, id) => scene.store.contents.set(id, bytes)));
  after(() => scene.close());

  /** By a trainer, or whoever else, of a task with these rules. */
  function aSum(changes: Partial<TaskRules> = {}, sample?: Sample) {
    const { party } = scene.bots[0]!;
    const opened = { ...party.opened, rules: { ...scene.rules, ...changes } };
    const traffic = impatientTraffic(scene.store);
    const sum = createMaskedSum({ ...party, opened }, traffic, createStopwatch(), 1, sample);
    return { sum, asked: traffic.asked };
  }

  /** The log with the masks of these members of each cohort known; no members: it has agreed on nothing. */
  function unmasked(sets: readonly (readonly number[])[], without?: number): Event[] {
    const at = scene.time();
    const view = `0x${"00".repeat(32)}`;
    const revealed = sets.flatMap((members, cohort): Event[] => {
      if (members.length === 0) return [];
      const seats = ROSTERS[cohort]!.filter((seat) => seat !== without);
      return [
        { name: "SetFixed", round: 1, members: seatBits(members), cohortView: view, at },
        ...seats.map((seat): Event => {
          const { key, seed } = scene.secretsOf(seat, 1);
          return members.includes(seat)
            ? { name: "SeedRevealed", round: 1, seat, seed, keyShares: [], drawn: members[0]!, at }
            : { name: "KeyRebuilt", round: 1, seat, key, at };
        }),
      ];
    });
    return [...log, ...revealed];
  }

  function plain(sets: readonly (readonly number[])[], trim: number): Int32Array {
    const summed = sets.filter(({ length }) => length > 0);
    const parts = summed.map((members) => ({ sum: scene.plainSum(members), divisor: WEIGHT * members.length }));
    return referenceRankedSum(parts, trim);
  }

  const WHOLE = [ROSTERS[0], ROSTERS[1], ROSTERS[2]];
  for (const [what, sets] of [
    ["of all of them", WHOLE],
    ["of members of all of them", [ROSTERS[0], [1, 6, 9], ROSTERS[2]]],
    ["of two of them", [ROSTERS[0], [], ROSTERS[2]]],
    ["of one of them", [[], [5, 6, 9], []]],
  ] as const) {
    for (const trim of [0, 1]) {
      it(`is that of the plain model, ${what}, trimmed by ${trim}`, async () => {
        const { sum } = aSum({ trim });
        const round = scene.round(unmasked(sets));
        await sum.collect(round);
        expect(sum.complete(round)).to.deep.equal(plain(sets, trim));
        expect(sum.complete(round), "computed once").to.equal(sum.complete(round));
      });
    }
  }

  it("counts updates and not their weight where all count the same", async () => {
    const { sum } = aSum({ trim: 1, serverRule: "Uniform" });
    const round = scene.round(unmasked(WHOLE));
    await sum.collect(round);
    const parts = WHOLE.map((members) => ({ sum: scene.plainSum(members), divisor: members.length }));
    expect(sum.complete(round)).to.deep.equal(referenceRankedSum(parts, 1));
  });

  it("of a sample of the chunks has those of the plain model", async () => {
    for (const sample of [[0], [5], [1, 7]]) {
      const { sum } = aSum({ trim: 1 }, sample);
      const round = scene.round(unmasked(WHOLE));
      await sum.collect(round);
      expect(sum.complete(round), sample.join()).to.deep.equal(gather(plain(WHOLE, 1), sample));
    }
  });

  it("tells each cohort's own sum, and fetches every update once", async () => {
    const { sum, asked } = aSum({ trim: 1 });
    await sum.collect(scene.round());
    expect(asked).to.have.length(10);
    const round = scene.round(unmasked(WHOLE));
    await sum.collect(round);
    expect(asked).to.have.length(10);
    for (const [index, cohort] of cohortRounds(round).entries()) {
      expect(sum.complete(cohort)).to.deep.equal(scene.plainSum(ROSTERS[index]!));
    }
  });

  it("takes in a cohort that becomes known later, and leaves out one that is spoilt", async () => {
    const { sum } = aSum({ trim: 1 });
    const early = scene.round(unmasked(WHOLE, 5));
    await sum.collect(early);
    expect(sum.complete(early)).to.deep.equal(plain([ROSTERS[0], [], ROSTERS[2]], 1));
    const all = scene.round(unmasked(WHOLE));
    expect(sum.complete(all)).to.equal(undefined);
    await sum.collect(all);
    expect(sum.complete(all)).to.deep.equal(plain(WHOLE, 1));
    const blamed = scene.round([
      ...unmasked(WHOLE),
      { name: "SumBlamed", round: 1, cohort: 0, endsAt: scene.time() + 90, at: scene.time() },
    ]);
    await sum.collect(blamed);
    expect(sum.complete(blamed)).to.deep.equal(plain([[], ROSTERS[1], ROSTERS[2]], 1));
    const [first] = cohortRounds(blamed);
    expect(sum.complete(first!), "for whoever must show whose fault it is").to.deep.equal(scene.plainSum(ROSTERS[0]));
  });

  it("misses nothing but the cohort of an update that nobody has", async () => {
    const { sum } = aSum();
    const { contentId } = scene.round().seats.get(3)!.masked!;
    scene.store.contents.delete(contentId);
    const all = scene.round(unmasked(WHOLE));
    await sum.collect(all);
    expect(sum.complete(all)).to.equal(undefined);
    expect(sum.lacks(all)).to.equal(true);
    expect([...sum.unavailable()]).to.deep.equal([3]);
    const [first, second, third] = cohortRounds(all);
    expect(sum.complete(first!)).to.deep.equal(scene.plainSum(ROSTERS[0]));
    expect(sum.complete(second!)).to.deep.equal(scene.plainSum(ROSTERS[1]));
    expect(sum.complete(third!)).to.equal(undefined);

    const without = scene.round(unmasked([ROSTERS[0], ROSTERS[1], []]));
    expect(sum.lacks(without), "that has fallen out").to.equal(false);
    expect(sum.complete(without)).to.deep.equal(plain([ROSTERS[0], ROSTERS[1], []], 0));
    scene.store.contents.set(contentId, contents.get(contentId)!);
    await sum.collect(all);
    expect(sum.complete(all)).to.deep.equal(plain(WHOLE, 0));
  });

  it("is another one after a reorganisation that has the same members with another update", async () => {
    const { sum } = aSum();
    const other = new Int32Array(PARAMETERS).fill(5);
    const contentId = await scene.store.put(lanesToBytes(other));
    const fork = unmasked(WHOLE).map((event): Event =>
      event.name === "MaskedCommitted" && event.seat === 5 ? { ...event, root: chunkRoot(other), contentId } : event,
    );
    const before = scene.round(unmasked(WHOLE));
    await sum.collect(before);
    expect(sum.complete(before)).to.deep.equal(plain(WHOLE, 0));
    await sum.collect(scene.round(fork));
    expect(sum.complete(scene.round(fork))).not.to.equal(undefined);
    expect(sum.complete(scene.round(fork))).not.to.deep.equal(plain(WHOLE, 0));
  });
});
