import { expect } from "chai";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { chunkRoot } from "../../../trainer/protocol/chunkTree.ts";
import { bytesToLanes } from "../../../trainer/protocol/lanes.ts";
import { fetchMaskedUpdate, maskedUpdateFor } from "../../../trainer/roles/masked/maskedUpdate.ts";
import { UnacceptableUpdate } from "../../../trainer/roles/sealedUpdate.ts";
import { ContentTooLarge } from "../../../trainer/storage/storageErrors.ts";
import { rejection } from "../../support/rejection.ts";
import { randomLanes, seededRandom } from "../../support/seededRandom.ts";
import { word } from "../aTask.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Bot, Event, MaskedRoundScene } from "./aMaskedRound.ts";

describe("masked update", () => {
  const random = seededRandom("masked update");
  let scene: MaskedRoundScene;
  let bot: Bot;
  beforeEach(async () => {
    scene = await aMaskedRound(random);
    bot = scene.bots[0]!;
    await scene.share();
  });
  afterEach(() => scene.close());

  function masked(by: Bot, delta: Int32Array | undefined = by.delta(1), log?: readonly Event[]) {
    return maskedUpdateFor(by.party, by.journal, createStopwatch(), async () => {}, scene.round(log), delta);
  }

  it("is stored under its root, hides every number, and is in the journal", async () => {
    const update = (await masked(bot))!;
    const lanes = bytesToLanes(scene.store.contents.get(update.contentId)!);
    expect(chunkRoot(lanes)).to.equal(update.root);
    expect(lanes.filter((lane, i) => lane === bot.delta(1)[i])).to.have.length.at.most(1);
    const { keyAddress } = scene.round().seats.get(0)!.dealing!;
    expect((await bot.restarted()).journal.update(1, keyAddress)).to.deep.equal(update);
    expect(bot.masked.hasMasked(scene.round())).to.equal(true);
  });

  it("is the same one however often it is asked for, and whatever is trained meanwhile", async () => {
    const update = await masked(bot);
    const other = randomLanes(random, scene.rules.parameters);
    const stored = scene.store.contents.size;
    expect(await masked(bot, other)).to.deep.equal(update);
    expect(await masked(await bot.restarted(), other)).to.deep.equal(update);
    expect(scene.store.contents.size).to.equal(stored);
  });

  it("is never masked again when it is lost: two vectors under one dealing would show their difference", async () => {
    const update = (await masked(bot))!;
    scene.store.contents.delete(update.contentId);
    const stored = scene.store.contents.size;
    for (const each of [bot, await bot.restarted()]) {
      expect(await masked(each)).to.equal(undefined);
      expect(await masked(each, randomLanes(random, scene.rules.parameters))).to.equal(undefined);
      expect(each.said.join()).to.include("must not be masked twice");
    }
    expect(scene.store.contents.size).to.equal(stored);
  });

  it("is never masked again after a crash while it was stored", async () => {
    const store = { ...scene.store, put: () => Promise.reject(new Error("crash")) };
    const crashing = { ...bot, party: { ...bot.party, store } };
    await rejection(masked(crashing), Error);
    const stored = scene.store.contents.size;
    const again = await bot.restarted();
    expect(again.masked.hasMasked(scene.round())).to.equal(true);
    expect(await masked(again, randomLanes(random, scene.rules.parameters))).to.equal(undefined);
    expect(scene.store.contents.size).to.equal(stored);
  });

  it("is not stored unless the journal has it", async () => {
    const journal = { ...bot.journal, writeUpdate: () => Promise.reject(new Error("the disk is full")) };
    const stored = scene.store.contents.size;
    await rejection(masked({ ...bot, journal }), Error);
    expect(scene.store.contents.size).to.equal(stored);
  });

  it("is none without a delta, without a seat, or under a dealing that the journal does not know", async () => {
    const { party, journal } = bot;
    const stored = scene.store.contents.size;
    expect(await maskedUpdateFor(party, journal, createStopwatch(), async () => {}, scene.round(), undefined)).to.equal(
      undefined,
    );
    const redealt = scene.events.map((event): Event =>
      event.name === "KeyShared" && event.seat === 0 ? { ...event, sharesHash: word(1) } : event,
    );
    expect(await masked(bot, bot.delta(1), redealt)).to.equal(undefined);
    const elsewhere = scene.events.filter((event) => !("seat" in event) || event.seat !== 0);
    expect(await masked(bot, bot.delta(1), elsewhere)).to.equal(undefined);
    expect(scene.store.contents.size).to.equal(stored);
    expect(bot.said.join()).to.include("cannot be played");
  });

  it("has other masks in another round, also of the same delta", async () => {
    const lanes = async () => bytesToLanes(scene.store.contents.get((await masked(bot, bot.delta(1)))!.contentId)!);
    const first = await lanes();
    scene.passDeadline();
    scene.open(2);
    await scene.share();
    const second = await lanes();
    expect(second.filter((lane, i) => lane === first[i])).to.have.length.at.most(1);
  });

  describe("fetched", () => {
    const fetch = (seat: number, log?: readonly Event[]) =>
      fetchMaskedUpdate(
        impatientTraffic(scene.store),
        createStopwatch(),
        scene.rules.parameters,
        scene.round(log).seats.get(seat)!,
        {
          ...{ from: [], timeoutMs: 1_000, signal: new AbortController().signal },
        },
      );

    it("is what was committed to", async () => {
      await scene.commit();
      const { masked: committed } = scene.round().seats.get(1)!;
      expect(chunkRoot(await fetch(1))).to.equal(committed!.root);
    });

    it("is refused if it has another root, another length, or is not committed to", async () => {
      await scene.commit([0, 1, 2, 3]);
      const { contentId } = scene.round().seats.get(1)!.masked!;
      const bytes = scene.store.contents.get(contentId)!;
      scene.store.contents.set(
        contentId,
        bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
      );
      await rejection(fetch(1), UnacceptableUpdate);
      scene.store.contents.set(contentId, bytes.slice(4));
      await rejection(fetch(1), UnacceptableUpdate);
      scene.store.contents.set(contentId, new Uint8Array(bytes.length + 4));
      await rejection(fetch(1), ContentTooLarge);
      await rejection(fetch(4), Error);
    });
  });
});
