import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { aDealing, aMaskedTaskWith, aShare, bits, drawnSeat, statusOf, setsOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, passDeadline, phaseOf, PHASE } from "../../support/task.ts";

/** Five have shared, four have committed, and the update of seat 3 could not be had: 0, 1 and 2 are the set. */
async function revealing() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Revealing", 1, { commit: [0, 1, 2, 3], missing: [3] });
  return f;
}
const fixture = () => networkHelpers.loadFixture(revealing);

/** Nobody has dropped out. */
async function allThere() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Revealing", 1);
  return f;
}

/** Shows the secrets of a seat's dealing, changed. */
function show(
  f: MaskedFixture,
  seat: number,
  changes: Partial<ReturnType<typeof aDealing>> = {},
  { shares = [aShare("key", 1, 3, seat), aShare("key", 1, 4, seat)], by = seat, round = 1 } = {},
) {
  const { seed, keyAddress, sharesHash } = { ...aDealing(f, 1, seat), ...changes };
  return f.task.connect(f.trainers[by]!).revealSeed(round, seat, seed, keyAddress, sharesHash, shares);
}

describe("MaskedTask: revealSeed", () => {
  it("shows the seed of the own mask, and the shares of the keys of all who are in the masks but not in the set", async () => {
    const f = await fixture();
    const shares = [aShare("key", 1, 3, 1), aShare("key", 1, 4, 1)];
    await expect(show(f, 1))
      .to.emit(f.task, "SeedRevealed")
      .withArgs(1, 1, aDealing(f, 1, 1).seed, shares, 1);
    expect(await statusOf(f.task, 1, 1)).to.equal("Revealed");
    const [shared, members] = [bits([0, 1, 2, 3, 4]), bits([0, 1, 2])];
    expect(await setsOf(f.task, 1)).to.deep.equal({ shared, members, seeds: bits([1]), keys: 0n });
  });

  it("starts the aggregation with the last seed, if no key is wanted", async () => {
    const f = await networkHelpers.loadFixture(allThere);
    await f.acts.revealSeed(1, [0, 1, 2, 3]);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await f.acts.revealSeed(1, [4]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });

  it("waits for the keys that are wanted, until the deadline and then while recovering", async () => {
    const f = await fixture();
    await f.acts.revealSeed(1);
    await f.acts.rebuildKey(1, [4]);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Recovering");
    await f.acts.rebuildKey(1, [3]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });

  it("ends the phase early when the keys are known before the last seed", async () => {
    const f = await fixture();
    await f.acts.rebuildKey(1);
    await f.acts.revealSeed(1, [2, 0]);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await f.acts.revealSeed(1, [1]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });

  it("draws one of those who revealed to aggregate", async () => {
    const drawn = new Set<number>();
    for (let attempt = 0; attempt < 60 && drawn.size < 3; attempt++) {
      const f = await fixture();
      for (const seat of [0, 1, 2]) {
        await networkHelpers.setPrevRandao(BigInt(ethers.id(`randao ${attempt} ${seat}`)));
        await f.acts.revealSeed(1, [seat]);
      }
      drawn.add(await drawnSeat(f.task, 1));
    }
    expect([...drawn].sort()).to.deep.equal([0, 1, 2]);
  });

  it("refuses another seed, key or hash of shares than was dealt", async () => {
    const f = await fixture();
    const dealt = await f.task.dealingAt(1, 0);
    const others = aDealing(f, 1, 1);
    const wrong = [
      { seed: ethers.id("another") },
      { seed: others.seed },
      { seed: aDealing(f, 2, 0).seed },
      { seed: aDealing(f, 1, 0).key }, // never ask for the key by the name of the seed
      { keyAddress: others.keyAddress },
      { sharesHash: others.sharesHash },
      others,
    ];
    for (const changes of wrong) {
      await expect(show(f, 0, changes))
        .to.be.revertedWithCustomError(f.task, "DealingMismatch")
        .withArgs(0, dealt, anyValue);
    }
  });

  it("takes a share of every key that is wanted, no fewer and no more", async () => {
    const f = await fixture();
    const share = aShare("key", 1, 3, 0);
    for (const shares of [[], [share], [share, share, share]]) {
      await expect(show(f, 0, {}, { shares }))
        .to.be.revertedWithCustomError(f.task, "WrongNumberOfShares")
        .withArgs(shares.length, 2);
    }
    const whole = await networkHelpers.loadFixture(allThere);
    await expect(show(whole, 0)).to.be.revertedWithCustomError(whole.task, "WrongNumberOfShares").withArgs(2, 0);
  });

  it("is for members of the set, once, in their own seats", async () => {
    const f = await fixture();
    await show(f, 0);
    await expect(show(f, 0)).to.be.revertedWithCustomError(f.task, "AlreadyActed").withArgs(0, 4);
    // In the masks, but not in the set: their keys will be known, so their seeds must not be.
    await expect(show(f, 3)).to.be.revertedWithCustomError(f.task, "AlreadyActed").withArgs(3, 6);
    await expect(show(f, 4)).to.be.revertedWithCustomError(f.task, "AlreadyActed").withArgs(4, 2);
    await expect(show(f, 1, {}, { by: 2 }))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(1, f.trainers[1]!.address, f.trainers[2]!.address);
  });

  it("is over at the deadline, and was not open before the set was fixed", async () => {
    const early = await networkHelpers.loadFixture(agreeing);
    await expect(show(early, 0))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Agreeing, PHASE.Revealing);
    await early.acts.agree(1, { voters: [0, 1] });
    await expect(show(early, 0))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Agreeing, PHASE.Revealing);
    const f = await networkHelpers.loadFixture(allThere);
    await f.acts.revealSeed(1, [0, 1, 2]);
    await passDeadline(f.task);
    await expect(show(f, 3, {}, { shares: [] }))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Recovering, PHASE.Revealing);
    await expect(show(f, 3, {}, { round: 2 }))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(2, 1);
  });
});

async function agreeing() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Agreeing", 1);
  return f;
}
