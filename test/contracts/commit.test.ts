import { expect } from "chai";
import {
  PHASE,
  STATUS,
  actsOf,
  anUpdate,
  aTaskWith,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
  weightOf,
} from "../support/task.ts";

async function committing() {
  const f = await aTaskWith({ staked: 4 });
  await actsOf(f).enter([0, 1, 2]);
  await passDeadline(f.task);
  return f;
}
const fixture = () => networkHelpers.loadFixture(committing);

describe("SealedTask: commit", () => {
  it("keeps the commitment and says so", async () => {
    const f = await fixture();
    const { commitment } = anUpdate(f, 1, f.trainers[0]!);
    await expect(f.task.connect(f.trainers[0]!).commit(1, 0, commitment))
      .to.emit(f.task, "UpdateCommitted")
      .withArgs(1, 0, commitment);
    const seat = await f.task.seatAt(1, 0);
    expect([seat.status, seat.commitment]).to.deep.equal([BigInt(STATUS.Committed), commitment]);
  });

  it("starts the reveal with the last commitment", async () => {
    const f = await fixture();
    await actsOf(f).commit(1, [0, 1]);
    expect(await phaseOf(f.task)).to.equal("Committing");
    await actsOf(f).commit(1, [2]);
    expect(await phaseOf(f.task)).to.equal("Revealing");
  });

  it("starts the reveal at the deadline without those who did not commit", async () => {
    const f = await fixture();
    await actsOf(f).commit(1, [0, 2]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Revealing");
  });

  it("rejects a second commitment from the same seat", async () => {
    const f = await fixture();
    await actsOf(f).commit(1, [0]);
    await expect(f.task.connect(f.trainers[0]!).commit(1, 0, ethers.id("another")))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, STATUS.Committed);
  });

  it("rejects a commitment for somebody else's seat, for an empty one and for one beyond the last", async () => {
    const f = await fixture();
    const some = ethers.id("some");
    const trainer = f.trainers[0]!;
    for (const [seat, owner] of [
      [1, f.trainers[1]!.address],
      [3, ethers.ZeroAddress],
      [999, ethers.ZeroAddress],
    ] as const) {
      await expect(f.task.connect(trainer).commit(1, seat, some))
        .to.be.revertedWithCustomError(f.task, "NotYourSeat")
        .withArgs(seat, owner, trainer.address);
    }
  });

  it("rejects a commitment from a seat that its trainer has only had two rounds before", async () => {
    const f = await fixture();
    await actsOf(f).commit(1, [0, 1]); // trainer 2 has entered and does nothing more
    await passDeadline(f.task);
    await passDeadline(f.task);
    await f.task.advance();
    await passDeadline(f.task); // nobody enters round 2
    await f.task.advance();
    await actsOf(f).enter([0, 1]);
    await passDeadline(f.task);
    const trainer = f.trainers[2]!;
    await expect(f.task.connect(trainer).commit(3, 2, ethers.id("some")))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(2, trainer.address, trainer.address);
  });

  it("rejects an empty commitment", async () => {
    const f = await fixture();
    await expect(f.task.connect(f.trainers[0]!).commit(1, 0, ethers.ZeroHash)).to.be.revertedWithCustomError(
      f.task,
      "EmptyCommitment",
    );
  });

  it("rejects a commitment for another round", async () => {
    const f = await fixture();
    await expect(f.task.connect(f.trainers[0]!).commit(3, 0, ethers.id("some")))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(3, 1);
  });

  it("rejects a commitment after the deadline", async () => {
    const f = await fixture();
    await actsOf(f).commit(1, [0, 1]);
    await passDeadline(f.task);
    await expect(f.task.connect(f.trainers[2]!).commit(1, 2, ethers.id("late")))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Revealing, PHASE.Committing);
  });
});

describe("SealedTask: commitAndEnter", () => {
  it("commits, and keeps the same seat for the next round", async () => {
    const f = await fixture();
    const { commitment } = anUpdate(f, 1, f.trainers[0]!);
    const act = f.task.connect(f.trainers[0]!).commitAndEnter(1, 0, commitment, 9);
    await expect(act).to.emit(f.task, "UpdateCommitted").withArgs(1, 0, commitment);
    await expect(act).to.emit(f.task, "TrainerEntered").withArgs(2, 0, f.trainers[0]!.address, 9);
    const next = await f.task.seatAt(2, 0);
    expect([next.trainer, next.inRound, next.weight]).to.deep.equal([f.trainers[0]!.address, 2n, 9n]);
  });

  it("leaves the seats of those who go to others, and cannot lose its own to anybody", async () => {
    const f = await fixture();
    await actsOf(f).commitAndEnter(1, [0, 1]);
    await actsOf(f).commit(1, [2]);
    await actsOf(f).reveal(1, [0, 1, 2]);
    await actsOf(f).propose(1);
    await actsOf(f).finalise();
    expect(await phaseOf(f.task)).to.equal("Entering");
    const newcomer = f.task.connect(f.trainers[3]!);
    await expect(newcomer.enter(0, 5)).to.be.revertedWithCustomError(f.task, "SeatTaken");
    await newcomer.enter(2, 5);
  });

  it("starts the next round's commit phase at once when all seats are taken that way", async () => {
    const f = await networkHelpers.loadFixture(aFullTask);
    await actsOf(f).wholeRound(1, { stay: true });
    expect((await f.task.clock())[0]).to.equal(2n);
    expect(await phaseOf(f.task)).to.equal("Committing");
  });

  it("lets nobody commit to the round entered ahead before it opens", async () => {
    const f = await fixture();
    await actsOf(f).commitAndEnter(1, [0]);
    await expect(f.task.connect(f.trainers[0]!).commit(2, 0, ethers.id("early")))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Idle, PHASE.Committing);
  });

  it("needs stake that does not thaw, as entering does", async () => {
    const f = await fixture();
    await f.vault.connect(f.trainers[0]!).thaw(f.taskAddress, f.rules.minStake);
    const { commitment } = anUpdate(f, 1, f.trainers[0]!);
    await expect(
      f.task.connect(f.trainers[0]!).commitAndEnter(1, 0, commitment, weightOf(0)),
    ).to.be.revertedWithCustomError(f.task, "InsufficientStake");
    await f.task.connect(f.trainers[0]!).commit(1, 0, commitment);
  });

  it("goes on over rounds: a seat is one trainer's in one round at a time", async () => {
    const f = await networkHelpers.loadFixture(aFullTask);
    for (const round of [1, 2]) await actsOf(f).wholeRound(round, { stay: true });
    await expect(f.task.connect(f.trainers[1]!).commitAndEnter(3, 0, ethers.id("x"), 5)).to.be.revertedWithCustomError(
      f.task,
      "NotYourSeat",
    );
    const seat = await f.task.seatAt(3, 1);
    expect([seat.trainer, seat.inRound]).to.deep.equal([f.trainers[1]!.address, 3n]);
  });
});

async function aFullTask() {
  return aTaskWith({ staked: 4 });
}
