import { expect } from "chai";
import { actsOf, aTaskWith, ethers, networkHelpers, passDeadline } from "../support/task.ts";

/** Three have worked in three rounds; a fourth round is under way. */
async function afterRounds() {
  const f = await aTaskWith({ staked: 3, rules: { rounds: 10 } });
  for (const round of [1, 2, 3]) await actsOf(f).wholeRound(round, { stay: true });
  return f;
}
const fixture = () => networkHelpers.loadFixture(afterRounds);

describe("TrainingTask: claim", () => {
  it("pays all rounds that are over in one call, and what claimable said", async () => {
    const f = await fixture();
    const finals = await f.task.queryFilter(f.task.filters.RoundFinalised());
    const proposals = await f.task.queryFilter(f.task.filters.ModelProposed());
    expect(finals.length).to.equal(3);
    for (const [seat, trainer] of f.trainers.entries()) {
      let due = 0n;
      for (const { args } of finals) {
        due += args.dataRate * BigInt(10 + seat) + args.computeShare;
      }
      due += BigInt(proposals.filter(({ args }) => Number(args.seat) === seat).length) * f.rules.aggregatorPay;
      expect(await f.task.claimable(trainer.address)).to.equal(due);
      const claiming = f.task.claim(trainer.address);
      await expect(claiming).to.changeTokenBalance(ethers, f.token, trainer, due);
      await expect(claiming).to.emit(f.task, "RewardClaimed").withArgs(trainer.address, trainer.address, due, 0);
    }
  });

  it("pays nothing the second time, which is no error", async () => {
    const f = await fixture();
    await f.task.claim(f.trainers[0]!.address);
    const again = f.task.claim(f.trainers[0]!.address);
    await expect(again).to.changeTokenBalance(ethers, f.token, f.trainers[0]!, 0n);
    await expect(again).to.not.emit(f.task, "RewardClaimed");
  });

  it("pays the trainer, whoever calls", async () => {
    const f = await fixture();
    const due = await f.task.claimable(f.trainers[1]!.address);
    await expect(f.task.connect(f.trainers[0]!).claim(f.trainers[1]!.address)).to.changeTokenBalances(
      ethers,
      f.token,
      [f.trainers[0]!, f.trainers[1]!],
      [0n, due],
    );
  });

  it("pays what is due while the trainer sits in a round that is not over, and the rest later", async () => {
    const f = await fixture();
    const earlier = await f.task.claimable(f.trainers[0]!.address);
    await passDeadline(f.task);
    await actsOf(f).commit(4);
    await actsOf(f).reveal(4);
    expect(await f.task.claim.staticCall(f.trainers[0]!.address)).to.equal(earlier);
    await f.task.claim(f.trainers[0]!.address);
    await actsOf(f).propose(4);
    await actsOf(f).finalise();
    expect(await f.task.claimable(f.trainers[0]!.address)).to.be.greaterThan(f.rules.computePot / 3n);
  });

  it("adds up: the budget is what was paid, what comes back and what is still to be claimed", async () => {
    const f = await fixture();
    await f.task.claim(f.trainers[0]!.address);
    await f.task.claim(f.outsider.address);
    await passDeadline(f.task);
    await f.task.cancel();
    await passDeadline(f.task);
    await f.task.advance(); // nobody commits: void, and the task is closed
    const before = await f.token.balanceOf(f.sponsor.address);
    await f.task.refund();
    const refunded = (await f.token.balanceOf(f.sponsor.address)) - before;
    const claims = await f.task.queryFilter(f.task.filters.RewardClaimed());
    const paid = claims.reduce((sum, { args }) => sum + args.amount, 0n);
    const held = await f.token.balanceOf(f.taskAddress);
    expect(paid + refunded + held).to.equal(f.budget);
    const due = await Promise.all(f.trainers.map(({ address }) => f.task.claimable(address)));
    expect(due.reduce((a, b) => a + b)).to.equal(held);
    for (const trainer of f.trainers) await f.task.claim(trainer.address);
    expect(await f.token.balanceOf(f.taskAddress)).to.equal(0n);
  });
});
