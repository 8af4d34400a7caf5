import { expect } from "chai";
import { aMaskedTaskWith, statusOf, setsOf } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, weightOf } from "../../support/task.ts";

const BURNT = "0x000000000000000000000000000000000000dEaD";

/** What each seat of the round does: of each kind there is one, and five do everything. */
const [NEVER_SHARED, NEVER_COMMITTED, STRUCK, VANISHED] = [0, 1, 2, 3];
const HONEST = [4, 5, 6, 7, 8];

/** Amounts that do not divide evenly. */
const AMOUNTS = { missFine: 1_000_003n, dataPot: 1_000_000_007n, computePot: 1_000_000_009n, aggregatorPay: 11n };

async function afterARound() {
  const f = await aMaskedTaskWith({
    trainers: 9,
    rules: { maxTrainers: 9, minTrainers: 5, shareThreshold: 5, advanceTip: 7n, ...AMOUNTS },
  });
  await f.acts.until("Proposed", 1, {
    share: [1, 2, 3, 4, 5, 6, 7, 8],
    commit: [2, 3, 4, 5, 6, 7, 8],
    missing: [STRUCK],
    reveal: HONEST,
  });
  const proposer = (await f.task.proposal()).seat;
  await f.acts.finalise();
  return { ...f, proposer: Number(proposer) };
}
const fixture = () => networkHelpers.loadFixture(afterARound);

describe("MaskedTask: who is paid and who is fined", () => {
  it("counts the updates of the set: of those who revealed, and of those who had to be rebuilt", async () => {
    const f = await fixture();
    const statuses = await Promise.all(f.trainers.map((_, seat) => statusOf(f.task, 1, seat)));
    expect(statuses.slice(0, 5)).to.deep.equal(["Entered", "Shared", "Struck", "Rebuilt", "Revealed"]);
    const weight = BigInt([VANISHED, ...HONEST].reduce((sum, seat) => sum + weightOf(seat), 0));
    const rate = f.rules.dataPot / weight;
    const share = f.rules.computePot / 6n;
    for (const seat of f.trainers.keys()) {
      const counts = seat >= VANISHED;
      const due = counts ? rate * BigInt(weightOf(seat)) + share : 0n;
      const extra = seat === f.proposer ? f.rules.aggregatorPay : 0n;
      expect(await f.task.claimable(f.trainers[seat]!.address)).to.equal(due + extra, `seat ${seat}`);
    }
    expect(await f.task.claimable(f.outsider.address)).to.equal(f.rules.advanceTip);
  });

  it("fines missed deadlines: not sharing, not committing, not revealing; not that others lack an update", async () => {
    const f = await fixture();
    for (const seat of f.trainers.keys()) await f.task.connect(f.outsider).settle(1, seat);
    const fined = (await f.task.queryFilter(f.task.filters.SeatFined(1))).map(({ args }) => Number(args.seat));
    expect(fined).to.deep.equal([NEVER_SHARED, NEVER_COMMITTED, VANISHED]);
    const fine = f.rules.missFine;
    for (const seat of f.trainers.keys()) {
      const [stake] = await f.vault.stakeOf(f.taskAddress, f.trainers[seat]!.address);
      expect(stake).to.equal(f.rules.minStake - (fined.includes(seat) ? fine : 0n), `seat ${seat}`);
    }
    const part = fine / 4n;
    expect(await f.token.balanceOf(f.outsider.address)).to.equal(part * 3n);
    expect(await f.token.balanceOf(BURNT)).to.equal((fine - part) * 3n);
  });

  it("pays and fines once, by whichever way a seat is settled", async () => {
    const f = await fixture();
    const trainer = f.trainers[VANISHED]!.address;
    const due = await f.task.claimable(trainer);
    await f.task.settle(1, VANISHED);
    await f.task.settle(1, VANISHED);
    await f.task.release(trainer);
    expect(await f.task.claimable(trainer)).to.equal(due);
    await f.task.claim(trainer);
    await f.task.claim(trainer);
    expect(await f.token.balanceOf(trainer)).to.equal(due + f.rules.minStake);
    expect((await f.task.queryFilter(f.task.filters.SeatFined(1))).length).to.equal(1);
  });

  it("loses nothing: after the end no token is left in the task, and all are somewhere", async () => {
    const f = await fixture();
    const supply = await f.token.totalSupply();
    await f.task.connect(f.sponsor).cancel();
    for (const trainer of f.trainers) {
      await f.task.claim(trainer.address);
      await f.vault.connect(trainer).thaw(f.taskAddress, await f.vault.eligible(f.taskAddress, trainer.address));
    }
    await f.task.claim(f.outsider.address);
    await networkHelpers.time.increase(await f.task.thawSeconds());
    for (const trainer of f.trainers) await f.vault.connect(trainer).withdraw(f.taskAddress);
    expect(await f.token.balanceOf(f.taskAddress)).to.equal(0n);
    expect(await f.token.balanceOf(await f.vault.getAddress())).to.equal(0n);
    const holders = [...f.trainers, f.sponsor, f.outsider].map(({ address }) => f.token.balanceOf(address));
    const held = (await Promise.all(holders)).reduce((sum, balance) => sum + balance, 0n);
    expect(held + (await f.token.balanceOf(BURNT))).to.equal(supply);
  });
});

describe("MaskedTask: rounds in the same slots", () => {
  it("five rounds, with others missing in each, know nothing of each other", async () => {
    const f = await networkHelpers.loadFixture(fiveRounds);
    const casts = [
      { share: [0, 1, 2, 3], commit: [0, 1, 2], members: 0b00111n, shared: 0b01111n },
      { enter: [1, 2, 3, 4], members: 0b11110n, shared: 0b11110n },
      { commit: [1, 2, 3, 4], missing: [1], members: 0b11100n, shared: 0b11111n },
      { commit: [0, 1, 2, 4], reveal: [0, 1, 4], members: 0b10111n, shared: 0b11111n },
      { members: 0b11111n, shared: 0b11111n },
    ];
    for (const [i, { members, shared, ...cast }] of casts.entries()) {
      const round = i + 1;
      await f.acts.until("Sharing", round, cast);
      const nothing = { shared: 0n, members: 0n, seeds: 0n, keys: 0n };
      expect(await setsOf(f.task, round), `round ${round} begins`).to.deep.equal(nothing);
      await f.acts.until("Proposed", round, { enter: [], ...cast });
      if (round > 1) expect((await setsOf(f.task, round - 1)).members).to.equal(casts[i - 1]!.members);
      const keys = shared & ~members;
      const all = { shared, members, seeds: members, keys };
      expect(await setsOf(f.task, round), `round ${round}`).to.deep.equal(all);
      await f.acts.finalise();
      expect((await setsOf(f.task, round)).members).to.equal(members);
      if (round > 1 && round < casts.length) expect(await f.task.cohorts(round - 1)).to.deep.equal([]);
    }
    expect((await f.task.progress()).slice(0, 2)).to.deep.equal([5n, true]);
  });

  it("what a seat dealt two rounds ago is not taken for what it has not dealt now", async () => {
    const f = await networkHelpers.loadFixture(fiveRounds);
    await f.acts.wholeRound(1);
    await f.acts.wholeRound(2);
    await f.acts.until("Revealing", 3, { share: [0, 1, 2, 3], commit: [0, 1, 2] });
    const stale = await f.task.dealingAt(3, 4); // seat 4 has not shared: its slot still holds round 1
    expect(stale).to.not.equal(ethers.ZeroHash);
    expect(stale).to.equal(await f.task.dealingAt(1, 4));
    await expect(f.acts.rebuildKey(1, [4])).to.be.revertedWithCustomError(f.task, "WrongRound");
    await expect(f.acts.rebuildKey(3, [4])).to.be.revertedWithCustomError(f.task, "NotInTheSet");
    await expect(f.acts.revealSeed(1, [0]))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(1, 3);
  });

  it("rounds that run into each other: those who stay enter the next with their commitment", async () => {
    const f = await networkHelpers.loadFixture(fiveRounds);
    await f.acts.enter();
    for (let round = 1; round <= 5; round++) {
      await f.acts.share(round);
      if (round < 5) await f.acts.commitAndEnter(round);
      else await f.acts.commit(round);
      await f.acts.agree(round);
      await f.acts.revealSeed(round);
      await f.acts.propose(round);
      await f.acts.finalise();
    }
    expect((await f.task.progress()).slice(0, 2)).to.deep.equal([5n, true]);
    for (const trainer of f.trainers) await f.task.claim(trainer.address);
    await f.task.claim(f.outsider.address);
    const left = f.budget - (await f.task.progress()).earned;
    expect(await f.token.balanceOf(f.taskAddress)).to.equal(left);
  });
});

async function fiveRounds() {
  return aMaskedTaskWith({ rules: { rounds: 5, missFine: 0n } });
}
