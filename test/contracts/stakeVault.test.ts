import { expect } from "chai";
import type { CallbackToken, FeeToken, SlashingTask, StakeVault } from "../../types/ethers-contracts/index.js";
import { permitOf } from "../support/permit.ts";
import { actsOf, aTaskWith, deployParts, ethers, networkHelpers, passDeadline, TOKEN } from "../support/task.ts";

const BURNT = "0x000000000000000000000000000000000000dEaD";
const THAW_SECONDS = 100n;
const STAKE = 10n * TOKEN;

/** The vault and a task that slashes at will; Ada and Bob have tokens that the vault may take, Ada's stake is in. */
async function aStake() {
  const parts = await deployParts();
  const { token, vault, others } = parts;
  const [ada, bob] = others as [(typeof others)[0], (typeof others)[0]];
  const task = (await ethers.deployContract("SlashingTask", [vault, THAW_SECONDS])) as unknown as SlashingTask;
  const address = await task.getAddress();
  const vaultAddress = await vault.getAddress();
  for (const trainer of [ada, bob]) {
    await token.transfer(trainer.address, 3n * STAKE);
    await token.connect(trainer).approve(vaultAddress, 3n * STAKE);
  }
  await vault.connect(ada).deposit(address, STAKE);
  return { ...parts, task, address, vaultAddress, ada, bob };
}
const aTask = () => aTaskWith();
const fixture = () => networkHelpers.loadFixture(aStake);

describe("StakeVault: deposit", () => {
  it("credits the depositor, for one task", async () => {
    const { vault, token, address, ada, bob } = await fixture();
    await expect(vault.connect(bob).deposit(address, 7n)).to.emit(vault, "StakeDeposited").withArgs(address, bob, 7n);
    expect(await vault.stakeOf(address, bob)).to.deep.equal([7n, 0n, 0n]);
    expect(await vault.eligible(address, bob)).to.equal(7n);
    expect(await vault.stakeOf(bob, bob)).to.deep.equal([0n, 0n, 0n]);
    expect(await vault.eligible(address, ada)).to.equal(STAKE);
    expect(await token.balanceOf(vault)).to.equal(STAKE + 7n);
    expect(await vault.token()).to.equal(await token.getAddress());
  });

  it("adds to what is there", async () => {
    const { vault, address, ada } = await fixture();
    await vault.connect(ada).deposit(address, 1n);
    expect(await vault.eligible(address, ada)).to.equal(STAKE + 1n);
  });

  it("takes a signature instead of an allowance, and is not stopped by who sends that first", async () => {
    const { vault, vaultAddress, token, address, ada, bob } = await fixture();
    await token.connect(ada).approve(vaultAddress, 0);
    const first = await permitOf(token, ada, vaultAddress, 5n);
    await vault.connect(ada).depositWithPermit(address, 5n, first.deadline, first.v, first.r, first.s);
    const second = await permitOf(token, ada, vaultAddress, 6n);
    const { deadline, v, r, s } = second;
    await token.connect(bob).permit(ada.address, vaultAddress, 6n, deadline, v, r, s);
    await vault.connect(ada).depositWithPermit(address, 6n, deadline, v, r, s);
    expect(await vault.eligible(address, ada)).to.equal(STAKE + 11n);
    await expect(vault.connect(ada).depositWithPermit(address, 6n, deadline, v, r, s)).to.be.revertedWithCustomError(
      token,
      "ERC20InsufficientAllowance",
    );
  });

  it("refuses nothing at all, and more than fits", async () => {
    const { vault, address, ada } = await fixture();
    await expect(vault.connect(ada).deposit(address, 0)).to.be.revertedWithCustomError(vault, "ZeroAmount");

    const hugeToken = await ethers.deployContract("FoedusToken", [2n ** 105n, ada.address]);
    const hugeVault = (await ethers.deployContract("StakeVault", [hugeToken])) as unknown as StakeVault;
    await hugeToken.connect(ada).getFunction("approve")(hugeVault, 2n ** 105n);
    await hugeVault.connect(ada).deposit(address, 2n ** 104n - 1n);
    await expect(hugeVault.connect(ada).deposit(address, 1n))
      .to.be.revertedWithCustomError(hugeVault, "StakeTooLarge")
      .withArgs(2n ** 104n, 2n ** 104n - 1n);
  });

  it("credits what arrives of a token that takes a fee", async () => {
    const { address, ada } = await fixture();
    const token = (await ethers.deployContract("FeeToken", [1000n], ada)) as unknown as FeeToken;
    const vault = (await ethers.deployContract("StakeVault", [token])) as unknown as StakeVault;
    await token.connect(ada).approve(vault, 1000n);
    await vault.connect(ada).deposit(address, 1000n);
    expect(await vault.eligible(address, ada)).to.equal(990n);
  });

  it("credits nothing twice to a token that comes back in the middle", async () => {
    const { address, ada } = await fixture();
    const token = (await ethers.deployContract("CallbackToken", [1000n], ada)) as unknown as CallbackToken;
    const vault = (await ethers.deployContract("StakeVault", [token])) as unknown as StakeVault;
    await token.connect(ada).approve(vault, 1000n);
    await token.arm(vault, vault.interface.encodeFunctionData("deposit", [address, 1n]));
    await vault.connect(ada).deposit(address, 100n);
    expect(await token.succeeded()).to.equal(false);
    expect(await token.returned()).to.equal(ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10));
    expect(await vault.eligible(address, ada)).to.equal(100n);
  });
});

describe("StakeVault: thaw and withdraw", () => {
  it("stops counting at once, and leaves after the task's thawing time", async () => {
    const { vault, token, address, ada } = await fixture();
    const thawing = await vault.connect(ada).thaw(address, 4n * TOKEN);
    const thawedAt = BigInt(await networkHelpers.time.latest()) + THAW_SECONDS;
    await expect(thawing)
      .to.emit(vault, "StakeThawing")
      .withArgs(address, ada, 4n * TOKEN, thawedAt);
    expect(await vault.eligible(address, ada)).to.equal(6n * TOKEN);

    await networkHelpers.time.setNextBlockTimestamp(thawedAt - 1n);
    await expect(vault.connect(ada).withdraw(address))
      .to.be.revertedWithCustomError(vault, "StillThawing")
      .withArgs(thawedAt);
    await networkHelpers.time.setNextBlockTimestamp(thawedAt);
    const withdrawal = vault.connect(ada).withdraw(address);
    await expect(withdrawal).to.changeTokenBalance(ethers, token, ada, 4n * TOKEN);
    await expect(withdrawal)
      .to.emit(vault, "StakeWithdrawn")
      .withArgs(address, ada, 4n * TOKEN);
    expect((await vault.stakeOf(address, ada)).slice(0, 2)).to.deep.equal([6n * TOKEN, 0n]);
  });

  it("starts the clock anew for all when more thaws", async () => {
    const { vault, address, ada } = await fixture();
    await vault.connect(ada).thaw(address, 1n);
    await networkHelpers.time.increase(THAW_SECONDS - 5n);
    await vault.connect(ada).thaw(address, 2n);
    const thawedAt = BigInt(await networkHelpers.time.latest()) + THAW_SECONDS;
    expect(await vault.stakeOf(address, ada)).to.deep.equal([STAKE, 3n, thawedAt]);
    await expect(vault.connect(ada).withdraw(address)).to.be.revertedWithCustomError(vault, "StillThawing");
  });

  it("thaws no more than is free, and something", async () => {
    const { vault, address, ada } = await fixture();
    await vault.connect(ada).thaw(address, STAKE - 1n);
    await expect(vault.connect(ada).thaw(address, 2n))
      .to.be.revertedWithCustomError(vault, "InsufficientFreeStake")
      .withArgs(1n, 2n);
    await expect(vault.connect(ada).thaw(address, 0n)).to.be.revertedWithCustomError(vault, "ZeroAmount");
  });

  it("withdraws nothing that does not thaw", async () => {
    const { vault, address, ada, bob } = await fixture();
    for (const trainer of [ada, bob]) {
      await expect(vault.connect(trainer).withdraw(address)).to.be.revertedWithCustomError(vault, "NothingThawing");
    }
  });

  it("pays what the task's last look left of it", async () => {
    const { vault, token, task, address, ada } = await fixture();
    await vault.connect(ada).thaw(address, STAKE);
    await networkHelpers.time.increase(THAW_SECONDS);
    await task.fineOnRelease(3n * TOKEN);
    await expect(vault.connect(ada).withdraw(address)).to.changeTokenBalance(ethers, token, ada, 7n * TOKEN);
    expect((await vault.stakeOf(address, ada)).slice(0, 2)).to.deep.equal([0n, 0n]);
  });

  it("pays nothing where that took all", async () => {
    const { vault, task, address, ada } = await fixture();
    await vault.connect(ada).thaw(address, STAKE);
    await networkHelpers.time.increase(THAW_SECONDS);
    await task.fineOnRelease(STAKE);
    await expect(vault.connect(ada).withdraw(address)).to.be.revertedWithCustomError(vault, "NothingThawing");
    await task.slash(ada, STAKE, ethers.ZeroAddress, 0);
    await expect(vault.connect(ada).withdraw(address)).to.be.revertedWithCustomError(vault, "NothingThawing");
  });

  it("holds the stake of who sits in an open round, however long that has thawed", async () => {
    const f = await networkHelpers.loadFixture(aTask);
    await actsOf(f).enter([0, 1]);
    const trainer = f.vault.connect(f.trainers[0]!);
    await trainer.thaw(f.taskAddress, f.rules.minStake);
    await networkHelpers.time.increase(await f.task.thawSeconds());
    await expect(trainer.withdraw(f.taskAddress)).to.be.revertedWithCustomError(f.task, "RoundStillOpen").withArgs(1);
    await f.task.advance(); // anybody can end it: nobody is held for ever
    await trainer.withdraw(f.taskAddress);
    expect(await f.token.balanceOf(f.trainers[0]!.address)).to.equal(2n * f.rules.minStake - f.rules.missFine);
  });

  it("cannot be emptied by a token that comes back in the middle", async () => {
    const { task, ada, bob } = await fixture();
    const token = (await ethers.deployContract("CallbackToken", [1000n], ada)) as unknown as CallbackToken;
    const vault = (await ethers.deployContract("StakeVault", [token])) as unknown as StakeVault;
    const hooked = await ethers.deployContract("SlashingTask", [vault, THAW_SECONDS]);
    await token.connect(ada).transfer(bob, 500n);
    for (const trainer of [ada, bob]) {
      await token.connect(trainer).approve(vault, 500n);
      await vault.connect(trainer).deposit(hooked, 500n);
    }
    await vault.connect(ada).thaw(hooked, 500n);
    await networkHelpers.time.increase(THAW_SECONDS);
    await token.arm(vault, vault.interface.encodeFunctionData("withdraw", [await task.getAddress()]));
    await vault.connect(ada).withdraw(hooked);
    expect(await token.returned()).to.equal(ethers.id("ReentrancyGuardReentrantCall()").slice(0, 10));
    expect([await token.balanceOf(ada), await token.balanceOf(vault)]).to.deep.equal([500n, 500n]);
  });
});

describe("StakeVault: slash", () => {
  it("pays the slasher's part and burns the rest", async () => {
    const { vault, token, task, address, ada, bob } = await fixture();
    const slashing = task.slash(ada, 4n * TOKEN, bob, TOKEN);
    await expect(slashing).to.changeTokenBalances(ethers, token, [bob, BURNT, vault], [TOKEN, 3n * TOKEN, -4n * TOKEN]);
    await expect(slashing)
      .to.emit(vault, "StakeSlashed")
      .withArgs(address, ada, 3n * TOKEN, TOKEN, bob);
    expect(await vault.eligible(address, ada)).to.equal(6n * TOKEN);
  });

  it("takes what there is of a stake too small for the fine, in the same proportion", async () => {
    const { vault, token, task, address, ada, bob } = await fixture();
    await expect(task.slash(ada, 4n * STAKE, bob, STAKE)).to.changeTokenBalances(
      ethers,
      token,
      [bob, BURNT],
      [STAKE / 4n, STAKE - STAKE / 4n],
    );
    expect(await vault.stakeOf(address, ada)).to.deep.equal([0n, 0n, 0n]);
    await expect(task.slash(ada, 1n, bob, 1n)).to.not.emit(vault, "StakeSlashed");
  });

  it("takes free stake before thawing stake, and thawing stake too", async () => {
    const { vault, task, address, ada } = await fixture();
    await vault.connect(ada).thaw(address, 4n * TOKEN);
    await task.slash(ada, 5n * TOKEN, ethers.ZeroAddress, 0);
    expect((await vault.stakeOf(address, ada)).slice(0, 2)).to.deep.equal([5n * TOKEN, 4n * TOKEN]);
    await task.slash(ada, 3n * TOKEN, ethers.ZeroAddress, 0);
    expect((await vault.stakeOf(address, ada)).slice(0, 2)).to.deep.equal([2n * TOKEN, 2n * TOKEN]);
    expect(await vault.eligible(address, ada)).to.equal(0n);
  });

  it("touches only what was staked for the task that slashes", async () => {
    const { vault, task, address, ada, bob } = await fixture();
    const other = (await ethers.deployContract("SlashingTask", [vault, 1n])) as unknown as SlashingTask;
    await other.slash(ada, STAKE, bob, STAKE);
    await vault.connect(bob).slash(ada, STAKE, bob, STAKE); // an account is no task either
    expect(await vault.eligible(address, ada)).to.equal(STAKE);
    await task.slash(ada, STAKE, bob, 0n);
    expect(await vault.eligible(address, ada)).to.equal(0n);
  });

  it("pays nobody more than it takes", async () => {
    const { vault, task, ada, bob } = await fixture();
    await expect(task.slash(ada, 5n, bob, 6n))
      .to.be.revertedWithCustomError(vault, "RewardAboveSlash")
      .withArgs(6n, 5n);
  });
});

describe("StakeVault: fines of a real task", () => {
  it("keeps as many tokens as it owes", async () => {
    const f = await networkHelpers.loadFixture(aTask);
    await actsOf(f).enter();
    await passDeadline(f.task);
    await passDeadline(f.task); // nobody commits
    await f.task.advance();
    await f.task.settle(1, 0);
    await f.task.release(f.trainers[1]!.address);
    let owed = 0n;
    for (const { address } of f.trainers) owed += (await f.vault.stakeOf(f.taskAddress, address))[0];
    expect(await f.token.balanceOf(f.vault)).to.equal(owed);
    expect(owed).to.equal(3n * f.rules.minStake - 2n * f.rules.missFine);
  });
});
