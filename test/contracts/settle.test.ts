import { expect } from "chai";
import { actsOf, aTaskWith, ethers, networkHelpers, passDeadline } from "../support/task.ts";

const BURNT = "0x000000000000000000000000000000000000dEaD";

/** Round 1 is final; seat 2 committed and never revealed. */
async function afterARound() {
  const f = await aTaskWith({ staked: 3 });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1, [0, 1]);
  await passDeadline(f.task);
  await actsOf(f).propose(1);
  await actsOf(f).finalise();
  return f;
}
const fixture = () => networkHelpers.loadFixture(afterARound);

describe("TrainingTask: settle", () => {
  it("fines a missed deadline: a quarter to the caller, the rest burnt", async () => {
    const f = await fixture();
    const fine = f.rules.missFine;
    const settling = f.task.connect(f.outsider).settle(1, 2);
    await expect(settling).to.emit(f.task, "SeatFined").withArgs(1, 2, f.trainers[2]!.address, fine);
    await expect(settling).to.changeTokenBalances(
      ethers,
      f.token,
      [f.outsider, BURNT, f.vault],
      [fine / 4n, fine - fine / 4n, -fine],
    );
    const [stake] = await f.vault.stakeOf(f.taskAddress, f.trainers[2]!.address);
    expect(stake).to.equal(f.rules.minStake - fine);
  });

  it("fines once, and does nothing the second time", async () => {
    const f = await fixture();
    await f.task.settle(1, 2);
    await expect(f.task.settle(1, 2)).to.not.emit(f.task, "SeatFined");
    await f.task.release(f.trainers[2]!.address);
    await f.task.claim(f.trainers[2]!.address);
    expect((await f.task.queryFilter(f.task.filters.SeatFined())).length).to.equal(1);
  });

  it("credits a reward once, by whichever way it is settled", async () => {
    const f = await fixture();
    const due = await f.task.claimable(f.trainers[0]!.address);
    await f.task.settle(1, 0);
    await f.task.settle(1, 0);
    await f.task.release(f.trainers[0]!.address);
    expect(await f.task.claimable(f.trainers[0]!.address)).to.equal(due);
    expect(await f.task.claim.staticCall(f.trainers[0]!.address)).to.equal(due);
  });

  it("takes thawing stake too", async () => {
    const f = await fixture();
    await f.vault.connect(f.trainers[2]!).thaw(f.taskAddress, f.rules.minStake);
    await f.task.settle(1, 2);
    expect((await f.vault.stakeOf(f.taskAddress, f.trainers[2]!.address)).slice(0, 2)).to.deep.equal([
      f.rules.minStake - f.rules.missFine,
      f.rules.minStake - f.rules.missFine,
    ]);
  });

  it("waits until the round is over", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await expect(f.task.settle(2, 0)).to.be.revertedWithCustomError(f.task, "RoundStillOpen").withArgs(2);
    await passDeadline(f.task);
    await passDeadline(f.task); // over by the clock, but not written down yet
    await expect(f.task.settle(2, 0)).to.be.revertedWithCustomError(f.task, "RoundStillOpen").withArgs(2);
    await f.task.advance();
    await expect(f.task.settle(2, 0)).to.emit(f.task, "SeatFined");
  });

  it("knows a seat only by its last round", async () => {
    const f = await fixture();
    await expect(f.task.settle(3, 0)).to.be.revertedWithCustomError(f.task, "WrongRound").withArgs(3, 1);
    await expect(f.task.settle(0, 0)).to.be.revertedWithCustomError(f.task, "WrongRound").withArgs(0, 0);
    await expect(f.task.settle(1, 3)).to.be.revertedWithCustomError(f.task, "WrongRound").withArgs(1, 0);
  });

  it("takes the fine when the seat is taken again, for whoever takes it", async () => {
    const f = await fixture();
    await passDeadline(f.task);
    await f.task.advance(); // nobody enters round 2
    const entering = f.task.connect(f.trainers[0]!).enter(2, 5);
    await expect(entering).to.emit(f.task, "SeatFined").withArgs(1, 2, f.trainers[2]!.address, f.rules.missFine);
    await expect(entering).to.changeTokenBalance(ethers, f.token, f.trainers[0]!, f.rules.missFine / 4n);
  });

  it("takes the fine when its trainer enters again elsewhere", async () => {
    const f = await fixture();
    await f.vault.connect(f.trainers[2]!).deposit(f.taskAddress, f.rules.minStake);
    await actsOf(f).enter(); // round 2: round 1 becomes the one before
    await passDeadline(f.task);
    await actsOf(f).commit(2, [2]);
    await passDeadline(f.task);
    await f.task.advance();
    await expect(f.task.connect(f.trainers[2]!).enter(3, 5))
      .to.emit(f.task, "SeatFined")
      .withArgs(1, 2, f.trainers[2]!.address, f.rules.missFine);
  });
});

describe("TrainingTask: release", () => {
  it("settles a trainer's seats, and burns all of a fine when the vault asks", async () => {
    const f = await fixture();
    const trainer = f.trainers[2]!;
    await f.vault.connect(trainer).thaw(f.taskAddress, f.rules.minStake);
    await networkHelpers.time.increase(await f.task.thawSeconds());
    const withdrawal = f.vault.connect(trainer).withdraw(f.taskAddress);
    const left = f.rules.minStake - f.rules.missFine;
    await expect(withdrawal).to.changeTokenBalances(
      ethers,
      f.token,
      [trainer, BURNT, f.vault],
      [left, f.rules.missFine, -f.rules.minStake],
    );
  });

  it("holds a trainer that sits in a round that is not over", async () => {
    const f = await fixture();
    await actsOf(f).enter([0]);
    await expect(f.task.release(f.trainers[0]!.address))
      .to.be.revertedWithCustomError(f.task, "RoundStillOpen")
      .withArgs(2);
    await f.task.release(f.trainers[1]!.address);
    await f.task.release(f.outsider.address);
  });
});
