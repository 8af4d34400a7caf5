import { expect } from "chai";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { countedSeats } from "../../../trainer/chain/taskState.ts";
import { votesForTheSet } from "../../../trainer/roles/masked/agreement.ts";
import { sharesBundleLength } from "../../../trainer/privacy/sharesBundle.ts";
import { seatBits } from "../../../trainer/protocol/seatSet.ts";
import { createMaskedSum } from "../../../trainer/roles/masked/maskedSum.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { aMaskedRound, dutyOf } from "./aMaskedRound.ts";
import type { MaskedRoundScene } from "./aMaskedRound.ts";

describe("a masked round, played by its trainers", () => {
  const random = seededRandom("masked rounds");
  let scene: MaskedRoundScene;
  beforeEach(async () => {
    scene = await aMaskedRound(random);
  });
  afterEach(() => scene.close());

  const play = (here: readonly number[]) => playTurns(scene, here);

  async function sum(): Promise<Int32Array | undefined> {
    const { party } = scene.bots[0]!;
    const masked = createMaskedSum(party, impatientTraffic(scene.store), createStopwatch(), scene.round().number);
    await masked.collect(scene.round());
    return masked.complete(scene.round());
  }

  it("is unmasked without rebuilding anything when everybody is there", async () => {
    await play([0, 1, 2, 3, 4]);
    expect(scene.events.map(({ name }) => name)).not.to.include.members(["KeyRebuilt"]);
    expect([...scene.round().seats.values()].map(({ status }) => status)).to.deep.equal(Array(5).fill("Revealed"));
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3, 4]));
  });

  it("falls back on fewer seats when some never share", async () => {
    await play([0, 2, 3]);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 2, 3]));
  });

  it("rebuilds the keys of those who shared and did not commit", async () => {
    await scene.share();
    await play([0, 2, 3]);
    expect(scene.events.filter(({ name }) => name === "KeyRebuilt")).to.have.length(2);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 2, 3]));
  });

  it("rebuilds the seeds of those who committed and did not reveal", async () => {
    await scene.share();
    await scene.commit();
    await play([1, 3, 4]);
    expect(scene.events.filter(({ name }) => name === "SeedRebuilt")).to.have.length(2);
    expect(countedSeats(scene.round())).to.deep.equal([0, 1, 2, 3, 4]);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3, 4]));
  });

  it("rebuilds keys of some and seeds of others in one round", async () => {
    await scene.share();
    await scene.commit([0, 1, 2, 3]);
    await play([1, 2, 3]);
    expect(scene.round().seats.get(4)!.key).not.to.equal(undefined);
    expect(scene.round().seats.get(0)!.status).to.equal("Rebuilt");
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3]));
  });

  it("is void with one below the threshold, at whatever phase they vanish", async () => {
    for (const vanishBefore of ["Sharing", "Committing", "Agreeing", "Revealing", "Recovering"] as const) {
      const fresh = await aMaskedRound(random);
      await scene.close();
      scene = fresh;
      if (vanishBefore !== "Sharing") await scene.share();
      if (!["Sharing", "Committing"].includes(vanishBefore)) await scene.commit();
      if (["Revealing", "Recovering"].includes(vanishBefore)) await scene.agree([0, 1, 2]);
      if (vanishBefore === "Recovering") {
        await scene.reveal([0, 1]);
        scene.passDeadline();
      }
      if (scene.round().phase !== "Void") await play([0, 1]);
      expect(scene.round().phase, vanishBefore).to.equal("Void");
      const seeds = [...scene.round().seats.values()].filter(({ seed }) => seed !== undefined).length;
      expect(seeds, "nobody's mask is off but those who showed it themselves").to.be.at.most(2);
      const rebuilt = scene.events.filter(({ name }) => name === "SeedRebuilt" || name === "KeyRebuilt");
      expect(rebuilt).to.deep.equal([]);
    }
  });

  it("is begun anew with a fresh dealing, and nothing of the one before can be used", async () => {
    await scene.share();
    await scene.commit([0, 1]);
    expect(scene.round().phase).to.equal("Void");
    const before = scene.round().seats.get(0)!.dealing!;
    scene.open(2);
    await play([0, 1, 2, 3, 4]);
    const { seats } = scene.round();
    expect(seats.get(0)!.dealing!.keyAddress).not.to.equal(before.keyAddress);
    expect(seats.get(0)!.dealing!.maskHash).not.to.equal(before.maskHash);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3, 4]));
  });

  it("rebuilds in turns, so that not everybody pays for it", async () => {
    await scene.share();
    await scene.commit([0, 1, 2, 3]);
    await scene.agree([0, 1, 2]);
    await scene.reveal([0, 1, 2]);
    for (const { masked } of scene.bots) await masked.follow(scene.state());
    const due = scene.bots.slice(0, 4).map(({ masked }) => masked.rebuildable(scene.state(), scene.cohort()));
    // The next seat after the vanished one at once, the others later.
    expect(due).to.deep.equal([{ seat: 4, kind: "key" }, undefined, undefined, undefined]);
  });

  it("goes on after a restart of everybody at every act", async () => {
    await scene.share();
    for (const [seat, bot] of scene.bots.entries()) (scene.bots as (typeof bot)[])[seat] = await bot.restarted();
    await scene.commit([0, 1, 2, 3]);
    for (const [seat, bot] of scene.bots.entries()) (scene.bots as (typeof bot)[])[seat] = await bot.restarted();
    await scene.agree([0, 1, 2]);
    for (const [seat, bot] of scene.bots.entries()) (scene.bots as (typeof bot)[])[seat] = await bot.restarted();
    await play([0, 1, 2, 3]);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3]));
  });
});

describe("a masked round of several cohorts, played by its trainers", () => {
  const random = seededRandom("masked rounds of cohorts");
  const ROSTERS = [
    [0, 2, 4, 6],
    [1, 3, 5],
  ] as const;
  const EVERYBODY = [0, 1, 2, 3, 4, 5, 6];
  let scene: MaskedRoundScene;
  beforeEach(async () => {
    const rules = { cohorts: 2, maxTrainers: 8 };
    scene = await aMaskedRound(random, { trainers: 7, rules, rosters: ROSTERS });
  });
  afterEach(() => scene.close());

  const play = (here: readonly number[]) => playTurns(scene, here);

  /** As anybody sums it. */
  async function sum(): Promise<Int32Array | undefined> {
    const { party } = scene.bots[0]!;
    const masked = createMaskedSum(party, impatientTraffic(scene.store), createStopwatch(), scene.round().number);
    await masked.collect(scene.round());
    return masked.complete(scene.round());
  }

  it("is the sum of everybody when everybody is there", async () => {
    await play(EVERYBODY);
    expect(countedSeats(scene.round())).to.deep.equal(EVERYBODY);
    expect(await sum()).to.deep.equal(scene.plainSum(EVERYBODY));
  });

  it("deals to nobody outside the own cohort", async () => {
    await scene.share();
    for (const [index, roster] of ROSTERS.entries()) {
      const { rules } = scene;
      for (const seat of roster) {
        const { dealing } = scene.round().seats.get(seat)!;
        const bundle = scene.store.contents.get(dealing!.sharesId)!;
        expect(bundle.length).to.equal(sharesBundleLength(rules.maxTrainers, roster.length - 1));
        expect(scene.cohort(undefined, index).seats.has(seat)).to.equal(true);
      }
    }
  });

  it("rebuilds in each cohort the keys and seeds of its own vanished", async () => {
    await scene.share();
    await scene.commit([0, 1, 2, 3, 4, 5]); // not 6
    await play([0, 2, 4, 1, 3, 5]);
    expect(
      scene.events.filter(({ name }) => name === "KeyRebuilt").map((event) => "seat" in event && event.seat),
    ).to.deep.equal([6]);
    expect(countedSeats(scene.round())).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(await sum()).to.deep.equal(scene.plainSum([0, 1, 2, 3, 4, 5]));
  });

  it("rebuilds a seed in the cohort where one is missing while the other cohort has done", async () => {
    await scene.share();
    await scene.commit();
    await scene.agree([0, 2, 4]);
    await scene.agree([1, 3, 5]);
    await scene.reveal([1, 3, 5, 0, 2, 4]);
    scene.passDeadline();
    expect(scene.round().phase).to.equal("Recovering");
    const duties = [0, 1, 2, 3, 4, 5].map((seat) => dutyOf(scene, scene.bots[seat]!)?.kind);
    expect(duties).to.deep.equal(["giveShares", undefined, "giveShares", undefined, "giveShares", undefined]);
    await play([0, 1, 2, 3, 4, 5]);
    expect(scene.round().seats.get(6)!.status).to.equal("Rebuilt");
    expect(await sum()).to.deep.equal(scene.plainSum(EVERYBODY));
  });

  for (const [what, vanished, expected] of [
    ["does not share", { share: [5] }, [0, 2, 4, 6]],
    ["does not commit", { commit: [5] }, [0, 2, 4, 6]],
    ["does not reveal", { reveal: [5] }, [0, 2, 4, 6]],
  ] as const) {
    it(`goes on without the cohort that one ${what} in, of which nothing is shown that nobody needs`, async () => {
      const { share = [], commit = [], reveal = [] } = vanished as Record<string, readonly number[]>;
      const here = (gone: readonly number[]) => EVERYBODY.filter((seat) => !gone.includes(seat));
      await scene.share(here(share));
      if (share.length === 0) await scene.commit(here(commit));
      if (reveal.length > 0) for (const roster of ROSTERS) await scene.agree(roster.slice(0, 3));
      await play(here([...share, ...commit, ...reveal]));
      expect(scene.round().phase).to.equal("Aggregating");
      expect(countedSeats(scene.round())).to.deep.equal(expected);
      expect(await sum()).to.deep.equal(scene.plainSum(expected));
      const shown = ROSTERS[1].filter((seat) => scene.round().seats.get(seat)!.seed !== undefined);
      // Who had already agreed showed the own mask before one was missing; two updates are hidden by the third's edges.
      expect(shown).to.deep.equal(reveal.length > 0 ? [1, 3] : []);
      const given = [...scene.round().seats.values()].filter(
        ({ seedShares, key }) => (seedShares ?? key) !== undefined,
      );
      expect(given).to.deep.equal([]);
      for (const seat of ROSTERS[1]) expect(dutyOf(scene, scene.bots[seat]!)).to.equal(undefined);
    });
  }

  it("votes for updates of the own cohort only, and counts only votes that stand in its seats", async () => {
    await scene.share();
    await scene.commit();
    await scene.agree([1, 3, 5]);
    expect(scene.cohort(undefined, 1).set?.members).to.deep.equal([1, 3, 5]);
    expect(scene.cohort(undefined, 0).set).to.equal(undefined);
    expect(scene.round().phase).to.equal("Agreeing");
    // The other cohort's votes are none of this one's business.
    const { chainId } = scene.bots[0]!.party.deployment;
    expect(votesForTheSet(scene.state(), chainId, scene.cohort(undefined, 1))).to.equal(3);
    expect(votesForTheSet(scene.state(), chainId, scene.cohort(undefined, 0))).to.equal(0);
    expect(scene.round().seats.get(0)!.status, "nobody of the other is struck").to.equal("Committed");
  });

  it("is drawn by anybody's transaction", async () => {
    const request = await scene.transaction(scene.bots[3]!, { kind: "draw", round: 1 });
    expect(scene.eventsOf(request!)).to.deep.include({
      ...{ name: "CohortsDrawn", round: 1, rosters: ROSTERS.map(seatBits), at: scene.time() + 1 },
    });
  });
});

/** Everybody of `here` does what it has to do, turn by turn, until nobody has anything to do or the phase is reached. */
async function playTurns(scene: MaskedRoundScene, here: readonly number[], until = "Aggregating"): Promise<void> {
  const { bots } = scene;
  for (let idle = 0; scene.round().phase !== until && scene.round().phase !== "Void";) {
    let acted = false;
    for (const seat of here) {
      const bot = bots[seat]!;
      await bot.masked.follow(scene.state());
      const duty = dutyOf(scene, bot);
      if (duty !== undefined) acted = (await scene.act(bot, duty)) || acted;
    }
    idle = acted ? 0 : idle + 1;
    if (idle === 1) scene.passDeadline();
    if (idle > 3) throw new Error(`Nobody has anything to do in ${scene.round().phase}.`);
  }
}
