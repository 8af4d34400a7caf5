// Rounds of several cohorts: each falls out by itself and decides for its own seats who is paid and who is fined.
import { expect } from "chai";
import { aDealing, aMaskedTaskWith, aShare, aVote, bits, rostersOf, setsOf, viewOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { PHASE, ethers, networkHelpers, passDeadline, phaseOf, weightOf } from "../../support/task.ts";
import type { Rules } from "../../support/task.ts";
import type { Phase } from "../../../trainer/protocol/roundClock.ts";

/** Amounts that do not divide evenly. */
const AMOUNTS = { missFine: 1_000_003n, dataPot: 1_000_000_007n, computePot: 1_000_000_009n };

/** A task of so many cohorts of four, of which three are enough for anything, when everybody has been drawn. */
async function drawn(cohorts: number, rules: Partial<Rules> = {}) {
  const trainers = 4 * cohorts;
  const f = await aMaskedTaskWith({
    trainers,
    rules: { maxTrainers: trainers, cohorts, bound: 1 << 18, ...AMOUNTS, ...rules },
  });
  await f.acts.until("Sharing", 1);
  return { ...f, rosters: await rostersOf(f.task, 1) };
}
type Drawn = Awaited<ReturnType<typeof drawn>>;

async function two() {
  return drawn(2);
}
async function three() {
  return drawn(3);
}
async function trimmed() {
  return drawn(3, { trim: 1 });
}
async function uniform() {
  return drawn(2, { serverRule: 1 });
}
const fixture = networkHelpers.loadFixture;

/** Plays what is left of the round up to a proposal, by all who can. */
async function toProposal(f: MaskedFixture) {
  const order: Phase[] = ["Sharing", "Committing", "Agreeing", "Revealing", "Recovering"];
  const phase = (await phaseOf(f.task))!;
  const from = order.indexOf(phase);
  if (from <= 0) await f.acts.share(1);
  if (from <= 1) await f.acts.commit(1, await withStatus(f, 2));
  if (from <= 2) await f.acts.agree(1);
  await f.acts.revealSeed(1, await unrevealed(f));
  await f.acts.rebuildKey(1);
  await f.acts.propose(1);
}

async function withStatus(f: MaskedFixture, status: number): Promise<number[]> {
  const seats = await Promise.all(f.trainers.map((_, seat) => f.task.seatAt(1, seat)));
  return [...seats.keys()].filter((seat) => Number(seats[seat]!.status) === status);
}

async function unrevealed(f: MaskedFixture): Promise<number[]> {
  const cohorts = await f.task.cohorts(1);
  return f.trainers
    .map((_, seat) => seat)
    .filter((seat) => cohorts.some((c) => (c.members & ~c.seeds & bits([seat])) > 0n));
}

/** Everybody has committed. */
async function committed(f: Drawn) {
  await f.acts.share(1);
  await f.acts.commit(1);
}

const sum = (seats: readonly number[]) => seats.reduce((total, seat) => total + weightOf(seat), 0);

/** The proposal is of these seats' updates. */
async function expectInTheSum(f: MaskedFixture, seats: readonly number[], divisor = sum(seats)) {
  const proposal = await f.task.proposal();
  expect([Number(proposal.updates), Number(proposal.divisor)]).to.deep.equal([seats.length, divisor]);
}

/** The round is final: these and no others are paid, and fined. */
async function expectSettled(f: MaskedFixture, { paid, fined }: { paid: readonly number[]; fined: readonly number[] }) {
  const [opened] = await f.task.queryFilter(f.task.filters.RoundFinalised(1));
  const rate = paid.length === 0 ? 0n : f.rules.dataPot / BigInt(sum(paid));
  const share = paid.length === 0 ? 0n : f.rules.computePot / BigInt(paid.length);
  if (opened !== undefined) expect([opened.args.dataRate, opened.args.computeShare]).to.deep.equal([rate, share]);
  const proposed = (await f.task.queryFilter(f.task.filters.ModelProposed(1))).at(-1)?.args.seat;
  for (const [seat, { address }] of f.trainers.entries()) {
    const due = paid.includes(seat) ? rate * BigInt(weightOf(seat)) + share : 0n;
    const extra = opened !== undefined && Number(proposed) === seat ? f.rules.aggregatorPay : 0n;
    expect(await f.task.claimable(address), `seat ${seat}`).to.equal(due + extra);
    await f.task.settle(1, seat);
    expect(await f.task.claimable(address), `seat ${seat}, settled`).to.equal(due + extra);
  }
  const fines = await f.task.queryFilter(f.task.filters.SeatFined(1));
  expect(fines.map(({ args }) => Number(args.seat))).to.deep.equal(fined.toSorted((one, other) => one - other));
}

async function isSummed(f: MaskedFixture): Promise<boolean[]> {
  return (await f.task.cohorts(1)).map((cohort) => cohort.isSummed);
}

describe("MaskedTask: rounds of several cohorts", () => {
  for (const [name, open] of [
    ["two", two],
    ["three", three],
  ] as const) {
    it(`sums, pays and forgets the updates of ${name}, round after round`, async () => {
      const f = await fixture(open);
      await toProposal(f);
      const all = [...f.trainers.keys()];
      await expectInTheSum(f, all);
      const sets = await f.task.cohorts(1);
      for (const [cohort, { roster, shared, members, seeds, roundKeys }] of sets.entries()) {
        const own = bits(f.rosters[cohort]!);
        expect([roster, shared, members, seeds, roundKeys]).to.deep.equal([own, own, own, own, 0n]);
      }
      await f.acts.finalise();
      await expectSettled(f, { paid: all, fined: [] });
      await f.acts.wholeRound(2);
      await f.acts.wholeRound(3);
      expect((await f.task.progress()).slice(0, 2)).to.deep.equal([3n, true]);
    });
  }

  it("ends a phase early when no cohort waits for anybody, and not before", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    const steps: [Phase, () => Promise<unknown>, () => Promise<unknown>][] = [
      ["Sharing", () => f.acts.share(1, [...a, ...b.slice(1)]), () => f.acts.share(1, [b[0]!])],
      ["Committing", () => f.acts.commit(1, [...b, ...a.slice(1)]), () => f.acts.commit(1, [a[0]!])],
      ["Agreeing", () => f.acts.agree(1, { voters: a.slice(1) }), () => f.acts.agree(1, { voters: b.slice(1) })],
      ["Revealing", () => f.acts.revealSeed(1, [...b, ...a.slice(1)]), () => f.acts.revealSeed(1, [a[0]!])],
    ];
    for (const [phase, almost, last] of steps) {
      await almost();
      expect(await phaseOf(f.task)).to.equal(phase);
      await last();
      expect(await phaseOf(f.task)).to.not.equal(phase);
    }
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });

  it("divides by the number of updates where all count the same", async () => {
    const f = await fixture(uniform);
    await toProposal(f);
    await expectInTheSum(f, [...f.trainers.keys()], 8);
  });

  it("divides by the number of means that trimming leaves, and leaves one or two where it would leave none", async () => {
    const f = await fixture(trimmed);
    const before = await networkHelpers.takeSnapshot();
    await toProposal(f);
    await expectInTheSum(f, [...f.trainers.keys()], 1);
    for (const fallen of [[0], [2, 1]]) {
      await before.restore();
      const sharing = f.rosters.flatMap((roster, cohort) => (fallen.includes(cohort) ? [] : roster));
      await f.acts.share(1, sharing);
      await passDeadline(f.task);
      await toProposal(f);
      await expectInTheSum(f, sharing, f.rosters.length - fallen.length);
    }
  });
});

describe("MaskedTask: a cohort falls out", () => {
  it("while sharing: with fewer than are enough it is waited for no longer, and the others go on", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await f.acts.share(1, [...a, ...b.slice(0, 2)]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Committing");
    await f.acts.commit(1, a);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await toProposal(f);
    await expectInTheSum(f, a);
    expect(await isSummed(f)).to.deep.equal([true, false]);
    await f.acts.finalise();
    await expectSettled(f, { paid: a, fined: b.slice(2) });
  });

  it("while sharing: what its seats do after that neither helps nor costs them", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await f.acts.share(1, [...b, ...a.slice(0, 2)]);
    await passDeadline(f.task);
    await f.acts.commit(1, [a[0]!, ...b]);
    const set = bits([a[0]!]);
    const vote = { round: 1, members: set, cohortView: await viewOf(f, 1, 0) };
    const signature = await aVote(f, f.trainers[a[0]!]!, vote);
    await expect(f.task.agree(1, a[0]!, 0, vote.cohortView, signature))
      .to.be.revertedWithCustomError(f.task, "TooFewMembers")
      .withArgs(1, 3);
    await f.acts.agree(1);
    await expect(f.acts.revealSeed(1, [a[0]!])).to.be.revertedWithCustomError(f.task, "NotInTheSet");
    await expect(f.acts.rebuildKey(1, [a[1]!])).to.be.revertedWithCustomError(f.task, "NotInTheSet");
    await toProposal(f);
    await f.acts.finalise();
    await expectSettled(f, { paid: b, fined: a.slice(2) });
  });

  it("while committing: who did not is fined, who did is not", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await f.acts.share(1, [...a, ...b.slice(0, 3)]);
    await passDeadline(f.task);
    await f.acts.commit(1, [...a.slice(0, 3), b[0]!, b[1]!]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await f.acts.agree(1);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await toProposal(f);
    await expectInTheSum(f, a.slice(0, 3));
    await f.acts.finalise();
    await expectSettled(f, { paid: a.slice(0, 3), fined: [a[3]!, b[2]!, b[3]!] });
  });

  it("while agreeing: who has voted is not fined, whatever for", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1, { voters: [...a.slice(0, 3), b[0]!, b[1]!] });
    await f.acts.agree(1, { voters: [b[2]!], missing: [b[3]!] });
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await toProposal(f);
    await expectInTheSum(f, a);
    await f.acts.finalise();
    await expectSettled(f, { paid: a, fined: [b[3]!] });
  });

  it("while revealing: with too few shares nothing of it can be rebuilt, and nobody waits for that", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1, [...a, b[0]!, b[1]!]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    await expectInTheSum(f, a);
    await f.acts.finalise();
    await expectSettled(f, { paid: a, fined: [b[2]!, b[3]!] });
  });

  it("while recovering: the round goes on with those whose secrets are known", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1, [...a, ...b.slice(0, 3)]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Recovering");
    await f.acts.giveShares(1, [b[3]!], b.slice(0, 2));
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    await expectInTheSum(f, a);
    await f.acts.finalise();
    await expectSettled(f, { paid: a, fined: [b[3]!] });
  });

  it("but not if it recovers: who had to be rebuilt is paid and fined, in its cohort alone", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1, [...b, ...a.slice(0, 3)]);
    await passDeadline(f.task);
    await f.acts.giveShares(1, [a[3]!], a.slice(0, 3));
    await f.acts.rebuildSeed(1, [a[3]!]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    await expectInTheSum(f, [...a, ...b]);
    await f.acts.finalise();
    await expectSettled(f, { paid: [...a, ...b], fined: [a[3]!] });
  });

  it("each in its own phase: the last that falls out makes the round void, and each has its own fines", async () => {
    const f = await fixture(three);
    const [a, b, c] = f.rosters as [number[], number[], number[]];
    await f.acts.share(1, [a[0]!, ...b, ...c]);
    await passDeadline(f.task);
    await f.acts.commit(1, [b[1]!, ...c]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await f.acts.agree(1, { voters: [c[2]!] });
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Agreeing);
    const fined = [...a.slice(1), b[0]!, b[2]!, b[3]!, c[0]!, c[1]!, c[3]!];
    await expectSettled(f, { paid: [], fined });
    expect(await phaseOf(f.task)).to.equal("Entering");
  });

  it("all while sharing: then nobody commits", async () => {
    const f = await fixture(two);
    await f.acts.share(
      1,
      f.rosters.flatMap((roster) => roster.slice(0, 2)),
    );
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Sharing);
    await expectSettled(f, { paid: [], fined: f.rosters.flatMap((roster) => roster.slice(2)) });
  });

  it("all while revealing or recovering: who did not reveal is fined", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1, [...a.slice(0, 2), ...b.slice(0, 3)]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Recovering"); // the second may still be rebuilt
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Recovering);
    await expectSettled(f, { paid: [], fined: [a[2]!, a[3]!, b[3]!] });
  });

  it("nobody proposes: the drawn seat is fined, and nobody else of any cohort", async () => {
    const f = await fixture(two);
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1);
    const drawnSeat = (await f.task.queryFilter(f.task.filters.SeedRevealed(1))).at(-1)!.args.drawn;
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Aggregating);
    await expectSettled(f, { paid: [], fined: [Number(drawnSeat)] });
  });
});

describe("MaskedTask: cohorts keep to themselves", () => {
  it("a set is voted for by its own cohort alone", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    const view = await viewOf(f, 1, 0);
    const vote = { round: 1, members: bits(a), cohortView: view };
    const signature = await aVote(f, f.trainers[b[0]!]!, vote);
    await expect(f.task.agree(1, b[0]!, 0, view, signature))
      .to.be.revertedWithCustomError(f.task, "WrongSigner")
      .withArgs(f.trainers[b[0]!]!.address);
    // Nor by saying that all of the own cohort is missing, or somebody of the other.
    await expect(f.task.agree(1, b[0]!, bits(b), view, signature)).to.be.revertedWithCustomError(
      f.task,
      "TooFewMembers",
    );
    const missing = bits([a[0]!]);
    await expect(f.task.agree(1, b[0]!, missing, view, signature))
      .to.be.revertedWithCustomError(f.task, "NotInTheSet")
      .withArgs(missing, bits(b));
    // Equal votes of both would be enough together, and are not enough apart.
    await f.acts.agree(1, { voters: [a[0]!, a[1]!, b[0]!, b[1]!] });
    for (const cohort of [0, 1]) expect((await setsOf(f.task, 1, cohort)).members).to.equal(0n);
  });

  it("a vote after its cohort's set is fixed changes nothing, while another one still agrees", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1, { voters: a.slice(0, 3) });
    const before = await setsOf(f.task, 1, 0);
    await expect(f.acts.agree(1, { voters: [a[3]!], missing: [a[0]!] })).to.not.emit(f.task, "SetFixed");
    expect(await setsOf(f.task, 1, 0)).to.deep.equal(before);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await f.acts.agree(1, { voters: b.slice(0, 3) });
    expect(await phaseOf(f.task)).to.equal("Revealing");
  });

  it("shows shares of the keys of its own, and as many as are wanted there", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await f.acts.share(1);
    await f.acts.commit(1, [...a.slice(0, 3), ...b]);
    await passDeadline(f.task);
    await f.acts.agree(1);
    const reveal = (seat: number, shares: string[]) => {
      const { seed, keyAddress, sharesHash } = aDealing(f, 1, seat);
      return f.task.connect(f.trainers[seat]!).revealSeed(1, seat, seed, keyAddress, sharesHash, shares);
    };
    const share = aShare("key", 1, a[3]!, 0);
    await expect(reveal(b[0]!, [share]))
      .to.be.revertedWithCustomError(f.task, "WrongNumberOfShares")
      .withArgs(1, 0);
    await expect(reveal(a[0]!, [])).to.be.revertedWithCustomError(f.task, "WrongNumberOfShares").withArgs(0, 1);
    await reveal(b[0]!, []);
    await reveal(a[0]!, [share]);
  });

  it("rebuilds the keys that one wants, whoever is in the other", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await f.acts.share(1);
    await f.acts.commit(1, [...a, ...b.slice(1)]);
    await passDeadline(f.task);
    await f.acts.agree(1);
    await f.acts.revealSeed(1);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    for (const seat of [...a, ...b.slice(1)]) {
      await expect(f.acts.rebuildKey(1, [seat])).to.be.revertedWithCustomError(f.task, "NotInTheSet");
    }
    await f.acts.rebuildKey(1);
    expect((await setsOf(f.task, 1, 1)).keys).to.equal(bits([b[0]!]));
    expect((await setsOf(f.task, 1, 0)).keys).to.equal(0n);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    await expectInTheSum(f, [...a, ...b.slice(1)]);
    await f.acts.finalise();
    await expectSettled(f, { paid: [...a, ...b.slice(1)], fined: [b[0]!] });
  });

  it("gives shares of the seeds of its own members alone", async () => {
    const f = await fixture(two);
    const [a, b] = f.rosters as [number[], number[]];
    await committed(f);
    await f.acts.agree(1);
    await f.acts.revealSeed(1, [...a.slice(0, 3), ...b]);
    await passDeadline(f.task);
    const give = (seat: number) =>
      f.task.connect(f.trainers[seat]!).giveShares(1, seat, bits([a[3]!]), [aShare("seed", 1, a[3]!, seat)]);
    await expect(give(b[0]!))
      .to.be.revertedWithCustomError(f.task, "NotInTheSet")
      .withArgs(bits([a[3]!]), bits(b));
    await expect(give(a[0]!)).to.emit(f.task, "SharesGiven");
  });

  it("a majority of all who revealed, of every cohort, takes a model away that they cannot have", async () => {
    const f = await fixture(two);
    await toProposal(f);
    const { seat: proposer } = await f.task.proposal();
    const others = [...f.trainers.keys()].filter((seat) => seat !== Number(proposer));
    const miss = (seat: number) => f.task.connect(f.trainers[seat]!).missModel(1, seat);
    for (const seat of others.slice(0, 4)) await miss(seat);
    expect(await phaseOf(f.task)).to.equal("Proposed");
    await expect(miss(others[4]!)).to.emit(f.task, "ProposalOverturned");
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });
});

describe("MaskedTask: missing a model", () => {
  it("is asked of those who revealed: a seed that others rebuilt has no vote and none is expected of it", async () => {
    const f = await aMaskedTaskWith();
    await f.acts.until("Proposed", 1, { reveal: [0, 1, 2] });
    const { seat: proposer } = await f.task.proposal();
    const [one, other] = [0, 1, 2].filter((seat) => seat !== Number(proposer)) as [number, number];
    const miss = (seat: number) => f.task.connect(f.trainers[seat]!).missModel(1, seat);
    await expect(miss(4)).to.be.revertedWithCustomError(f.task, "AlreadyActed");
    await miss(one);
    expect(await phaseOf(f.task)).to.equal("Proposed");
    // Two of three, of five in the sum.
    await expect(miss(other)).to.emit(f.task, "ProposalOverturned");
  });
});

describe("MaskedTask: a cohort's sum is blamed", () => {
  async function proposed() {
    const f = await three();
    await toProposal(f);
    return f;
  }

  it("the others' sum is proposed anew and becomes final: the spoilt cohort is neither paid nor fined", async () => {
    const f = await fixture(proposed);
    const [a, b, c] = f.rosters as [number[], number[], number[]];
    await expect(f.verdicts.blame(1, 1)).to.emit(f.task, "SumBlamed");
    expect(await phaseOf(f.task)).to.equal("Blaming");
    expect(await isSummed(f)).to.deep.equal([true, false, true]);
    await f.verdicts.convict(1, b[0]!, f.outsider.address);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1); // the same seat: it is not barred
    await expectInTheSum(f, [...a, ...c]);
    await f.acts.finalise();
    await expectSettled(f, { paid: [...a, ...c], fined: [] });
    for (const seat of [...a, ...b, ...c]) {
      const [stake] = await f.vault.stakeOf(f.taskAddress, f.trainers[seat]!.address);
      expect(stake, `seat ${seat}`).to.equal(f.rules.minStake - (seat === b[0] ? f.rules.fraudFine : 0n));
    }
  });

  it("and another one after that, until none is left: then the round is void", async () => {
    const f = await fixture(proposed);
    for (const cohort of [2, 0]) {
      await f.verdicts.blame(1, cohort);
      await passDeadline(f.task);
      await f.acts.propose(1);
    }
    await expectInTheSum(f, f.rosters[1]!);
    await f.verdicts.blame(1, 1);
    expect(await phaseOf(f.task)).to.equal("Blaming");
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Blaming);
    await expectSettled(f, { paid: [], fined: [] });
  });

  it("once, and only if it is in the sum", async () => {
    const f = await fixture(three);
    await f.acts.share(1, [...f.rosters[0]!, ...f.rosters[1]!]);
    await passDeadline(f.task);
    await toProposal(f);
    for (const cohort of [2, 3, 255]) {
      await expect(f.verdicts.blame(1, cohort)).to.be.revertedWithCustomError(f.task, "NotInTheSum").withArgs(cohort);
    }
    await f.verdicts.blame(1, 0);
    await passDeadline(f.task);
    await f.acts.propose(1);
    await expect(f.verdicts.blame(1, 0)).to.be.revertedWithCustomError(f.task, "NotInTheSum").withArgs(0);
  });
});

describe("MaskedTask: seats beyond the 32nd", () => {
  it("do all that seats do, in two cohorts of twenty", async function () {
    this.timeout(20_000);
    const rules = { maxTrainers: 40, cohorts: 2, minTrainers: 14, shareThreshold: 14, bound: 1 << 18, ...AMOUNTS };
    const f = await aMaskedTaskWith({ trainers: 40, rules });
    await f.acts.until("Sharing", 1);
    const [a, b] = (await rostersOf(f.task, 1)) as [number[], number[]];
    const [late, vanished] = [a.at(-1)!, b.at(-1)!];
    expect(Math.max(late, vanished), "39 is in one of them").to.equal(39);
    await f.acts.share(1);
    await f.acts.commit(1, [...a.slice(0, -1), ...b]);
    await passDeadline(f.task);
    await f.acts.agree(1, { missing: [b[0]!] });
    expect((await setsOf(f.task, 1, 0)).members).to.equal(bits(a.slice(0, -1)));
    expect((await setsOf(f.task, 1, 1)).members).to.equal(bits(b.slice(1)));
    await f.acts.revealSeed(1, [...a.slice(0, -1), ...b.slice(1, -1)]);
    await f.acts.rebuildKey(1);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Recovering");
    await f.acts.giveShares(1, [vanished], b.slice(1, 15));
    await f.acts.rebuildSeed(1, [vanished]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await f.acts.propose(1);
    const paid = [...a.slice(0, -1), ...b.slice(1)];
    await expectInTheSum(f, paid);
    const dealt = await f.task.seatsAt(1, bits([3, 35, 39]));
    expect(dealt.map(({ trainer }) => trainer)).to.deep.equal([3, 35, 39].map((seat) => f.trainers[seat]!.address));
    expect(dealt.map(({ weight }) => Number(weight))).to.deep.equal([3, 35, 39].map(weightOf));
    for (const [i, seat] of [3, 35, 39].entries()) expect(dealt[i]!.dealing).to.equal(await f.task.dealingAt(1, seat));
    await f.acts.finalise();
    await expectSettled(f, { paid, fined: [late, vanished] });
    expect(ethers.toBigInt((await f.task.progress()).completed)).to.equal(1n);
  });
});
