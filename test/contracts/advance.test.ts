import { expect } from "chai";
import {
  GENESIS,
  PHASE,
  actsOf,
  aTaskWith,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
  weightOf,
} from "../support/task.ts";

async function proposed() {
  const f = await aTaskWith({ staked: 3 });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1);
  const proposer = await actsOf(f).propose(1);
  return { ...f, proposer };
}
const fixture = () => networkHelpers.loadFixture(proposed);

const WEIGHTS = [0, 1, 2].map(weightOf);
const TOTAL_WEIGHT = BigInt(WEIGHTS.reduce((a, b) => a + b));

describe("TrainingTask: advance, to a final round", () => {
  it("makes the proposed model the model and opens the next round", async () => {
    const f = await fixture();
    expect((await f.task.progress())[2]).to.equal(GENESIS.modelRoot);
    const final = await actsOf(f).finalise();
    await expect(final).to.emit(f.task, "RoundFinalised");
    const now = BigInt(await networkHelpers.time.latest());
    await expect(final)
      .to.emit(f.task, "RoundOpened")
      .withArgs(2, now + BigInt(f.rules.enterSeconds));
    const [completed, closed, modelRoot] = await f.task.progress();
    expect([completed, closed, modelRoot]).to.deep.equal([1n, false, ethers.id("model 1")]);
    expect(await f.task.clock()).to.deep.equal([2n, BigInt(PHASE.Entering), now + BigInt(f.rules.enterSeconds)]);
  });

  it("pays by weight and by head, to the wei: r_i = rate * d_i + share", async () => {
    const f = await fixture();
    await actsOf(f).finalise();
    const dataRate = f.rules.dataPot / TOTAL_WEIGHT;
    const computeShare = f.rules.computePot / 3n;
    for (const seat of [0, 1, 2]) {
      const aggregator = seat === f.proposer ? f.rules.aggregatorPay : 0n;
      expect(await f.task.claimable(f.trainers[seat]!.address)).to.equal(
        dataRate * BigInt(WEIGHTS[seat]!) + computeShare + aggregator,
      );
    }
    const [, , , earned] = await f.task.progress();
    expect(earned).to.equal(dataRate * TOTAL_WEIGHT + computeShare * 3n + f.rules.aggregatorPay + f.rules.advanceTip);
    expect(earned).to.be.lessThan(f.budget / 3n); // what rounding leaves stays in the budget
  });

  it("pays at most maxDataRate for a unit of data", async () => {
    const f = await networkHelpers.loadFixture(aTaskWithACappedRate);
    await actsOf(f).wholeRound(1);
    const [final] = await f.task.queryFilter(f.task.filters.RoundFinalised(1));
    expect(final!.args.dataRate).to.equal(5n);
    expect((await f.task.progress())[3]).to.equal(
      5n * TOTAL_WEIGHT + (f.rules.computePot / 3n) * 3n + f.rules.aggregatorPay + f.rules.advanceTip,
    );
  });

  it("pays whoever calls it the tip", async () => {
    const f = await fixture();
    await actsOf(f).finalise();
    expect(await f.task.claimable(f.outsider.address)).to.equal(f.rules.advanceTip);
  });

  it("waits for the challenge window", async () => {
    const f = await fixture();
    const [, , endsAt] = await f.task.clock();
    await expect(f.task.advance())
      .to.be.revertedWithCustomError(f.task, "NothingToAdvance")
      .withArgs(PHASE.Proposed, endsAt);
    await networkHelpers.time.setNextBlockTimestamp(endsAt - 1n);
    await expect(f.task.advance()).to.be.revertedWithCustomError(f.task, "NothingToAdvance");
    await networkHelpers.time.setNextBlockTimestamp(endsAt);
    await f.task.advance();
  });

  it("pays a round once", async () => {
    const f = await fixture();
    await actsOf(f).finalise();
    const [, , , earned] = await f.task.progress();
    await expect(f.task.advance()).to.be.revertedWithCustomError(f.task, "NothingToAdvance");
    expect((await f.task.progress())[3]).to.equal(earned);
  });

  it("closes the task after its last round, and voids the one that some had entered ahead", async () => {
    const f = await networkHelpers.loadFixture(aTaskOfOneRound);
    await actsOf(f).wholeRound(1, { stay: true });
    const [completed, closed] = await f.task.progress();
    expect([completed, closed]).to.deep.equal([1n, true]);
    const voided = await f.task.queryFilter(f.task.filters.RoundVoided());
    expect(voided.map(({ args }) => [args.round, args.endedIn])).to.deep.equal([[2n, BigInt(PHASE.Entering)]]);
    await expect(f.task.advance()).to.be.revertedWithCustomError(f.task, "TaskIsClosed");
    await expect(f.task.connect(f.trainers[0]!).enter(0, 5)).to.be.revertedWithCustomError(f.task, "WrongPhase");
    // Nobody who had entered ahead is fined or held back.
    await expect(f.task.settle(2, 0)).to.not.emit(f.task, "SeatFined");
    await f.task.release(f.trainers[1]!.address);
  });

  it("works however late it is called, and the next round has its full time", async () => {
    const f = await fixture();
    await networkHelpers.time.increase(400 * 86_400);
    expect(await phaseOf(f.task)).to.equal("Final");
    await f.task.advance();
    const [, , endsAt] = await f.task.clock();
    expect(endsAt).to.equal(BigInt(await networkHelpers.time.latest()) + BigInt(f.rules.enterSeconds));
  });
});

async function aTaskWithACappedRate() {
  return aTaskWith({ staked: 3, rules: { maxDataRate: 5n } });
}

async function aTaskOfOneRound() {
  return aTaskWith({ staked: 3, rules: { rounds: 1 } });
}
