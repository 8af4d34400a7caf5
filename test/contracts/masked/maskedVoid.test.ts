import { expect } from "chai";
import type { Phase } from "../../../trainer/protocol/roundClock.ts";
import { aMaskedTaskWith, aVote, bits, viewOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { PHASE, ethers, networkHelpers, passDeadline, phaseOf } from "../../support/task.ts";

/** Seven seats, of which four are needed for anything. */
async function aTask() {
  return aMaskedTaskWith({ trainers: 7, rules: { maxTrainers: 7, minTrainers: 4, shareThreshold: 4 } });
}
const fixture = () => networkHelpers.loadFixture(aTask);

/** Ends the round, which must have failed in `phase`, and says which seats are fined and how many are paid. */
async function theEndOf(f: MaskedFixture, phase: Phase) {
  await passDeadline(f.task);
  expect(await phaseOf(f.task)).to.equal("Void");
  await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE[phase]);
  const seats: number[] = [];
  for (const seat of f.trainers.keys()) {
    if ((await f.task.seatAt(1, seat)).inRound === 1n) await f.task.settle(1, seat);
    expect(await f.task.claimable(f.trainers[seat]!.address)).to.equal(0n);
  }
  for (const { args } of await f.task.queryFilter(f.task.filters.SeatFined(1))) {
    expect(args.fine).to.equal(f.rules.missFine);
    seats.push(Number(args.seat));
  }
  const [current, ,] = await f.task.clock();
  expect([current, await phaseOf(f.task)]).to.deep.equal([2n, "Entering"]);
  return seats;
}

describe("MaskedTask: void rounds", () => {
  it("too few enter: nobody is fined", async () => {
    const f = await fixture();
    await f.acts.enter([0, 1, 2]);
    expect(await theEndOf(f, "Entering")).to.deep.equal([]);
  });

  it("too few share: those who did not are fined", async () => {
    const f = await fixture();
    await f.acts.until("Sharing", 1, { enter: [0, 1, 2, 3, 4] });
    await f.acts.share(1, [0, 1, 2]);
    expect(await theEndOf(f, "Sharing")).to.deep.equal([3, 4]);
  });

  it("too few commit: those who did not, and those who did not even share", async () => {
    const f = await fixture();
    await f.acts.until("Committing", 1, { share: [0, 1, 2, 3, 4, 5] });
    await f.acts.commit(1, [0, 1, 2]);
    expect(await theEndOf(f, "Committing")).to.deep.equal([3, 4, 5, 6]);
  });

  it("no set is agreed on: who committed and did not vote is fined, who voted for another set is not", async () => {
    const f = await fixture();
    await f.acts.until("Agreeing", 1, { share: [0, 1, 2, 3, 4, 5], commit: [0, 1, 2, 3, 4] });
    await f.acts.agree(1, { voters: [0, 1, 2] });
    await f.acts.agree(1, { voters: [3], missing: [4] });
    expect(await theEndOf(f, "Agreeing")).to.deep.equal([4, 5, 6]);
  });

  it("votes are split by a view that a node has forged: nothing is shown, nobody who voted is fined", async () => {
    const f = await fixture();
    await f.acts.until("Agreeing", 1);
    await f.acts.agree(1, { voters: [0, 1, 2] });
    const vote = { round: 1, members: bits([0, 1, 2, 3, 4, 5, 6]), cohortView: ethers.id("forged") };
    for (const seat of [3, 4, 5]) {
      expect(vote.cohortView).to.not.equal(await viewOf(f, 1));
      const signature = await aVote(f, f.trainers[seat]!, vote);
      await f.task.agree(1, seat, 0, vote.cohortView, signature);
    }
    expect(await theEndOf(f, "Agreeing")).to.deep.equal([6]);
  });

  it("fewer reveal than rebuild a secret: those who did not are fined, those who were struck are not", async () => {
    const f = await fixture();
    await f.acts.until("Revealing", 1, { missing: [6] });
    await f.acts.revealSeed(1, [0, 1, 2]);
    await f.acts.rebuildKey(1);
    expect(await theEndOf(f, "Revealing")).to.deep.equal([3, 4, 5]);
  });

  it("a seed cannot be rebuilt: its owner is fined, nobody else", async () => {
    const f = await fixture();
    await f.acts.until("Recovering", 1, { commit: [0, 1, 2, 3, 4, 5], reveal: [0, 1, 2, 3] });
    await f.acts.rebuildKey(1);
    await f.acts.giveShares(1, [4, 5], [0, 1, 2]);
    await f.acts.rebuildSeed(1, [4]);
    // 4 as much as 5: it did not reveal. 6 did not commit.
    expect(await theEndOf(f, "Recovering")).to.deep.equal([4, 5, 6]);
  });

  it("a key cannot be rebuilt: the seat that dropped out is fined, if it was late; those who revealed are not", async () => {
    const f = await fixture();
    await f.acts.until("Revealing", 1, { commit: [0, 1, 2, 3, 4, 5], missing: [5] });
    await f.acts.revealSeed(1);
    await f.acts.rebuildKey(1, [6]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Recovering");
    expect(await theEndOf(f, "Recovering")).to.deep.equal([6]);
  });

  it("nobody proposes: the seat that was drawn is fined", async () => {
    const f = await fixture();
    await f.acts.until("Aggregating", 1);
    const drawn = Number((await f.task.queryFilter(f.task.filters.SeedRevealed(1))).at(-1)!.args.drawn);
    expect(await theEndOf(f, "Aggregating")).to.deep.equal([drawn]);
  });

  it("the sum is out of range: nobody is paid, and who had to be rebuilt is fined all the same", async () => {
    const f = await fixture();
    await f.acts.until("Aggregating", 1, { reveal: [0, 1, 2, 3, 4, 5] });
    await f.acts.propose(1);
    await f.verdicts.blame(1, 0);
    expect(await theEndOf(f, "Blaming")).to.deep.equal([6]);
  });

  it("ends by the clock alone, however far it had come", async () => {
    for (const phase of ["Sharing", "Committing", "Agreeing", "Revealing", "Recovering", "Aggregating"] as const) {
      const f = await fixture();
      const reveal = phase === "Recovering" || phase === "Aggregating" ? { reveal: [0, 1, 2, 3] } : {};
      await f.acts.until(phase, 1, reveal);
      await networkHelpers.time.increase(await f.task.thawSeconds());
      await expect(f.task.advance()).to.emit(f.task, "RoundVoided");
      expect(await phaseOf(f.task)).to.equal("Entering");
    }
  });

  it("the next round, entered ahead, is not touched by it", async () => {
    const f = await fixture();
    await f.acts.until("Committing", 1);
    await f.acts.commitAndEnter(1, [0, 1, 2, 3, 4, 5]);
    await passDeadline(f.task);
    await passDeadline(f.task); // no set is agreed on
    await f.task.advance();
    await f.acts.until("Agreeing", 2, { enter: [], share: [0, 1, 2, 3, 4, 5] });
    expect(await phaseOf(f.task)).to.equal("Agreeing");
  });
});
