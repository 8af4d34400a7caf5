import { expect } from "chai";
import { aMaskedTaskWith, statusOf } from "../../support/maskedTask.ts";
import type { Cast, MaskedFixture } from "../../support/maskedTask.ts";
import { TOKEN, ethers, networkHelpers, passDeadline, phaseOf, PHASE } from "../../support/task.ts";
import type { Phase } from "../../../trainer/protocol/roundClock.ts";

const BURNT = "0x000000000000000000000000000000000000dEaD";

/** Four of five have committed, seat 3 has not shown its seed in time: it is rebuilt. */
const CAST: Cast = { commit: [0, 1, 2, 3], reveal: [0, 1, 2] };

async function aTask() {
  return aMaskedTaskWith();
}
const fixture = () => networkHelpers.loadFixture(aTask);

async function proposed() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Proposed", 1, CAST);
  return f;
}

async function blamed() {
  const f = await proposed();
  await f.verdicts.blame(1, 0);
  return f;
}

const convict = (f: MaskedFixture, seat: number, round = 1) => f.verdicts.convict(round, seat, f.outsider.address);

describe("MaskedTask: convict", () => {
  it("takes the large fine: two fifths for whoever has shown the fraud, the rest is burnt", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    const fine = f.rules.fraudFine;
    const convicting = convict(f, 1);
    await expect(convicting).to.emit(f.task, "SeatConvicted").withArgs(1, 1, fine, f.outsider.address);
    await expect(convicting).to.changeTokenBalances(
      ethers,
      f.token,
      [f.outsider, BURNT, f.vault],
      [(fine * 2n) / 5n, (fine * 3n) / 5n, -fine],
    );
    expect((await f.vault.stakeOf(f.taskAddress, f.trainers[1]!.address))[0]).to.equal(f.rules.minStake - fine);
  });

  it("takes it once for each seat and round", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    await convict(f, 1);
    const stakes = () => f.vault.stakeOf(f.taskAddress, f.trainers[1]!.address);
    const before = await stakes();
    await expect(convict(f, 1)).to.not.emit(f.task, "SeatConvicted");
    expect(await stakes()).to.deep.equal(before);
    await expect(convict(f, 2)).to.emit(f.task, "SeatConvicted");
  });

  it("reaches every seat of the round, whatever it has done: also who dealt bad shares and dropped out", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    expect(await statusOf(f.task, 1, 3)).to.equal("Rebuilt");
    expect(await statusOf(f.task, 1, 4)).to.equal("Shared");
    await convict(f, 3);
    await convict(f, 4);
    await expect(convict(f, 5)).to.not.emit(f.task, "SeatConvicted"); // a seat that there is not
  });

  it("takes what there is from a stake that has too little left", async () => {
    const f = await networkHelpers.loadFixture(twoRoundsOfFraud);
    const { minStake, fraudFine } = f.rules;
    const left = minStake - fraudFine;
    expect((await f.vault.stakeOf(f.taskAddress, f.trainers[1]!.address))[0]).to.equal(left);
    await f.verdicts.overturn(1, 0, f.outsider.address); // the proposer pays too: another half of the least stake
    expect((await f.vault.stakeOf(f.taskAddress, f.trainers[1]!.address))[0]).to.equal(0n);
  });

  it("leaves the update in the sum and its pay with it: the sum has been agreed on", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    const before = await f.task.proposal();
    await convict(f, 1);
    expect([...(await f.task.proposal())]).to.deep.equal([...before]);
    await f.acts.finalise();
    expect(await f.task.claimable(f.trainers[1]!.address)).to.be.greaterThan(0n);
  });

  for (const phase of ["Revealing", "Recovering", "Aggregating", "Proposed"] as const satisfies Phase[]) {
    it(`is possible while ${phase.toLowerCase()}`, async () => {
      const f = await fixture();
      await f.acts.until(phase, 1, phase === "Revealing" ? { commit: CAST.commit! } : CAST);
      expect(await phaseOf(f.task)).to.equal(phase);
      await expect(convict(f, 3)).to.emit(f.task, "SeatConvicted");
    });
  }

  for (const phase of ["Entering", "Sharing", "Committing", "Agreeing"] as const) {
    it(`is too early while ${phase.toLowerCase()}`, async () => {
      const f = await fixture();
      await f.acts.until(phase, 1, {});
      await expect(convict(f, 3))
        .to.be.revertedWithCustomError(f.task, "WrongPhase")
        .withArgs(PHASE[phase], PHASE.Blaming);
    });
  }

  it("is too late when the round is over, written down or not, and of a round before", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    await passDeadline(f.task);
    await expect(convict(f, 1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Final, PHASE.Blaming);
    await f.task.advance();
    await expect(convict(f, 1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Final, PHASE.Blaming);
    await expect(convict(f, 1, 4))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(4, 2);
  });

  it("is too early for the round entered ahead", async () => {
    const f = await networkHelpers.loadFixture(enteredAhead);
    await expect(convict(f, 1, 2))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Idle, PHASE.Blaming);
  });

  it("is for the courts alone", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    for (const account of [f.trainers[0]!, f.sponsor, f.outsider]) {
      await expect(f.task.connect(account).convict(1, 1, account.address))
        .to.be.revertedWithCustomError(f.task, "NotTheCourt")
        .withArgs(account.address, await f.task.court());
    }
    expect(await f.task.maskCourt()).to.equal(await f.maskCourt.getAddress());
  });
});

describe("MaskedTask: blame", () => {
  it("takes the proposal out of the way for as long as the rules say, and then the round is void", async () => {
    const f = await networkHelpers.loadFixture(proposed);
    const blaming = await f.verdicts.blame(1, 0);
    const { timestamp } = (await blaming.getBlock())!;
    const endsAt = timestamp + f.rules.blameSeconds;
    await expect(blaming).to.emit(f.task, "SumBlamed").withArgs(1, 0, endsAt);
    expect(await phaseOf(f.task)).to.equal("Blaming");
    expect((await f.task.clock())[2]).to.equal(endsAt);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    expect((await f.task.progress()).completed).to.equal(0n);
  });

  it("lets the court convict until then, and not later", async () => {
    const f = await networkHelpers.loadFixture(blamed);
    await expect(convict(f, 2)).to.emit(f.task, "SeatConvicted");
    await passDeadline(f.task);
    await expect(convict(f, 1)).to.be.revertedWithCustomError(f.task, "WrongPhase").withArgs(PHASE.Void, PHASE.Blaming);
  });

  it("leaves nothing else to do", async () => {
    const f = await networkHelpers.loadFixture(blamed);
    const id = ethers.id("anything");
    const by = f.task.connect(f.trainers[0]!);
    await expect(by.propose(1, 0, id, id, id, id))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Blaming, PHASE.Aggregating);
    await expect(by.missModel(1, 0))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Blaming, PHASE.Proposed);
    await expect(f.verdicts.overturn(1, 0, f.outsider.address)).to.be.revertedWithCustomError(f.task, "WrongPhase");
    await expect(f.verdicts.hold(1))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Blaming, PHASE.Proposed);
    await expect(f.verdicts.blame(1, 0))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Blaming, PHASE.Proposed);
    await expect(f.task.advance()).to.be.revertedWithCustomError(f.task, "NothingToAdvance");
    await expect(f.acts.rebuildKey(1, [4]))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Blaming, PHASE.Revealing);
  });

  it("is for the courts alone, while a proposal stands", async () => {
    const f = await fixture();
    await f.acts.until("Aggregating", 1, CAST);
    await expect(f.task.connect(f.trainers[0]!).blame(1, 0)).to.be.revertedWithCustomError(f.task, "NotTheCourt");
    await expect(f.verdicts.blame(1, 0))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Proposed);
    await expect(f.verdicts.blame(2, 0)).to.be.revertedWithCustomError(f.task, "WrongRound").withArgs(2, 1);
    await f.acts.propose(1);
    await f.verdicts.overturn(1, 0, f.outsider.address);
    await expect(f.verdicts.blame(1, 0))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Proposed);
  });
});

/** Seat 1 proposes and is convicted. */
async function twoRoundsOfFraud() {
  const f = await aMaskedTaskWith({ rules: { minStake: 100n * TOKEN, fraudFine: 50n * TOKEN, missFine: 0n } });
  await f.acts.until("Aggregating", 1);
  const drawn = Number((await f.task.queryFilter(f.task.filters.SeedRevealed(1))).at(-1)!.args.drawn);
  if (drawn !== 1) await networkHelpers.time.increase(f.rules.graceSeconds);
  const id = ethers.id("anything");
  await f.task.connect(f.trainers[1]!).propose(1, 1, id, id, id, id);
  await convict(f, 1);
  return f;
}

async function enteredAhead() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Committing", 1);
  await f.acts.commitAndEnter(1);
  return f;
}
