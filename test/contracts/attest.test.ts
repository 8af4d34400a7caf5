import { expect } from "chai";
import {
  PHASE,
  STATUS,
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

/** Four have revealed and one has not; all seats but the last are taken. */
async function attesting() {
  const f = await aTaskWith({ staked: 5, rules: { maxTrainers: 6, minTrainers: 3 } });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1, [0, 1, 2, 3]);
  await passDeadline(f.task);
  return f;
}
const fixture = () => networkHelpers.loadFixture(attesting);

function missing(...seats: number[]): bigint {
  return seats.reduce((bits, seat) => bits | (1n << BigInt(seat)), 0n);
}

const attest = (f: TaskFixture, by: number, seats: bigint) => f.task.connect(f.trainers[by]!).attest(1, by, seats);

describe("SealedTask: attest", () => {
  it("strikes a seat with more than half of those who revealed, not with half", async () => {
    const f = await fixture();
    await attest(f, 0, missing(3));
    await expect(attest(f, 1, missing(3))).to.not.emit(f.task, "SeatStruck");
    await expect(attest(f, 2, missing(3)))
      .to.emit(f.task, "SeatStruck")
      .withArgs(1, 3);
    expect((await f.task.seatAt(1, 3)).status).to.equal(STATUS.Struck);
  });

  it("says who could not fetch what", async () => {
    const f = await fixture();
    await expect(attest(f, 0, missing(1, 3)))
      .to.emit(f.task, "SeatsAttested")
      .withArgs(1, 0, missing(1, 3));
  });

  it("pays nobody that was struck, and shares the pots among the others", async () => {
    const f = await fixture();
    // Not the drawn one, which would be paid for the model that it proposes.
    const struck = (await drawnSeat(f.task, 1)) === 3 ? 2 : 3;
    const others = [0, 1, 2, 3].filter((seat) => seat !== struck);
    for (const by of others) await attest(f, by, missing(struck));
    await actsOf(f).propose(1);
    await actsOf(f).finalise();
    expect(await f.task.claimable(f.trainers[struck]!.address)).to.equal(0n);
    const weights = others.map(weightOf).reduce((a, b) => a + b);
    const [final] = await f.task.queryFilter(f.task.filters.RoundFinalised(1));
    expect(final!.args.dataRate).to.equal(f.rules.dataPot / BigInt(weights));
    expect(final!.args.computeShare).to.equal(f.rules.computePot / 3n);
    await expect(f.task.settle(1, struck)).to.not.emit(f.task, "SeatFined"); // opinion alone costs no stake
  });

  it("counts against all who revealed, and the words of all, also when some have been struck since", async () => {
    const f = await networkHelpers.loadFixture(attestingWithSixSeats);
    for (const by of [0, 1]) await attest(f, by, missing(3, 5));
    for (const by of [2, 3]) await attest(f, by, missing(5));
    expect((await f.task.seatAt(1, 5)).status).to.equal(STATUS.Struck);
    await attest(f, 4, missing(3)); // the third strike: a majority of the five left, not of the cohort of six
    expect((await f.task.seatAt(1, 3)).status).to.equal(STATUS.Revealed);
    await expect(attest(f, 5, missing(3)), "the fourth, of one that is struck")
      .to.emit(f.task, "SeatStruck")
      .withArgs(1, 3);
    await expect(attest(f, 5, missing(0)))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(5, STATUS.Struck);
  });

  it("strikes the same in whatever order seats speak: all but the one that all have selected", async () => {
    const orders = [
      [0, 1, 2, 3, 4],
      [1, 2, 3, 4, 0],
      [4, 0, 3, 1, 2],
    ];
    for (const order of orders) {
      const f = await networkHelpers.loadFixture(aSelection);
      for (const by of order) await attest(f, by, missing(...[1, 2, 3, 4].filter((seat) => seat !== by)));
      const statuses = await Promise.all(order.map(async (_, seat) => Number((await f.task.seatAt(1, seat)).status)));
      expect(statuses, String(order)).to.deep.equal([STATUS.Revealed, ...Array<number>(4).fill(STATUS.Struck)]);
    }
  });

  it("goes on with as few as minSummed, whom it pays alone, and a struck trainer may propose", async () => {
    const f = await networkHelpers.loadFixture(aSelection);
    for (const by of [0, 1, 2, 3]) await attest(f, by, missing(...[1, 2, 3, 4].filter((seat) => seat !== by)));
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await passGrace(f);
    await proposeBy(f, 2);
    const { updates, divisor } = await f.task.proposal();
    expect([updates, divisor]).to.deep.equal([1n, 1n]);
    await actsOf(f).finalise();
    const earned = await Promise.all(f.trainers.map(({ address }) => f.task.claimable(address)));
    const { dataPot, computePot, aggregatorPay } = f.rules;
    const rate = dataPot / BigInt(weightOf(0));
    expect(earned).to.deep.equal([rate * BigInt(weightOf(0)) + computePot, 0n, aggregatorPay, 0n, 0n]);
  });

  it("voids the round when fewer than minSummed are left", async () => {
    const f = await networkHelpers.loadFixture(aSelectionOfTwo);
    for (const by of [0, 1, 2, 3]) await attest(f, by, missing(...[1, 2, 3, 4].filter((seat) => seat !== by)));
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Attesting);
  });

  it("needs minTrainers to have revealed, however few may be left", async () => {
    const f = await aTaskWith({ staked: 5, rules: { ...FIVE, minSummed: 1 } });
    await actsOf(f).enter();
    await actsOf(f).commit(1);
    await actsOf(f).reveal(1, [0, 1, 2, 3]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
  });

  it("hears a struck seat on a model that it misses, of which a majority still decides", async () => {
    const f = await networkHelpers.loadFixture(aSelection);
    for (const by of [0, 1, 2, 3]) await attest(f, by, missing(...[1, 2, 3, 4].filter((seat) => seat !== by)));
    await passDeadline(f.task);
    await passGrace(f);
    await proposeBy(f, 0);
    const miss = (seat: number) => f.task.connect(f.trainers[seat]!).missModel(1, seat);
    for (const seat of [1, 2]) await miss(seat);
    expect(await phaseOf(f.task)).to.equal("Proposed");
    await miss(3);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await expect(proposeBy(f, 0)).to.be.revertedWithCustomError(f.task, "Barred");
    await proposeBy(f, 3);
  });

  it("takes a late word on a seat that is struck already", async () => {
    const f = await networkHelpers.loadFixture(attestingWithFiveSeats);
    for (const by of [0, 1, 2]) await attest(f, by, missing(4));
    await expect(attest(f, 3, missing(4, 0))).to.not.emit(f.task, "SeatStruck");
    expect((await f.task.seatAt(1, 4)).status).to.equal(STATUS.Struck);
  });

  it("counts each seat's word once", async () => {
    const f = await fixture();
    await attest(f, 0, missing(3));
    await expect(attest(f, 0, missing(2)))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, STATUS.Revealed);
  });

  it("hears only those who revealed, on their own seat", async () => {
    const f = await fixture();
    await expect(attest(f, 4, missing(0)))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(4, STATUS.Committed);
    await expect(f.task.connect(f.outsider).attest(1, 0, missing(1))).to.be.revertedWithCustomError(
      f.task,
      "NotYourSeat",
    );
  });

  it("is about others' seats that revealed", async () => {
    const f = await fixture();
    for (const [seat, status] of [
      [0, STATUS.Revealed], // its own
      [4, STATUS.Committed], // never revealed
      [5, STATUS.Vacant], // never taken
    ] as const) {
      await expect(attest(f, 0, missing(seat)))
        .to.be.revertedWithCustomError(f.task, "CannotAttestSeat")
        .withArgs(seat, status);
    }
    await expect(attest(f, 0, missing(255)))
      .to.be.revertedWithCustomError(f.task, "SeatOutOfRange")
      .withArgs(255, 6);
  });

  it("is not about a seat's earlier round", async () => {
    const f = await networkHelpers.loadFixture(anEarlierTenant);
    // Seat 4 still remembers round 1, of the same parity.
    await expect(f.task.connect(f.trainers[0]!).attest(3, 0, missing(4)))
      .to.be.revertedWithCustomError(f.task, "CannotAttestSeat")
      .withArgs(4, STATUS.Revealed);
  });

  it("voids the round when fewer than minTrainers are left", async () => {
    const f = await networkHelpers.loadFixture(attestingWithFiveSeats);
    for (const by of [0, 1, 2]) await attest(f, by, missing(3, 4));
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Attesting);
  });

  it("is over when its time is", async () => {
    const f = await fixture();
    await passDeadline(f.task);
    await expect(attest(f, 0, missing(1)))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Aggregating, PHASE.Attesting);
  });
});

const FIVE = { maxTrainers: 5, minTrainers: 5, serverRule: 1 };
/** Five have revealed, of whose updates a single one may be left. */
const aSelection = () => allRevealed({ ...FIVE, minSummed: 1 });
const aSelectionOfTwo = () => allRevealed({ ...FIVE, minSummed: 2 });

async function allRevealed(rules: NonNullable<Parameters<typeof aTaskWith>[0]>["rules"]) {
  const f = await aTaskWith({ staked: 5, rules: { ...rules } });
  await actsOf(f).enter();
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1);
  return f;
}

type Ids = [string, string, string, string];

const passGrace = ({ rules }: TaskFixture) => networkHelpers.time.increase(rules.graceSeconds);

const proposeBy = (f: TaskFixture, seat: number) =>
  f.task.connect(f.trainers[seat]!).propose(1, seat, ...(["sum", "model", "sum id", "id"].map(ethers.id) as Ids));

const attestingWithFiveSeats = () => attestingWith(5);
const attestingWithSixSeats = () => attestingWith(6);

async function attestingWith(staked: number) {
  const f = await aTaskWith({ staked, rules: { maxTrainers: 7, minTrainers: 4 } });
  await actsOf(f).enter();
  await passDeadline(f.task);
  await actsOf(f).commit(1);
  await actsOf(f).reveal(1);
  return f;
}

async function anEarlierTenant() {
  const f = await aTaskWith({ staked: 5, rules: { maxTrainers: 7 } });
  await actsOf(f).wholeRound(1);
  await passDeadline(f.task);
  await f.task.advance(); // nobody enters round 2
  await actsOf(f).enter([0, 1, 2]);
  await passDeadline(f.task);
  await actsOf(f).commit(3, [0, 1, 2]);
  await actsOf(f).reveal(3, [0, 1, 2]);
  return f;
}
