import { expect } from "chai";
import { PHASE, actsOf, aTaskWith, ethers, networkHelpers, passDeadline, phaseOf } from "../support/task.ts";

const aTask = () => aTaskWith({ staked: 3 });
const fixture = () => networkHelpers.loadFixture(aTask);

describe("TrainingTask: cancel", () => {
  it("gives everything back at once while the first round is being entered", async () => {
    const f = await fixture();
    await actsOf(f).enter([0, 1]);
    const cancelling = f.task.cancel();
    await expect(cancelling).to.changeTokenBalances(ethers, f.token, [f.sponsor, f.taskAddress], [f.budget, -f.budget]);
    await expect(cancelling).to.emit(f.task, "CancelRequested");
    await expect(cancelling).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Entering);
    await expect(cancelling).to.emit(f.task, "TaskClosed").withArgs(0);
    await expect(cancelling).to.emit(f.task, "BudgetRefunded").withArgs(f.budget);
    expect((await f.task.progress())[1]).to.equal(true);
  });

  it("harms nobody who had entered: no fine, and the stake is free", async () => {
    const f = await fixture();
    await actsOf(f).enter([0, 1]);
    await f.task.cancel();
    await expect(f.task.settle(1, 0)).to.not.emit(f.task, "SeatFined");
    await f.vault.connect(f.trainers[0]!).thaw(f.taskAddress, f.rules.minStake);
    await networkHelpers.time.increase(await f.task.thawSeconds());
    await expect(f.vault.connect(f.trainers[0]!).withdraw(f.taskAddress)).to.changeTokenBalance(
      ethers,
      f.token,
      f.trainers[0]!,
      f.rules.minStake,
    );
  });

  it("lets a round in which somebody trains run to its end and be paid", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commitAndEnter(1);
    await expect(f.task.cancel()).to.not.emit(f.task, "TaskClosed");
    await expect(f.task.refund()).to.be.revertedWithCustomError(f.task, "TaskStillRuns");
    await actsOf(f).reveal(1);
    await actsOf(f).propose(1);
    const final = actsOf(f).finalise();
    await expect(final).to.emit(f.task, "TaskClosed").withArgs(1);
    await expect(final).to.emit(f.task, "RoundVoided").withArgs(2, PHASE.Entering); // the round entered ahead
    const [, , , earned] = await f.task.progress();
    await expect(f.task.connect(f.outsider).refund()).to.changeTokenBalance(
      ethers,
      f.token,
      f.sponsor,
      f.budget - earned,
    );
    for (const trainer of f.trainers) await f.task.claim(trainer.address);
    await f.task.claim(f.outsider.address);
    expect(await f.token.balanceOf(f.taskAddress)).to.equal(0n);
    for (const trainer of f.trainers) await f.task.release(trainer.address);
  });

  it("ends with a void round, too", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await f.task.cancel();
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "TaskClosed").withArgs(0);
    await expect(f.task.refund()).to.changeTokenBalance(ethers, f.token, f.sponsor, f.budget);
  });

  it("waits for advance where the entries have closed with too few", async () => {
    const f = await fixture();
    await actsOf(f).enter([0]);
    await passDeadline(f.task);
    await expect(f.task.cancel()).to.not.emit(f.task, "TaskClosed");
    await f.task.advance();
    await expect(f.task.refund()).to.changeTokenBalance(ethers, f.token, f.sponsor, f.budget);
  });

  it("is the sponsor's alone, while there is a task to end", async () => {
    const f = await fixture();
    await expect(f.task.connect(f.trainers[0]!).cancel())
      .to.be.revertedWithCustomError(f.task, "NotSponsor")
      .withArgs(f.trainers[0]!.address, f.sponsor.address);
    await f.task.cancel();
    await expect(f.task.cancel()).to.be.revertedWithCustomError(f.task, "TaskIsClosed");
  });

  it("ends a task without any budget", async () => {
    const f = await networkHelpers.loadFixture(aTaskForNothing);
    expect(f.budget).to.equal(0n);
    await expect(f.task.cancel()).to.emit(f.task, "TaskClosed");
    await expect(f.task.refund()).to.be.revertedWithCustomError(f.task, "NothingToRefund");
  });
});

describe("TrainingTask: refund", () => {
  it("gives back what rounding left when all rounds are done", async () => {
    const f = await networkHelpers.loadFixture(aTaskOfTwoRounds);
    await actsOf(f).wholeRound(1);
    await expect(f.task.refund()).to.be.revertedWithCustomError(f.task, "TaskStillRuns");
    await actsOf(f).wholeRound(2);
    expect(await phaseOf(f.task)).to.equal("Final");
    const [, , , earned] = await f.task.progress();
    expect(earned).to.be.lessThan(f.budget);
    await expect(f.task.connect(f.outsider).refund()).to.changeTokenBalance(
      ethers,
      f.token,
      f.sponsor,
      f.budget - earned,
    );
  });

  it("comes once", async () => {
    const f = await fixture();
    await f.task.cancel();
    await expect(f.task.refund()).to.be.revertedWithCustomError(f.task, "NothingToRefund");
  });

  it("leaves what trainers have earned and not claimed yet", async () => {
    const f = await networkHelpers.loadFixture(aTaskOfTwoRounds);
    await actsOf(f).wholeRound(1);
    await actsOf(f).wholeRound(2);
    await f.task.refund();
    for (const account of [...f.trainers, f.outsider]) await f.task.claim(account.address);
    expect(await f.token.balanceOf(f.taskAddress)).to.equal(0n);
  });
});

async function aTaskForNothing() {
  return aTaskWith({ staked: 2, rules: { dataPot: 0n, computePot: 0n, aggregatorPay: 0n, advanceTip: 0n } });
}

async function aTaskOfTwoRounds() {
  return aTaskWith({ staked: 3, rules: { rounds: 2 } });
}
