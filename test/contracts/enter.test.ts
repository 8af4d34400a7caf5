import { expect } from "chai";
import {
  PHASE,
  RULES,
  STATUS,
  TOKEN,
  actsOf,
  aTaskWith,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
} from "../support/task.ts";

const aTask = () => aTaskWith({ staked: 5 });

describe("TrainingTask: enter", () => {
  const fixture = () => networkHelpers.loadFixture(aTask);

  it("takes the seat, with the weight, in the round that is being entered", async () => {
    const { task, trainers } = await fixture();
    await expect(task.connect(trainers[0]!).enter(2, 17))
      .to.emit(task, "TrainerEntered")
      .withArgs(1, 2, trainers[0]!.address, 17);
    const seat = await task.seatAt(1, 2);
    expect([seat.trainer, seat.inRound, seat.weight, seat.status]).to.deep.equal([
      trainers[0]!.address,
      1n,
      17n,
      BigInt(STATUS.Entered),
    ]);
  });

  it("starts the commit phase at once when the last seat is taken", async () => {
    const f = await fixture();
    await actsOf(f).enter([0, 1, 2]);
    expect(await phaseOf(f.task)).to.equal("Entering");
    await actsOf(f).enter([3]);
    expect(await phaseOf(f.task)).to.equal("Committing");
    const [, , endsAt] = await f.task.clock();
    expect(endsAt).to.equal(BigInt(await networkHelpers.time.latest()) + BigInt(RULES.commitSeconds));
  });

  it("starts the commit phase at the deadline when enough have entered", async () => {
    const f = await fixture();
    const [, , enteringEndsAt] = await f.task.clock();
    await actsOf(f).enter([0, 1]);
    await passDeadline(f.task);
    const [round, , endsAt] = await f.task.clock();
    expect([round, await phaseOf(f.task)]).to.deep.equal([1n, "Committing"]);
    expect(endsAt).to.equal(enteringEndsAt + BigInt(RULES.commitSeconds));
  });

  it("refuses a seat that is taken, and leaves the others free", async () => {
    const { task, trainers } = await fixture();
    await task.connect(trainers[0]!).enter(1, 5);
    await expect(task.connect(trainers[1]!).enter(1, 5))
      .to.be.revertedWithCustomError(task, "SeatTaken")
      .withArgs(1, trainers[0]!.address);
    await task.connect(trainers[1]!).enter(0, 5);
  });

  it("refuses a second seat for one account", async () => {
    const { task, trainers } = await fixture();
    await task.connect(trainers[0]!).enter(0, 5);
    await expect(task.connect(trainers[0]!).enter(1, 5))
      .to.be.revertedWithCustomError(task, "AlreadyEntered")
      .withArgs(trainers[0]!.address, 1);
  });

  it("refuses a seat beyond the last", async () => {
    const { task, trainers } = await fixture();
    await expect(task.connect(trainers[0]!).enter(4, 5))
      .to.be.revertedWithCustomError(task, "SeatOutOfRange")
      .withArgs(4, 4);
  });

  for (const weight of [0, 32]) {
    it(`refuses a weight of ${weight} where 1 to 31 are allowed`, async () => {
      const { task, trainers } = await fixture();
      await expect(task.connect(trainers[0]!).enter(0, weight))
        .to.be.revertedWithCustomError(task, "WeightOutOfRange")
        .withArgs(weight, 31);
    });
  }

  it("refuses an account without stake", async () => {
    const { task, outsider } = await fixture();
    await expect(task.connect(outsider).enter(0, 5))
      .to.be.revertedWithCustomError(task, "InsufficientStake")
      .withArgs(0, RULES.minStake);
  });

  it("does not count stake that is thawing", async () => {
    const { task, taskAddress, vault, trainers } = await fixture();
    await vault.connect(trainers[0]!).thaw(taskAddress, 1);
    await expect(task.connect(trainers[0]!).enter(0, 5))
      .to.be.revertedWithCustomError(task, "InsufficientStake")
      .withArgs(RULES.minStake - 1n, RULES.minStake);
  });

  it("is closed once the round trains, and once too few came", async () => {
    const f = await fixture();
    await actsOf(f).enter([0, 1]);
    await passDeadline(f.task);
    await expect(f.task.connect(f.trainers[2]!).enter(2, 5))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Committing, PHASE.Entering);
    await passDeadline(f.task);
    await expect(f.task.connect(f.trainers[2]!).enter(2, 5))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Entering);
  });

  it("settles what the seat's last trainer earned two rounds before, though somebody else takes it", async () => {
    const f = await fixture();
    const acts = actsOf(f);
    await acts.enter([0, 1]);
    await passDeadline(f.task);
    await acts.commit(1, [0, 1]);
    await acts.reveal(1, [0, 1]);
    await acts.propose(1);
    await acts.finalise();
    await passDeadline(f.task); // nobody enters round 2
    await f.task.advance();
    const due = await f.task.claimable(f.trainers[0]!.address);
    expect(due).to.be.greaterThan(40n * TOKEN);

    await f.task.connect(f.trainers[4]!).enter(0, 5);
    expect(await f.task.claimable(f.trainers[0]!.address)).to.equal(due);
    const claim = f.task.claim(f.trainers[0]!.address);
    await expect(claim).to.changeTokenBalance(ethers, f.token, f.trainers[0]!, due);
  });
});
