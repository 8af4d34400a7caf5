import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { aDealing, aMaskedTaskWith, aShare, bits, setsOf, statusOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, passDeadline, phaseOf, weightOf, PHASE } from "../../support/task.ts";

const SEVEN = { trainers: 7, rules: { maxTrainers: 7, minTrainers: 4, shareThreshold: 4 } };
/** Entered and never shared; shared and never committed; committed, and no member. */
const [ABSENT, LATE, STRUCK] = [6, 5, 4];
const MEMBERS = [0, 1, 2, 3];

/** Seat 6 has not shared, 5 has not committed, the update of 4 could not be had: 0 to 3 are the set. */
async function revealing() {
  const f = await aMaskedTaskWith(SEVEN);
  await f.acts.until("Revealing", 1, { share: [0, 1, 2, 3, 4, 5], commit: [0, 1, 2, 3, 4], missing: [STRUCK] });
  return f;
}

/** All five who committed are members; seat 3 has not shown its seed in time, and the keys of 5 and 6 are wanted. */
async function recovering() {
  const f = await aMaskedTaskWith(SEVEN);
  await f.acts.until("Recovering", 1, { commit: [0, 1, 2, 3, 4], reveal: [0, 1, 2, 4] });
  return f;
}

function rebuildKey(f: MaskedFixture, seat: number, changes: Partial<ReturnType<typeof aDealing>> = {}, round = 1) {
  const { key, maskHash, sharesHash } = { ...aDealing(f, 1, Math.min(seat, ABSENT)), ...changes };
  return f.task.connect(f.outsider).rebuildKey(round, seat, key, maskHash, sharesHash);
}

function rebuildSeed(f: MaskedFixture, seat: number, changes: Partial<ReturnType<typeof aDealing>> = {}, round = 1) {
  const { seed, keyAddress, sharesHash } = { ...aDealing(f, 1, Math.min(seat, ABSENT)), ...changes };
  return f.task.connect(f.outsider).rebuildSeed(round, seat, seed, keyAddress, sharesHash);
}

function give(f: MaskedFixture, seat: number, owners: bigint, shares: string[], { by = seat, round = 1 } = {}) {
  return f.task.connect(f.trainers[by]!).giveShares(round, seat, owners, shares);
}

describe("MaskedTask: rebuildKey", () => {
  const fixture = () => networkHelpers.loadFixture(revealing);

  it("shows the key of who shared and did not commit, or whose update is missing, by anybody", async () => {
    const f = await fixture();
    await expect(rebuildKey(f, LATE))
      .to.emit(f.task, "KeyRebuilt")
      .withArgs(1, LATE, aDealing(f, 1, LATE).key);
    await expect(rebuildKey(f, STRUCK))
      .to.emit(f.task, "KeyRebuilt")
      .withArgs(1, STRUCK, aDealing(f, 1, STRUCK).key);
    expect((await setsOf(f.task, 1)).keys).to.equal(bits([LATE, STRUCK]));
    expect(await statusOf(f.task, 1, LATE)).to.equal("Shared");
    expect(await statusOf(f.task, 1, STRUCK)).to.equal("Struck");
  });

  it("starts the aggregation with the last secret, while revealing or recovering", async () => {
    const f = await fixture();
    await f.acts.revealSeed(1);
    await rebuildKey(f, LATE);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await rebuildKey(f, STRUCK);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    const later = await networkHelpers.loadFixture(recovering);
    await later.acts.rebuildSeed(1, [3]);
    await later.acts.rebuildKey(1);
    expect(await phaseOf(later.task)).to.equal("Aggregating");
  });

  it("refuses any key that was not dealt", async () => {
    const f = await fixture();
    const dealt = await f.task.dealingAt(1, LATE);
    const own = aDealing(f, 1, LATE);
    const negated = ethers.toBeHex(CURVE_ORDER - BigInt(own.key), 32);
    const wrong = [
      { key: ethers.id("another") },
      { key: negated },
      { key: aDealing(f, 1, STRUCK).key },
      { key: aDealing(f, 2, LATE).key },
      { key: own.seed },
      { maskHash: ethers.id("another") },
      { sharesHash: ethers.id("another") },
    ];
    for (const changes of wrong) {
      await expect(rebuildKey(f, LATE, changes))
        .to.be.revertedWithCustomError(f.task, "DealingMismatch")
        .withArgs(LATE, dealt, anyValue);
    }
  });

  it("refuses numbers that are no key: then one key has one form", async () => {
    const f = await fixture();
    for (const number of [0n, CURVE_ORDER, CURVE_ORDER + 1n, 2n ** 256n - 1n]) {
      await expect(rebuildKey(f, LATE, { key: ethers.toBeHex(number, 32) })).to.be.revertedWithCustomError(
        f.task,
        "NotAScalar",
      );
    }
  });

  it("is had once", async () => {
    const f = await fixture();
    await rebuildKey(f, LATE);
    await expect(rebuildKey(f, LATE)).to.be.revertedWithCustomError(f.task, "AlreadyKnown").withArgs(LATE);
  });

  it("is wanted of nobody else: not of members, not of who never shared, not of seats there are none", async () => {
    const f = await fixture();
    const wanted = bits([LATE, STRUCK]);
    for (const seat of [...MEMBERS, ABSENT]) {
      await expect(rebuildKey(f, seat))
        .to.be.revertedWithCustomError(f.task, "NotInTheSet")
        .withArgs(bits([seat]), wanted);
    }
    for (const seat of [7, 31, 32, 63, 128, 255, 256, 261, 65_535]) {
      await expect(rebuildKey(f, seat)).to.be.revertedWithCustomError(f.task, "NotInTheSet");
    }
  });

  it("is not open before the set is fixed, nor after all is known, nor for another round", async () => {
    const f = await networkHelpers.loadFixture(agreeing);
    await expect(rebuildKey(f, LATE))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Agreeing, PHASE.Revealing);
    await f.acts.agree(1);
    await expect(rebuildKey(f, LATE, {}, 2))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(2, 1);
    await f.acts.revealSeed(1);
    await f.acts.rebuildKey(1);
    await expect(rebuildKey(f, LATE))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Revealing);
  });
});

describe("MaskedTask: giveShares", () => {
  const fixture = () => networkHelpers.loadFixture(recovering);
  const share = aShare("seed", 1, 3, 0);

  it("says shares of the seeds that are missing", async () => {
    const f = await fixture();
    await expect(give(f, 0, bits([3]), [share]))
      .to.emit(f.task, "SharesGiven")
      .withArgs(1, 0, bits([3]), [share]);
  });

  it("is for those who have revealed, once, in their own seats", async () => {
    const f = await fixture();
    await give(f, 0, bits([3]), [share]);
    await expect(give(f, 0, bits([3]), [share]))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, 4);
    await expect(give(f, 3, bits([3]), [share]))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(3, 3);
    await expect(give(f, 5, bits([3]), [share]))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(5, 2);
    await expect(give(f, 1, bits([3]), [share], { by: 2 }))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(1, f.trainers[1]!.address, f.trainers[2]!.address);
  });

  it("is of members alone: of nobody whose key may be known", async () => {
    const f = await fixture();
    for (const owners of [bits([5]), bits([3, 6]), 1n << 7n, 1n << 32n, 1n << 255n]) {
      await expect(give(f, 0, owners, [share]))
        .to.be.revertedWithCustomError(f.task, "NotInTheSet")
        .withArgs(owners, bits([0, 1, 2, 3, 4]));
    }
  });

  it("brings as many shares as it names owners", async () => {
    const f = await fixture();
    for (const shares of [[], [share, share]]) {
      await expect(give(f, 0, bits([3]), shares))
        .to.be.revertedWithCustomError(f.task, "WrongNumberOfShares")
        .withArgs(shares.length, 1);
    }
  });

  it("has no place while members may still reveal, nor when all is known", async () => {
    const early = await networkHelpers.loadFixture(revealing);
    await early.acts.revealSeed(1, [0]);
    await expect(give(early, 0, bits([3]), [share]))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Revealing, PHASE.Recovering);
    const f = await fixture();
    await expect(give(f, 0, bits([3]), [share], { round: 2 }))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(2, 1);
    await f.acts.rebuildSeed(1, [3]);
    await f.acts.rebuildKey(1);
    await expect(give(f, 0, bits([3]), [share]))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Recovering);
  });
});

describe("MaskedTask: rebuildSeed", () => {
  const fixture = () => networkHelpers.loadFixture(recovering);

  it("shows the seed of a member that did not, by anybody: its update counts", async () => {
    const f = await fixture();
    await expect(rebuildSeed(f, 3))
      .to.emit(f.task, "SeedRebuilt")
      .withArgs(1, 3, aDealing(f, 1, 3).seed);
    expect(await statusOf(f.task, 1, 3)).to.equal("Rebuilt");
    await f.acts.rebuildKey(1);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    const { updates, divisor } = await f.task.proposal();
    expect(updates).to.equal(5n);
    expect(divisor).to.equal(BigInt([0, 1, 2, 3, 4].reduce((sum, seat) => sum + weightOf(seat), 0)));
  });

  it("is never drawn: whoever is drawn has shown its seed itself", async () => {
    const f = await fixture();
    const before = await f.task.queryFilter(f.task.filters.SeedRevealed(1));
    await rebuildSeed(f, 3);
    await f.acts.rebuildKey(1);
    await expect(
      f.task.connect(f.trainers[3]!).propose(1, 3, ethers.id("s"), ethers.id("m"), ethers.id("s"), ethers.id("m")),
    )
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(3, 5);
    await f.task
      .connect(f.trainers[Number(before.at(-1)!.args.drawn)]!)
      .propose(1, before.at(-1)!.args.drawn, ethers.id("s"), ethers.id("m"), ethers.id("s"), ethers.id("m"));
    expect(await phaseOf(f.task)).to.equal("Proposed");
  });

  it("refuses any seed that was not dealt", async () => {
    const f = await fixture();
    const dealt = await f.task.dealingAt(1, 3);
    const wrong = [
      { seed: ethers.id("another") },
      { seed: aDealing(f, 1, 0).seed },
      { seed: aDealing(f, 1, 3).key },
      { keyAddress: aDealing(f, 1, 0).keyAddress },
      { sharesHash: ethers.id("another") },
    ];
    for (const changes of wrong) {
      await expect(rebuildSeed(f, 3, changes))
        .to.be.revertedWithCustomError(f.task, "DealingMismatch")
        .withArgs(3, dealt, anyValue);
    }
  });

  it("is had once, however it was shown", async () => {
    const f = await fixture();
    await rebuildSeed(f, 3);
    for (const seat of [3, 0]) {
      await expect(rebuildSeed(f, seat)).to.be.revertedWithCustomError(f.task, "AlreadyKnown").withArgs(seat);
    }
  });

  it("has no place while members may still reveal: nobody is fined who was in time", async () => {
    const f = await networkHelpers.loadFixture(revealing);
    await expect(rebuildSeed(f, 3))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Revealing, PHASE.Recovering);
    await expect(rebuildSeed(f, 3, {}, 2))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(2, 1);
  });

  it("is over at the deadline: then the round is void", async () => {
    const f = await fixture();
    await rebuildSeed(f, 3);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(rebuildKey(f, LATE))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Revealing);
    await expect(rebuildSeed(f, 4))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Recovering);
  });
});

describe("MaskedTask: never both secrets of a seat", () => {
  /** Tries to bring each secret of each seat, as anybody and as its trainer, and says which are known. */
  async function bringEverything(f: MaskedFixture, order: "keys first" | "seeds first") {
    const seats = f.trainers.map((_, seat) => seat);
    const attempts = {
      keys: seats.map((seat) => () => rebuildKey(f, seat)),
      seeds: seats.flatMap((seat) => [
        () => rebuildSeed(f, seat),
        () => {
          const { seed, keyAddress, sharesHash } = aDealing(f, 1, seat);
          const shares = [4, 5].map((owner) => aShare("key", 1, owner, seat));
          return f.task.connect(f.trainers[seat]!).revealSeed(1, seat, seed, keyAddress, sharesHash, shares);
        },
      ]),
    };
    const { keys, seeds } = attempts;
    for (const attempt of order === "keys first" ? [...keys, ...seeds] : [...seeds, ...keys]) {
      await attempt().catch(() => undefined);
    }
    return setsOf(f.task, 1);
  }

  for (const order of ["keys first", "seeds first"] as const) {
    it(`${order}, while revealing`, async () => {
      const f = await networkHelpers.loadFixture(revealing);
      const known = await bringEverything(f, order);
      expect([known.seeds, known.keys]).to.deep.equal([bits(MEMBERS), bits([LATE, STRUCK])]);
    });

    it(`${order}, while recovering`, async () => {
      const f = await networkHelpers.loadFixture(recovering);
      const known = await bringEverything(f, order);
      expect([known.seeds, known.keys]).to.deep.equal([bits([0, 1, 2, 3, 4]), bits([5, 6])]);
    });
  }

  it("none of any seat before the set is fixed, nor after the round is void", async () => {
    const f = await networkHelpers.loadFixture(agreeing);
    const none = [0n, 0n];
    for (const order of ["keys first", "seeds first"] as const) {
      const { seeds, keys } = await bringEverything(f, order);
      expect([seeds, keys]).to.deep.equal(none);
    }
    await passDeadline(f.task);
    const { seeds, keys } = await bringEverything(f, "seeds first");
    expect([seeds, keys]).to.deep.equal(none);
  });
});

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

async function agreeing() {
  const f = await aMaskedTaskWith(SEVEN);
  await f.acts.until("Agreeing", 1, { share: [0, 1, 2, 3, 4, 5], commit: [0, 1, 2, 3, 4] });
  return f;
}
