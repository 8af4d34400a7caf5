import { expect } from "chai";
import { aDealing, aMaskedTaskWith, statusOf, setsOf } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, passDeadline, phaseOf, weightOf, PHASE } from "../../support/task.ts";

/** Five have entered and four have shared. */
async function committing() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Committing", 1, { share: [0, 1, 2, 3] });
  return f;
}
const fixture = () => networkHelpers.loadFixture(committing);
const root = ethers.id("a root");
const contentId = ethers.id("content");

describe("MaskedTask: commit", () => {
  it("keeps the root of the masked update and says where it lies", async () => {
    const f = await fixture();
    await expect(f.task.connect(f.trainers[0]!).commitMasked(1, 0, root, contentId))
      .to.emit(f.task, "MaskedCommitted")
      .withArgs(1, 0, root, contentId);
    expect((await f.task.seatAt(1, 0)).commitment).to.equal(root);
    expect(await statusOf(f.task, 1, 0)).to.equal("Committed");
  });

  it("starts the agreement when all who shared have committed: nobody waits for who did not", async () => {
    const f = await fixture();
    await f.acts.commit(1, [0, 1, 2]);
    expect(await phaseOf(f.task)).to.equal("Committing");
    await f.acts.commit(1, [3]);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
  });

  it("ends at the deadline, and then nobody commits any more", async () => {
    const f = await fixture();
    await f.acts.commit(1, [0, 1, 2]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await expect(f.acts.commit(1, [3]))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Agreeing, PHASE.Committing);
  });

  it("comes too late when the set is fixed, keys are known, or the round is over", async () => {
    const f = await fixture();
    const late = () => f.task.connect(f.trainers[3]!).commitMasked(1, 3, root, contentId);
    await f.acts.commit(1, [0, 1, 2]);
    await passDeadline(f.task);
    await f.acts.agree(1);
    await expect(late())
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Revealing, PHASE.Committing);
    await f.acts.rebuildKey(1, [3]); // now its masks are known
    await expect(late())
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Revealing, PHASE.Committing);
    await f.acts.revealSeed(1);
    await expect(late())
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Committing);
    expect(await statusOf(f.task, 1, 3)).to.equal("Shared");
  });

  it("is for those who have shared, once, in their own seats, and not empty", async () => {
    const f = await fixture();
    await f.acts.commit(1, [0]);
    const by = (trainer: number) => f.task.connect(f.trainers[trainer]!);
    await expect(by(4).commitMasked(1, 4, root, contentId))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(4, 1);
    await expect(by(0).commitMasked(1, 0, root, contentId))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, 3);
    await expect(by(1).commitMasked(1, 2, root, contentId))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(2, f.trainers[2]!.address, f.trainers[1]!.address);
    for (const seat of [32, 64, 96, 160, 256, 65_535]) {
      await expect(by(1).commitMasked(1, seat, root, contentId)).to.be.revertedWithCustomError(f.task, "NotYourSeat");
    }
    await expect(by(1).commitMasked(1, 1, ethers.ZeroHash, contentId)).to.be.revertedWithCustomError(
      f.task,
      "EmptyCommitment",
    );
    await expect(by(1).commitMasked(2, 1, root, contentId))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(2, 1);
  });

  it("may come with the next round's seat: whoever stays sends one transaction less", async () => {
    const f = await fixture();
    const { root, contentId } = aDealing(f, 1, 0);
    const staying = f.task.connect(f.trainers[0]!).commitMaskedAndEnter(1, 0, root, contentId, 7);
    await expect(staying).to.emit(f.task, "MaskedCommitted").withArgs(1, 0, root, contentId);
    await expect(staying).to.emit(f.task, "TrainerEntered").withArgs(2, 0, f.trainers[0]!.address, 7);
    const ahead = await f.task.seatAt(2, 0);
    expect([ahead.trainer, ahead.inRound, ahead.weight]).to.deep.equal([f.trainers[0]!.address, 2n, 7n]);
  });

  it("who entered ahead is in the next round, and the next round has nothing of this one's cohort", async () => {
    const f = await fixture();
    await f.acts.commitAndEnter(1, [0, 1, 2, 3]);
    expect(await setsOf(f.task, 2)).to.deep.equal({ shared: 0n, members: 0n, seeds: 0n, keys: 0n });
    await f.acts.agree(1);
    await f.acts.revealSeed(1);
    await f.acts.propose(1);
    await f.acts.finalise();
    await f.acts.enter([4]); // the last seat
    expect(await phaseOf(f.task)).to.equal("Sharing");
    expect((await f.task.seatAt(2, 3)).weight).to.equal(BigInt(weightOf(3)));
    await f.acts.share(2);
    expect(await phaseOf(f.task)).to.equal("Committing");
  });

  it("a seat of the next round that cannot be had refuses the commitment with it", async () => {
    const f = await fixture();
    await f.acts.commitAndEnter(1, [0]);
    const { root, contentId } = aDealing(f, 1, 1);
    const tooHeavy = f.task.connect(f.trainers[1]!).commitMaskedAndEnter(1, 1, root, contentId, 32);
    await expect(tooHeavy).to.be.revertedWithCustomError(f.task, "WeightOutOfRange").withArgs(32, 31);
    expect(await statusOf(f.task, 1, 1)).to.equal("Shared");
  });
});
