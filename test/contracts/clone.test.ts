import { expect } from "chai";
import { longestRound } from "../../trainer/chain/taskRules.ts";
import { GENESIS, PHASE, aTaskWith, ethers, networkHelpers, passDeadline, taskAt } from "../support/task.ts";

const aTask = () => aTaskWith();
const fixture = () => networkHelpers.loadFixture(aTask);

describe("TrainingTask: the code behind all clones", () => {
  it("can be opened by nobody", async () => {
    const { implementation } = await fixture();
    await expect(implementation.open(GENESIS)).to.be.revertedWithCustomError(implementation, "NotACloneOfFoedus");
  });

  it("lets nobody act", async () => {
    const { implementation, sponsor } = await fixture();
    const root = ethers.id("root");
    await expect(implementation.enter(PHASE.Idle, PHASE.Entering))
      .to.be.revertedWithCustomError(implementation, "WrongPhase")
      .withArgs(PHASE.Idle, PHASE.Entering);
    await expect(implementation.commit(0, 0, root)).to.be.revertedWithCustomError(implementation, "WrongPhase");
    await expect(implementation.commit(1, 0, root)).to.be.revertedWithCustomError(implementation, "WrongRound");
    await expect(implementation.propose(0, 0, root, root, root, root)).to.be.revertedWithCustomError(
      implementation,
      "WrongPhase",
    );
    await expect(implementation.advance()).to.be.revertedWithCustomError(implementation, "NothingToAdvance");
    await expect(implementation.settle(0, 0)).to.be.revertedWithCustomError(implementation, "WrongRound");
    await expect(implementation.cancel()).to.be.revertedWithCustomError(implementation, "NotSponsor");
    await expect(implementation.refund()).to.be.revertedWithCustomError(implementation, "TaskStillRuns");
    await implementation.claim(sponsor.address);
  });
});

describe("TrainingTask: a clone", () => {
  it("is opened once", async () => {
    const { task } = await fixture();
    await expect(task.open(GENESIS)).to.be.revertedWithCustomError(task, "AlreadyOpened");
  });

  it("has a domain of its own, of this chain", async () => {
    const { task, taskAddress } = await fixture();
    const { chainId } = await ethers.provider.getNetwork();
    const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "uint256", "address"],
      [ethers.id("Foedus/v1"), chainId, taskAddress],
    );
    expect(await task.domain()).to.equal(ethers.keccak256(encoded));
  });

  it("keeps another task's rounds apart from its own", async () => {
    const { task, token, foedus, config, budget } = await fixture();
    await token.approve(await foedus.getAddress(), budget);
    await foedus.openTask({ ...config, enterSeconds: 1000 }, GENESIS);
    const second = await taskAt(await foedus.taskAt(2));
    await passDeadline(task);
    await task.advance();
    expect((await task.clock())[0]).to.equal(2n);
    expect((await second.clock())[0]).to.equal(1n);
  });

  it("thaws stake no faster than its longest round", async () => {
    const { task, rules } = await fixture();
    const { enterSeconds, commitSeconds, revealSeconds, attestSeconds, proposeSeconds, challengeSeconds } = rules;
    const phases = enterSeconds + commitSeconds + revealSeconds + attestSeconds + proposeSeconds + challengeSeconds;
    const longest = phases + 32 * rules.discloseSeconds;
    expect(await task.thawSeconds()).to.equal(BigInt(longest));
    expect(longestRound(rules), "off chain").to.equal(longest);
  });
});
