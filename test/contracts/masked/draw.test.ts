import { expect } from "chai";
import { aDealing, aMaskedTaskWith, bits, rostersOf, seatsIn } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { PHASE, ethers, networkHelpers, passDeadline, phaseOf } from "../../support/task.ts";

/** Twelve seats for three cohorts of four, of which three are enough. */
async function entering() {
  return aMaskedTaskWith({ trainers: 12, rules: { maxTrainers: 12, cohorts: 3, bound: 1 << 18 } });
}
async function drawing() {
  const f = await entering();
  await f.acts.enter();
  return f;
}
async function drawn() {
  const f = await drawing();
  await f.acts.draw(1);
  return f;
}

async function drawnEvent(f: MaskedFixture) {
  const [event] = await f.task.queryFilter(f.task.filters.CohortsDrawn(1));
  return event!.args.rosters.map((roster) => seatsIn(roster));
}

/** Shares, in a cohort of its choice. */
function share(f: MaskedFixture, seat: number, cohort: number) {
  const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = aDealing(f, 1, seat);
  return f.task.connect(f.trainers[seat]!).share(1, seat, cohort, keyAddress, maskHash, sharesHash, sharesId, r, vs);
}

describe("MaskedTask: draw", () => {
  it("is for anybody once the last seat is taken, and gives the time to share from then on", async () => {
    const f = await networkHelpers.loadFixture(drawing);
    expect(await phaseOf(f.task)).to.equal("Drawing");
    await networkHelpers.time.increase(f.rules.shareSeconds - 10);
    const drawing_ = await f.task.connect(f.outsider).draw(1);
    const rosters = (await rostersOf(f.task, 1)).map(bits);
    await expect(drawing_).to.emit(f.task, "CohortsDrawn").withArgs(1, rosters);
    const { timestamp } = (await drawing_.getBlock())!;
    expect([...(await f.task.clock())]).to.deep.equal([
      1n,
      BigInt(PHASE.Sharing),
      BigInt(timestamp + f.rules.shareSeconds),
    ]);
  });

  it("comes in a later second than the last entry, so that nobody enters last who knows it", async () => {
    const f = await networkHelpers.loadFixture(drawing);
    const { timestamp } = (await ethers.provider.getBlock("latest"))!;
    await networkHelpers.time.setNextBlockTimestamp(timestamp);
    await expect(f.task.draw(1)).to.be.revertedWithCustomError(f.task, "DrawTooEarly").withArgs(timestamp);
    await networkHelpers.time.setNextBlockTimestamp(timestamp + 1);
    await expect(f.task.draw(1)).to.emit(f.task, "CohortsDrawn");
  });

  it("is not open while others may enter, and is had once", async () => {
    const f = await networkHelpers.loadFixture(entering);
    await f.acts.enter([0, 1, 2, 3, 4, 5]);
    await expect(f.acts.draw(1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Entering, PHASE.Drawing);
    await expect(f.acts.draw(2)).to.be.revertedWithCustomError(f.task, "WrongRound").withArgs(2, 1);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Drawing");
    await f.acts.draw(1);
    await expect(f.acts.draw(1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Sharing, PHASE.Drawing);
  });

  it("has no place where there is one cohort", async () => {
    const f = await aMaskedTaskWith();
    await f.acts.enter();
    expect(await phaseOf(f.task)).to.equal("Sharing");
    await expect(f.acts.draw(1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Sharing, PHASE.Drawing);
  });

  for (const [entrants, sizes] of [
    [12, [4, 4, 4]],
    [11, [4, 4, 3]],
    [9, [3, 3, 3]],
    [8, [4, 4]],
    [7, [4, 3]],
    [6, [3, 3]],
    [4, [4]],
    [3, [3]],
  ] as const) {
    it(`puts ${entrants} of 12 into ${sizes.length} of 3 cohorts, each into one, of sizes that differ by one at most`, async () => {
      const f = await networkHelpers.loadFixture(entering);
      const seats = [0, 11, 3, 7, 1, 10, 5, 9, 2, 6, 8, 4].slice(0, entrants);
      await f.acts.enter(seats);
      if ((await phaseOf(f.task)) === "Entering") await passDeadline(f.task);
      await f.acts.draw(1);
      const rosters = await rostersOf(f.task, 1);
      expect(await drawnEvent(f)).to.deep.equal(rosters);
      expect(rosters.map((roster) => roster.length)).to.deep.equal(sizes);
      expect(rosters.flat().sort((one, other) => one - other)).to.deep.equal(seats.sort((one, other) => one - other));
      // They can all share where they were drawn: then the phase is over.
      await f.acts.share(1, seats);
      expect(await phaseOf(f.task)).to.equal("Committing");
    });
  }

  for (const entrants of [2, 5]) {
    it(`has nothing to draw of ${entrants}: they are too few for as many cohorts as they would fill`, async () => {
      const f = await networkHelpers.loadFixture(entering);
      await f.acts.enter(Array.from({ length: entrants }, (_, seat) => seat));
      await passDeadline(f.task);
      expect(await phaseOf(f.task)).to.equal("Void");
      await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Entering);
    });
  }

  it("takes every seat into every cohort, as chance will have it", async () => {
    const random = seededRandom("draws");
    const f = await networkHelpers.loadFixture(drawing);
    const before = await networkHelpers.takeSnapshot();
    const times = f.trainers.map(() => [0, 0, 0]);
    for (let attempt = 0; attempt < 60; attempt++) {
      await networkHelpers.setPrevRandao(BigInt(random.uint32()));
      await f.acts.draw(1);
      for (const [cohort, roster] of (await rostersOf(f.task, 1)).entries()) {
        for (const seat of roster) times[seat]![cohort]! += 1;
      }
      await before.restore();
    }
    // 60 draws with a chance of a third: 20 times, and with a chance below 1 in 5,000,000 less than 4 or more than 41.
    for (const [seat, cohorts] of times.entries()) {
      for (const count of cohorts) expect(count, `seat ${seat}: ${cohorts.join()}`).to.be.within(4, 41);
    }
  });

  it("nobody draws: the round is void, nobody is fined, and the next one opens", async () => {
    const f = await networkHelpers.loadFixture(drawing);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.acts.draw(1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Drawing);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Drawing);
    for (const seat of f.trainers.keys()) await f.task.settle(1, seat);
    expect(await f.task.queryFilter(f.task.filters.SeatFined(1))).to.deep.equal([]);
    expect(await phaseOf(f.task)).to.equal("Entering");
    await f.acts.wholeRound(2);
    expect((await f.task.progress()).completed).to.equal(1n);
  });

  it("knows who has entered this round alone, also ahead of it", async () => {
    const f = await networkHelpers.loadFixture(drawn);
    await f.acts.share(1);
    await f.acts.commitAndEnter(1, [0, 1, 2, 3, 4, 5, 6, 7]);
    await f.acts.until("Proposed", 1, { enter: [], share: [], commit: [8, 9, 10, 11] });
    await f.acts.finalise();
    await passDeadline(f.task); // nobody else enters
    await f.acts.draw(2);
    expect((await rostersOf(f.task, 2)).map((roster) => roster.length)).to.deep.equal([4, 4]);
    await f.acts.wholeRound(2, { enter: [] });
    await f.acts.until("Drawing", 3, { enter: [9, 10, 11] });
    await f.acts.draw(3);
    expect(await rostersOf(f.task, 3)).to.deep.equal([[9, 10, 11]]);
  });
});

describe("MaskedTask: share in a cohort", () => {
  it("is for those who were drawn into it", async () => {
    const f = await networkHelpers.loadFixture(drawn);
    const rosters = await rostersOf(f.task, 1);
    for (const [cohort, roster] of rosters.entries()) {
      const seat = roster[0]!;
      for (const other of [0, 1, 2, 3, 255].filter((each) => each !== cohort)) {
        await expect(share(f, seat, other))
          .to.be.revertedWithCustomError(f.task, "NotInTheCohort")
          .withArgs(seat, other);
      }
      await share(f, seat, cohort);
      const { shared } = (await f.task.cohorts(1))[cohort]!;
      expect(shared).to.equal(bits([seat]));
    }
  });

  it("is not open before they are drawn", async () => {
    const f = await networkHelpers.loadFixture(drawing);
    await expect(share(f, 0, 0))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Drawing, PHASE.Sharing);
  });

  it("has one cohort to name where a task has one", async () => {
    const f = await aMaskedTaskWith();
    await f.acts.enter();
    await expect(share(f, 2, 1))
      .to.be.revertedWithCustomError(f.task, "NotInTheCohort")
      .withArgs(2, 1);
    await share(f, 2, 0);
  });

  it("is in none of the cohorts of a round before: a smaller round has fewer", async () => {
    const f = await networkHelpers.loadFixture(drawn);
    await f.acts.wholeRound(1, { enter: [] });
    await passDeadline(f.task);
    await f.task.advance(); // nobody enters round 2
    await f.acts.until("Drawing", 3, { enter: [0, 1, 2] });
    await f.acts.draw(3);
    const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = aDealing(f, 3, 0);
    for (const cohort of [1, 2]) {
      await expect(
        f.task.connect(f.trainers[0]!).share(3, 0, cohort, keyAddress, maskHash, sharesHash, sharesId, r, vs),
      ).to.be.revertedWithCustomError(f.task, "NotInTheCohort");
    }
    expect(ethers.toBigInt((await f.task.cohorts(3))[0]!.roster)).to.equal(bits([0, 1, 2]));
  });
});
