import { expect } from "chai";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { countedSeats } from "../../../trainer/chain/taskState.ts";
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

  /** Everybody of `here` does what it has to do, turn by turn, until nobody has anything to do or the phase is reached. */
  async function play(here: readonly number[], until = "Aggregating"): Promise<void> {
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
