import { expect } from "chai";
import {
  PHASE,
  STATUS,
  TOKEN,
  actsOf,
  aTaskWith,
  drawnSeat,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
  weightOf,
} from "../support/task.ts";
import type { TaskFixture } from "../support/task.ts";

const SUM = ethers.id("sum");
const MODEL = ethers.id("model");
const SUM_ID = ethers.id("sum content");
const MODEL_ID = ethers.id("model content");

async function aggregating() {
  const f = await aTaskWith({ staked: 4, rules: { maxTrainers: 6, minTrainers: 3 } });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1);
  await passDeadline(f.task);
  const drawn = await drawnSeat(f.task, 1);
  const waiting = [0, 1, 2, 3].filter((seat) => seat !== drawn);
  return { ...f, drawn, waiting };
}
const fixture = () => networkHelpers.loadFixture(aggregating);

const propose = (f: TaskFixture, seat: number) =>
  f.task.connect(f.trainers[seat]!).propose(1, seat, SUM, MODEL, SUM_ID, MODEL_ID);

/** As a proven fraud would. */
async function slash(f: TaskFixture, seat: number, amount: bigint) {
  await networkHelpers.impersonateAccount(f.taskAddress);
  await networkHelpers.setBalance(f.taskAddress, TOKEN);
  const asTheTask = f.vault.connect(await ethers.getSigner(f.taskAddress));
  await asTheTask.slash(f.trainers[seat]!.address, amount, ethers.ZeroAddress, 0);
}

async function graceEnds(f: TaskFixture): Promise<bigint> {
  const [, , endsAt] = await f.task.clock();
  return endsAt - BigInt(f.rules.proposeSeconds) + BigInt(f.rules.graceSeconds);
}

describe("TrainingTask: propose", () => {
  it("takes the drawn aggregator's proposal and starts the challenge window", async () => {
    const f = await fixture();
    await expect(propose(f, f.drawn))
      .to.emit(f.task, "ModelProposed")
      .withArgs(1, f.drawn, SUM, MODEL, SUM_ID, MODEL_ID);
    const [, , endsAt] = await f.task.clock();
    expect(await phaseOf(f.task)).to.equal("Proposed");
    expect(endsAt).to.equal(BigInt(await networkHelpers.time.latest()) + BigInt(f.rules.challengeSeconds));
  });

  it("keeps both roots for whoever disputes them, while the model stays the old one", async () => {
    const f = await fixture();
    const [, , before] = await f.task.progress();
    await expect(f.task.proposal()).to.be.revertedWithCustomError(f.task, "WrongPhase");
    await propose(f, f.drawn);
    const [, , modelRoot] = await f.task.progress();
    const [, , endsAt] = await f.task.clock();
    const weight = [0, 1, 2, 3].reduce((sum, seat) => sum + weightOf(seat), 0);
    const proposal = await f.task.proposal();
    expect([proposal.round, proposal.seat, proposal.ordinal]).to.deep.equal([1n, BigInt(f.drawn), 1n]);
    expect([proposal.updates, proposal.divisor, proposal.endsAt]).to.deep.equal([4n, BigInt(weight), endsAt]);
    expect(proposal.sumRoot).to.equal(SUM);
    expect([...(await f.task.modelRoots())]).to.deep.equal([before, MODEL]);
    expect(modelRoot).to.equal(before);
  });

  it("makes the others wait until the grace is over", async () => {
    const f = await fixture();
    const openToAllAt = await graceEnds(f);
    await networkHelpers.time.setNextBlockTimestamp(openToAllAt - 1n);
    await expect(propose(f, f.waiting[0]!))
      .to.be.revertedWithCustomError(f.task, "NotYourTurn")
      .withArgs(f.drawn, openToAllAt);
    expect((await f.task.queryFilter(f.task.filters.TurnMissed())).length).to.equal(0);
  });

  it("lets anybody who revealed propose after it, and fines the silent one", async () => {
    const f = await fixture();
    await networkHelpers.time.setNextBlockTimestamp(await graceEnds(f));
    await expect(propose(f, f.waiting[0]!)).to.emit(f.task, "TurnMissed").withArgs(1, f.drawn);
    await actsOf(f).finalise();
    await expect(f.task.settle(1, f.drawn))
      .to.emit(f.task, "SeatFined")
      .withArgs(1, f.drawn, f.trainers[f.drawn]!.address, f.rules.missFine);
  });

  it("pays a missed turn's trainer for its update all the same", async () => {
    const f = await fixture();
    await networkHelpers.time.setNextBlockTimestamp(await graceEnds(f));
    await propose(f, f.waiting[0]!);
    await actsOf(f).finalise();
    expect(await f.task.claimable(f.trainers[f.drawn]!.address)).to.be.greaterThan(f.rules.computePot / 4n);
  });

  it("does not fine a drawn aggregator that proposes late but in time", async () => {
    const f = await fixture();
    await networkHelpers.time.increaseTo(await graceEnds(f));
    await expect(propose(f, f.drawn)).to.not.emit(f.task, "TurnMissed");
    await actsOf(f).finalise();
    await expect(f.task.settle(1, f.drawn)).to.not.emit(f.task, "SeatFined");
  });

  it("waits for a drawn seat that has been struck as for any other, and fines its silence", async () => {
    const f = await networkHelpers.loadFixture(drawnIsStruck);
    const next = [0, 1, 2, 3].find((seat) => seat !== f.drawn)!;
    await expect(propose(f, next)).to.be.revertedWithCustomError(f.task, "NotYourTurn");
    await networkHelpers.time.increaseTo(await graceEnds(f));
    await expect(propose(f, next)).to.emit(f.task, "TurnMissed").withArgs(1, f.drawn);
    await actsOf(f).finalise();
    await expect(f.task.settle(1, f.drawn)).to.emit(f.task, "SeatFined");
  });

  it("hears one proposal a round", async () => {
    const f = await fixture();
    await propose(f, f.drawn);
    await expect(propose(f, f.waiting[0]!))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Proposed, PHASE.Aggregating);
  });

  it("hears only those who revealed, on their own seat", async () => {
    const f = await networkHelpers.loadFixture(oneDidNotReveal);
    await networkHelpers.time.increaseTo(await graceEnds(f));
    await expect(propose(f, 3)).to.be.revertedWithCustomError(f.task, "AlreadyActed").withArgs(3, STATUS.Committed);
    await expect(f.task.connect(f.outsider).propose(1, 0, SUM, MODEL, SUM_ID, MODEL_ID)).to.be.revertedWithCustomError(
      f.task,
      "NotYourSeat",
    );
  });

  it("needs enough stake left for a fraud's fine", async () => {
    const f = await fixture();
    await slash(f, f.drawn, f.rules.minStake - f.rules.fraudFine);
    await propose(f, f.drawn);

    const g = await fixture();
    await slash(g, g.drawn, g.rules.minStake - g.rules.fraudFine + 1n);
    await expect(propose(g, g.drawn))
      .to.be.revertedWithCustomError(g.task, "InsufficientStake")
      .withArgs(g.rules.fraudFine - 1n, g.rules.fraudFine);
  });

  it("counts stake that thaws, because it can be slashed", async () => {
    const f = await fixture();
    await f.vault.connect(f.trainers[f.drawn]!).thaw(f.taskAddress, f.rules.minStake);
    await propose(f, f.drawn);
  });

  it("is over at the deadline: the round is void and the drawn aggregator fined", async () => {
    const f = await fixture();
    await passDeadline(f.task);
    await expect(propose(f, f.drawn))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Aggregating);
    const advancing = f.task.advance();
    await expect(advancing).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Aggregating);
    await expect(advancing).to.emit(f.task, "TurnMissed").withArgs(1, f.drawn);
    await expect(f.task.settle(1, f.waiting[0]!)).to.not.emit(f.task, "SeatFined");
    await expect(f.task.settle(1, f.drawn)).to.emit(f.task, "SeatFined");
  });
});

async function drawnIsStruck() {
  const f = await aTaskWith({ staked: 4, rules: { maxTrainers: 6, minTrainers: 3 } });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1);
  const drawn = await drawnSeat(f.task, 1);
  for (const seat of [0, 1, 2, 3]) {
    if (seat !== drawn) await f.task.connect(f.trainers[seat]!).attest(1, seat, 1n << BigInt(drawn));
  }
  await passDeadline(f.task);
  return { ...f, drawn };
}

async function oneDidNotReveal() {
  const f = await aTaskWith({ staked: 4, rules: { maxTrainers: 6, minTrainers: 3 } });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1, [0, 1, 2]);
  await passDeadline(f.task);
  await passDeadline(f.task);
  return f;
}
