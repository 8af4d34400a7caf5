import { expect } from "chai";
import { createHeldShares } from "../../../trainer/roles/masked/heldShares.ts";
import { isDealtShare } from "../../../trainer/privacy/sharesBundle.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { word } from "../aTask.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./aMaskedRound.ts";

describe("shares held of others' secrets", () => {
  const random = seededRandom("held shares");
  let scene: MaskedRoundScene;
  beforeEach(async () => {
    scene = await aMaskedRound(random);
  });
  afterEach(() => scene.close());

  function holding(seat: number) {
    const traffic = impatientTraffic(scene.store);
    const bot = scene.bots[seat]!;
    return { bot, traffic, held: createHeldShares(bot.party, traffic, 1) };
  }

  it("come in as they are dealt, each fetched once, and are those of the dealers' leaves", async () => {
    const { held, traffic } = holding(0);
    await scene.share([0, 1, 2]);
    await held.collect(scene.round());
    expect([0, 1, 2, 3, 4].map((seat) => held.from(seat) !== undefined)).to.deep.equal([
      false,
      true,
      true,
      false,
      false,
    ]);
    await held.collect(scene.round());
    expect(traffic.asked).to.have.length(3);
    for (const seat of [1, 2]) {
      const { key, seed } = held.from(seat)!;
      expect(isDealtShare(held.leavesOf(seat)!, 0, 0, key)).to.equal(true);
      expect(isDealtShare(held.leavesOf(seat)!, 1, 0, seed)).to.equal(true);
      expect(isDealtShare(held.leavesOf(seat)!, 0, 1, key), "of another seat").to.equal(false);
    }
    expect(held.leavesOf(0), "the own leaves too").not.to.equal(undefined);
  });

  it("of one who hides its bundle are missing, said once, and come in when it shows it", async () => {
    await scene.share();
    const { bot, held } = holding(0);
    const id = scene.round().seats.get(2)!.dealing!.sharesId;
    const bundle = scene.store.contents.get(id)!;
    scene.store.contents.delete(id);
    await held.collect(scene.round());
    await held.collect(scene.round());
    expect(held.from(2)).to.equal(undefined);
    expect(held.from(3)).not.to.equal(undefined);
    expect(bot.said.filter((line) => line.includes("cannot be used"))).to.have.length(1);
    scene.store.contents.set(id, bundle);
    await held.collect(scene.round());
    expect(held.from(2)).not.to.equal(undefined);
  });

  it("are none where the bundle is damaged, too large, or somebody else's", async () => {
    await scene.share();
    const { seats } = scene.round();
    const idOf = (seat: number) => seats.get(seat)!.dealing!.sharesId;
    const bundleOf = (seat: number) => scene.store.contents.get(idOf(seat))!;
    const others = bundleOf(4);
    bundleOf(1)[20]! ^= 1; // a leaf
    bundleOf(2)[bundleOf(2).length - 1]! ^= 1; // what is sealed to the last recipient, seat 4
    scene.store.contents.set(idOf(3), new Uint8Array(bundleOf(3).length + 1));
    const first = holding(0);
    await first.held.collect(scene.round());
    expect([1, 2, 3, 4].map((seat) => first.held.from(seat) !== undefined)).to.deep.equal([false, true, false, true]);
    const last = holding(4);
    await last.held.collect(scene.round());
    expect(last.held.from(2)).to.equal(undefined);
    expect(last.held.leavesOf(2), "its leaves are right all the same").not.to.equal(undefined);
    scene.store.contents.set(idOf(3), others);
    await first.held.collect(scene.round());
    expect(first.held.from(3), "the shares of another dealer").to.equal(undefined);
    expect(JSON.stringify(first.bot.said)).to.include("these shares cannot be used");
  });

  it("of another round do not open in this one", async () => {
    await scene.share();
    const { bot, traffic } = holding(0);
    const nextRound = createHeldShares(bot.party, traffic, 2);
    await nextRound.collect(scene.round());
    expect(nextRound.from(1)).to.equal(undefined);
  });

  it("are those of the new dealing after a reorganisation", async () => {
    await scene.share();
    const { held } = holding(0);
    await held.collect(scene.round());
    const before = held.from(2);
    scene.store.contents.delete(scene.round().seats.get(2)!.dealing!.sharesId);
    const log = scene.events.filter(({ name }) => name !== "KeyShared");
    scene.events.splice(0, scene.events.length, ...log);
    await scene.share();
    await held.collect(scene.round());
    expect(held.from(2)).not.to.equal(undefined).and.not.to.deep.equal(before);
    const lost = scene.events.map((event): Event =>
      event.name === "KeyShared" && event.seat === 2 ? { ...event, sharesHash: word(1) } : event,
    );
    await held.collect(scene.round(lost));
    expect(held.from(2)).to.equal(undefined);
    expect(held.leavesOf(2)).to.equal(undefined);
  });

  it("are no secret in the log", async () => {
    await scene.share();
    const { bot, held } = holding(0);
    await held.collect(scene.round());
    const said = bot.said.join().toLowerCase();
    for (const seat of [1, 2, 3, 4]) {
      const { key, seed } = held.from(seat)!;
      for (const share of [key, seed]) expect(said).not.to.include(Buffer.from(share).toString("hex"));
    }
  });
});
