import { expect } from "chai";
import type { CallbackToken, RefusingToken } from "../../types/ethers-contracts/index.js";
import { actsOf, aTaskWith, ethers, GENESIS, networkHelpers, passDeadline } from "../support/task.ts";

const REENTERED = ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10);

/** Two rounds are final, paid in a token that can call back in the middle of a transfer; a third is being entered. */
async function paidInACallbackToken() {
  const f = await aTaskWith({ staked: 3, payIn: "CallbackToken" });
  await actsOf(f).wholeRound(1);
  await actsOf(f).wholeRound(2);
  const hooked = (await ethers.getContractAt("CallbackToken", f.config.rewardToken)) as unknown as CallbackToken;
  return { ...f, hooked };
}

describe("TrainingTask: a reward token that calls back", () => {
  const fixture = () => networkHelpers.loadFixture(paidInACallbackToken);

  it("claims nothing twice", async () => {
    const f = await fixture();
    const trainer = f.trainers[0]!.address;
    const due = await f.task.claimable(trainer);
    await f.hooked.arm(f.taskAddress, f.task.interface.encodeFunctionData("claim", [trainer]));
    await f.task.claim(trainer);
    expect(await f.hooked.returned()).to.equal(REENTERED);
    expect(await f.hooked.balanceOf(trainer)).to.equal(due);
  });

  it("gets no refund in the middle of a claim, nor a second one in the middle of the first", async () => {
    const f = await fixture();
    const before = await f.hooked.balanceOf(f.sponsor.address);
    await f.hooked.arm(f.taskAddress, f.task.interface.encodeFunctionData("refund"));
    await f.task.cancel();
    expect(await f.hooked.returned()).to.equal(REENTERED);
    const [, , , earned] = await f.task.progress();
    expect((await f.hooked.balanceOf(f.sponsor.address)) - before).to.equal(f.budget - earned);
    await f.hooked.arm(f.taskAddress, f.task.interface.encodeFunctionData("refund"));
    await f.task.claim(f.trainers[0]!.address);
    expect(await f.hooked.returned()).to.equal(REENTERED);
  });

  it("changes nothing by acts that are open in the middle of a claim", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await passDeadline(f.task); // round 3 is void and can be written down
    await f.hooked.arm(f.taskAddress, f.task.interface.encodeFunctionData("advance"));
    const due = await f.task.claimable(f.trainers[0]!.address);
    await f.task.claim(f.trainers[0]!.address);
    expect(await f.hooked.succeeded()).to.equal(true);
    expect(await f.hooked.balanceOf(f.trainers[0]!.address)).to.equal(due);
    expect((await f.task.clock())[0]).to.equal(4n);
  });

  it("opens no task with another beginning than Foedus announced", async () => {
    const f = await fixture();
    await f.hooked.approve(await f.foedus.getAddress(), f.budget);
    const next = ethers.getCreateAddress({
      from: await f.foedus.getAddress(),
      nonce: await ethers.provider.getTransactionCount(await f.foedus.getAddress()),
    });
    const another = { ...GENESIS, modelRoot: ethers.id("another model") };
    await f.hooked.arm(next, f.task.interface.encodeFunctionData("open", [another]));
    await expect(f.foedus.openTask(f.config, GENESIS)).to.be.revertedWithCustomError(f.task, "AlreadyOpened");
    await f.hooked.arm(
      await f.foedus.getAddress(),
      f.foedus.interface.encodeFunctionData("openTask", [f.config, another]),
    );
    await f.foedus.openTask(f.config, GENESIS);
    expect(await f.hooked.returned()).to.equal(REENTERED);
    expect(await f.foedus.taskCount()).to.equal(2n);
  });
});

describe("TrainingTask: a reward token that refuses", () => {
  it("leaves the reward to be claimed later, and the rounds going on", async () => {
    const f = await networkHelpers.loadFixture(paidInARefusingToken);
    await f.refusing.refuse(true);
    const trainer = f.trainers[0]!;
    const due = await f.task.claimable(trainer.address);
    await expect(f.task.claim(trainer.address)).to.be.revertedWithCustomError(f.task, "SafeERC20FailedOperation");
    await actsOf(f).wholeRound(2);
    await f.refusing.refuse(false);
    await f.task.claim(trainer.address);
    expect(await f.refusing.balanceOf(trainer.address)).to.be.greaterThan(due);
  });
});

async function paidInARefusingToken() {
  const f = await aTaskWith({ staked: 3, payIn: "RefusingToken" });
  await actsOf(f).wholeRound(1);
  const refusing = (await ethers.getContractAt("RefusingToken", f.config.rewardToken)) as unknown as RefusingToken;
  return { ...f, refusing };
}
