import { expect } from "chai";
import { PHASE, actsOf, aTaskWith, networkHelpers, passDeadline, phaseOf, weightOf } from "../support/task.ts";
import type { TaskFixture } from "../support/task.ts";

const aTask = () => aTaskWith({ staked: 4, rules: { maxTrainers: 6, minTrainers: 3 } });
const fixture = () => networkHelpers.loadFixture(aTask);

/** Which of the seats are fined for `round` when all are settled. */
async function fined(f: TaskFixture, round: number, seats: number[]): Promise<number[]> {
  for (const seat of seats) await f.task.settle(round, seat);
  const events = await f.task.queryFilter(f.task.filters.SeatFined(round));
  return events.map(({ args }) => Number(args.seat));
}

describe("TrainingTask: void rounds", () => {
  it("too few enter: nobody is fined, and the next round opens", async () => {
    const f = await fixture();
    await actsOf(f).enter([0, 1]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Entering);
    expect(await fined(f, 1, [0, 1])).to.deep.equal([]);
    expect((await f.task.clock())[0]).to.equal(2n);
    expect(await phaseOf(f.task)).to.equal("Entering");
  });

  it("too few commit: those who did not are fined, those who did are free", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commit(1, [0, 1]);
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Committing);
    expect(await fined(f, 1, [0, 1, 2, 3])).to.deep.equal([2, 3]);
  });

  it("too few reveal: whoever missed the commit or the reveal is fined", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commit(1, [0, 1, 2]);
    await passDeadline(f.task);
    await actsOf(f).reveal(1, [0]);
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Revealing);
    expect(await fined(f, 1, [0, 1, 2, 3])).to.deep.equal([1, 2, 3]);
  });

  it("a final round fines whoever missed a deadline in it", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commit(1);
    await actsOf(f).reveal(1, [0, 1, 2]);
    await passDeadline(f.task);
    await actsOf(f).propose(1);
    await actsOf(f).finalise();
    expect(await fined(f, 1, [0, 1, 2, 3])).to.deep.equal([3]);
    expect(await f.task.claimable(f.trainers[3]!.address)).to.equal(0n);
  });

  it("pays nothing, neither to trainers nor to who writes it down", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commit(1);
    await actsOf(f).reveal(1);
    await passDeadline(f.task);
    await passDeadline(f.task); // nobody proposes
    await f.task.connect(f.outsider).advance();
    for (const account of [...f.trainers, f.outsider]) {
      expect(await f.task.claimable(account.address)).to.equal(0n);
    }
    const [completed, , , earned] = await f.task.progress();
    expect([completed, earned]).to.deep.equal([0n, 0n]);
  });

  it("needs no transaction for the phases between: a whole round passes by the clock alone", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await networkHelpers.time.increase(10_000);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Committing);
  });

  it("keeps those who entered the next round ahead", async () => {
    const f = await fixture();
    await actsOf(f).enter();
    await passDeadline(f.task);
    await actsOf(f).commitAndEnter(1, [0, 1]);
    await passDeadline(f.task);
    await f.task.advance(); // two of the three needed committed
    await actsOf(f).enter([2, 3]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Committing");
    expect((await f.task.seatAt(2, 0)).weight).to.equal(BigInt(weightOf(0)));
  });

  it("does not count among the rounds that are paid for: the task still has all of them", async () => {
    const f = await networkHelpers.loadFixture(aTaskOfOneRound);
    for (const round of [1, 2]) {
      await passDeadline(f.task);
      await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(round, PHASE.Entering);
    }
    await actsOf(f).wholeRound(3);
    expect((await f.task.progress()).slice(0, 2)).to.deep.equal([1n, true]);
  });
});

async function aTaskOfOneRound() {
  return aTaskWith({ staked: 3, rules: { rounds: 1 } });
}
