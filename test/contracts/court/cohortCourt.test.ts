// The mask court where a round has several cohorts: one sum of all of them, and one blame each.
import { expect } from "chai";
import type { Random } from "../../../trainer/learning/random.ts";
import { dealShares } from "../../../trainer/privacy/shamir.ts";
import { SEED_SHARE, shareLeaf, sharesHashOf } from "../../../trainer/privacy/sharesBundle.ts";
import { chunkDepth, chunkTree } from "../../../trainer/protocol/chunkTree.ts";
import { rankedSum } from "../../../trainer/protocol/laneRanks.ts";
import { sharesProof } from "../../../trainer/protocol/maskedProofs.ts";
import {
  aMaskedRound,
  accusation,
  challengeMasked,
  convictEdge,
  edgeStreams,
  inCohort,
  maskedSumChallenge,
  openChunk,
  postSum,
  unmaskingsOf,
  withoutCohort,
} from "../../support/maskedDispute.ts";
import type { MaskedRound } from "../../support/maskedDispute.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { PHASE, ethers, networkHelpers, passDeadline, phaseOf } from "../../support/task.ts";

const WRONG_SUM = 0; // ITrainingTask.Fault
const PARAMETERS = 300;

/** Runs `act` and goes back to where the chain was before. */
async function undone(act: () => Promise<void>): Promise<void> {
  const before = await networkHelpers.takeSnapshot();
  await act();
  await before.restore();
}

async function expectNothingWrong(f: MaskedRound, calldata: string, chunk: number): Promise<void> {
  await expect(challengeMasked(f, f.outsider, calldata), `chunk ${chunk}`)
    .to.be.revertedWithCustomError(f.maskCourt, "NothingWrong")
    .withArgs(chunk);
}

/** The sum with one number of one lane changed. */
function wrongAt(f: MaskedRound, lane: number, random: Random): Int32Array {
  const wrong = new Int32Array(32 * 2 ** chunkDepth(f.rules.parameters));
  wrong.set(f.sum);
  wrong[lane]! ^= 1 << random.below(32);
  return wrong;
}

describe("MaskCourt: sums of several cohorts", () => {
  const ROUNDS = [
    { cohorts: 2, size: 4, trim: 0, rule: "FedAvg", dropped: () => [] },
    { cohorts: 3, size: 5, trim: 0, rule: "FedAvgM", dropped: (cohort: number) => [[1], [], [0, 4]][cohort]! },
    { cohorts: 3, size: 4, trim: 1, rule: "FedAvg", dropped: (cohort: number) => [[], [3], []][cohort]! },
    { cohorts: 3, size: 4, trim: 1, rule: "Uniform", dropped: (cohort: number) => [[0], [], []][cohort]! },
    { cohorts: 4, size: 3, trim: 1, rule: "FedAvg", dropped: () => [] },
    { cohorts: 3, size: 3, trim: 1, rule: "FedAvg", dropped: () => [], fallen: [1] },
  ] as const;

  for (const { cohorts, size, trim, rule, dropped, ...more } of ROUNDS) {
    const fallen = "fallen" in more ? more.fallen : [];
    const name = `${cohorts} of ${size}, ${fallen.length} fallen out, trim ${trim}, ${rule}`;
    it(`a wrong number is provable where it stands, and the right sum nowhere: ${name}`, async () => {
      const random = seededRandom(`sums of ${name}`);
      const rules = { parameters: PARAMETERS, trim };
      const f = await aMaskedRound({ random, seats: cohorts * size, cohorts, fallen, dropped, rule, rules });
      const chunks = 2 ** chunkDepth(PARAMETERS);
      await undone(async () => {
        const right = chunkTree(f.sum);
        await postSum(f, right);
        for (const chunk of new Set([0, Math.floor(PARAMETERS / 32), chunks - 1, random.below(chunks)])) {
          await expectNothingWrong(f, maskedSumChallenge(f, right, chunk), chunk);
        }
      });
      for (const lane of [random.below(PARAMETERS), PARAMETERS, 32 * chunks - 1]) {
        const posted = chunkTree(wrongAt(f, lane, random));
        const chunk = Math.floor(lane / 32);
        await undone(async () => {
          const proposer = await postSum(f, posted);
          const other = (chunk + 1) % chunks;
          await expectNothingWrong(f, maskedSumChallenge(f, posted, other), other);
          await expect(challengeMasked(f, f.outsider, maskedSumChallenge(f, posted, chunk)), `lane ${lane}`)
            .to.emit(f.task, "ProposalOverturned")
            .withArgs(1, proposer, WRONG_SUM, f.rules.fraudFine, f.outsider.address);
        });
      }
    });
  }

  it("are other ones with trimming and without: neither passes for the other", async () => {
    const random = seededRandom("two ways to sum");
    for (const trim of [0, 1]) {
      const f = await aMaskedRound({ random, seats: 9, cohorts: 3, rules: { parameters: 32, trim } });
      const posted = chunkTree(rankedSum(f.cohorts, 1 - trim));
      await postSum(f, posted);
      await expect(challengeMasked(f, f.outsider, maskedSumChallenge(f, posted, 0))).to.emit(
        f.task,
        "ProposalOverturned",
      );
    }
  });
});

/** Three cohorts of four, of which the second has fallen out; the sum is wrong in chunk 2. */
async function aWrongSum() {
  const random = seededRandom("a wrong sum of cohorts");
  const f = await aMaskedRound({ random, seats: 12, cohorts: 3, fallen: [1], rules: { parameters: PARAMETERS } });
  const posted = chunkTree(wrongAt(f, 70, random));
  await postSum(f, posted);
  return { ...f, random, posted };
}

describe("MaskCourt: a proof about several cohorts", () => {
  const CHUNK = 2;
  const fixture = () => networkHelpers.loadFixture(aWrongSum);
  type Wrong = Awaited<ReturnType<typeof aWrongSum>>;
  const show = (f: Wrong, proofs: ReturnType<typeof unmaskingsOf>) =>
    challengeMasked(f, f.outsider, maskedSumChallenge(f, f.posted, CHUNK, proofs));

  it("has a part for each that is in the sum: none is missing and none is too many", async () => {
    const f = await fixture();
    const [first, last] = unmaskingsOf(f, CHUNK);
    const nothing = { members: "0x", dropped: "0x" };
    for (const [proofs, need] of [
      [[], 1],
      [[first!], 2],
      [[first!, last!, last!], 2],
      [[first!, last!, nothing], 2],
    ] as const) {
      await expect(show(f, [...proofs]))
        .to.be.revertedWithCustomError(f.maskCourt, "ProofsLength")
        .withArgs(proofs.length, need);
    }
    await expect(show(f, [first!, last!])).to.emit(f.task, "ProposalOverturned");
  });

  it("has them in the order of the cohorts, and none of one that has fallen out", async () => {
    const f = await fixture();
    const [first, last] = unmaskingsOf(f, CHUNK);
    await expect(show(f, [last!, first!])).to.be.revertedWithCustomError(f.maskCourt, "CommitmentMismatch");
    await expect(show(f, [first!, { members: "0x", dropped: "0x" }])).to.be.revertedWithCustomError(
      f.maskCourt,
      "MembersLength",
    );
  });
});

/** Three cohorts of four: in the second and the third somebody is far beyond its bound, in one lane. */
async function twoSpoiltCohorts() {
  const random = seededRandom("spoilt cohorts");
  const spoilers: number[] = [];
  const lanes = (seat: number, count: number, largest: number, place: number): Int32Array => {
    const update = Int32Array.from({ length: count }, () => random.below(2 * largest + 1) - largest);
    if (place !== 1) return update;
    spoilers.push(seat);
    // Of the first cohort nobody has spoilt anything.
    if (spoilers.length > 1) update[LANE] = 2 ** 25;
    return update;
  };
  const rules = { parameters: PARAMETERS, bound: 2 ** 16 };
  const f = await aMaskedRound({ random, seats: 12, cohorts: 3, rules, lanes });
  await postSum(f, chunkTree(f.sum));
  return { ...f, random, spoilers };
}
const LANE = 70;
const SPOILT_CHUNK = 2;

describe("MaskCourt: blame in one of several cohorts", () => {
  const fixture = () => networkHelpers.loadFixture(twoSpoiltCohorts);

  /** Accuses a cohort; all its members open honestly, and what was to be proved is over. */
  async function blame(f: MaskedRound, cohort: number) {
    const own = inCohort(f, cohort);
    await challengeMasked(f, f.outsider, accusation(own, SPOILT_CHUNK));
    for (const seat of own.members) await openChunk(own, seat, SPOILT_CHUNK);
    await passDeadline(f.task);
  }

  async function convictedSeats(f: MaskedRound): Promise<number[]> {
    return (await f.masked.queryFilter(f.masked.filters.SeatConvicted(1))).map(({ args }) => Number(args.seat));
  }

  it("finds who has spoilt its sum, and the round goes on with the others: their sum becomes final", async () => {
    const f = await fixture();
    const own = inCohort(f, 1);
    const accusing = await challengeMasked(f, f.outsider, accusation(own, SPOILT_CHUNK));
    await expect(accusing).to.emit(f.masked, "SumBlamed");
    const [accused] = await f.maskCourt.queryFilter(f.maskCourt.filters.SumAccused(f.taskAddress, 1));
    expect([accused!.args.cohort, accused!.args.chunk]).to.deep.equal([1n, BigInt(SPOILT_CHUNK)]);
    expect(await phaseOf(f.task)).to.equal("Blaming");
    for (const seat of own.members) await openChunk(own, seat, SPOILT_CHUNK);
    expect(await convictedSeats(f)).to.deep.equal([f.spoilers[1]]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Aggregating");

    // What was right before is wrong now, and the other way round.
    const left = withoutCohort(f, 1);
    await undone(async () => {
      const posted = chunkTree(f.sum);
      await postSum(left, posted);
      await expect(challengeMasked(left, f.outsider, maskedSumChallenge(f, posted, 0))).to.be.revertedWithCustomError(
        f.maskCourt,
        "CommitmentMismatch",
      ); // the second part is not the third cohort's
      await expect(challengeMasked(left, f.outsider, maskedSumChallenge(left, posted, 0))).to.emit(
        f.task,
        "ProposalOverturned",
      );
    });
    const posted = chunkTree(left.sum);
    await postSum(left, posted);
    await expectNothingWrong(left, maskedSumChallenge(left, posted, 0), 0);
    await passDeadline(f.task);
    await f.task.advance();
    const proposer = Number((await f.masked.queryFilter(f.masked.filters.ModelProposed(1))).at(-1)!.args.seat);
    for (const [seat, { trainer }] of f.seats.entries()) {
      await f.task.settle(1, seat);
      const due = await f.task.claimable(trainer.address);
      const extra = seat === proposer ? f.rules.aggregatorPay : 0n;
      if (own.roster.includes(seat)) expect(due, `seat ${seat}`).to.equal(extra);
      else expect(due, `seat ${seat}`).to.be.greaterThan(extra);
      const [stake] = await f.vault.stakeOf(f.taskAddress, trainer.address);
      const fine = seat === f.spoilers[1] ? f.rules.fraudFine : 0n;
      expect(stake, `seat ${seat}`).to.equal(f.rules.minStake - fine);
    }
  });

  it("and again in another one, after that", async () => {
    const f = await fixture();
    await blame(f, 2);
    await postSum(f, chunkTree(withoutCohort(f, 2).sum));
    await blame(f, 1);
    expect(await convictedSeats(f)).to.deep.equal([f.spoilers[2], f.spoilers[1]]);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    const left = withoutCohort(withoutCohort(f, 2), 1);
    expect(left.sum).to.deep.equal(inCohort(f, 0).sum);
    const posted = chunkTree(left.sum);
    await postSum(left, posted);
    await expectNothingWrong(left, maskedSumChallenge(left, posted, SPOILT_CHUNK), SPOILT_CHUNK);
    // Whose sum is in range is safe, and whoever has been accused already is in no sum any more.
    await expectNothingWrong(left, accusation(left, SPOILT_CHUNK), SPOILT_CHUNK);
    for (const cohort of [1, 2]) {
      await expect(challengeMasked(f, f.outsider, accusation(inCohort(f, cohort), SPOILT_CHUNK)))
        .to.be.revertedWithCustomError(f.masked, "NotInTheSum")
        .withArgs(cohort);
    }
    await passDeadline(f.task);
    await f.task.advance();
    expect((await f.task.progress()).completed).to.equal(1n);
  });

  it("keeps each blame to itself: members, masks and times of another one are nothing to it", async () => {
    const f = await fixture();
    const [first, second] = [inCohort(f, 1), inCohort(f, 2)];
    await challengeMasked(f, f.outsider, accusation(second, SPOILT_CHUNK));
    await expect(openChunk(first, first.members[0]!, SPOILT_CHUNK))
      .to.be.revertedWithCustomError(f.maskCourt, "NotAccused")
      .withArgs(1, 1);
    const stranger = { ...first, cohort: 2 };
    await expect(openChunk(stranger, first.members[0]!, SPOILT_CHUNK))
      .to.be.revertedWithCustomError(f.maskCourt, "NotAMember")
      .withArgs(first.members[0]);
    // A lie about one mask is proved among its members by their ranks, whatever seats they have.
    const [honest, , liar] = second.members as [number, number, number];
    const said = edgeStreams(second, liar, SPOILT_CHUNK).map((edge) =>
      edge.seat === honest ? { ...edge, stream: edge.stream.with(127, edge.stream[127]! ^ 1) } : edge,
    );
    await openChunk(second, honest, SPOILT_CHUNK);
    await openChunk(second, liar, SPOILT_CHUNK, said);
    if (!(await convictedSeats(f)).includes(liar)) await convictEdge(second, honest, liar);
    expect(await convictedSeats(f)).to.deep.equal([liar]);
    const { openUntil } = (await f.maskCourt.queryFilter(f.maskCourt.filters.SumAccused(f.taskAddress, 1)))[0]!.args;
    await networkHelpers.time.increaseTo(openUntil);
    await expect(f.maskCourt.convictSilent(f.taskAddress, 1, 2, first.members[1]!)).to.be.revertedWithCustomError(
      f.maskCourt,
      "NotAMember",
    );
    await f.maskCourt.convictSilent(f.taskAddress, 1, 2, second.members[1]!);
    expect(await convictedSeats(f)).to.deep.equal([liar, second.members[1]]);
  });

  it("is not had of a cohort that there is not, or that has fallen out", async () => {
    const f = await aWrongSum();
    const empty = { members: "0x", dropped: "0x" };
    for (const cohort of [3, 255]) {
      await expect(challengeMasked(f, f.outsider, accusation({ ...f, cohort }, SPOILT_CHUNK, empty)))
        .to.be.revertedWithCustomError(f.maskCourt, "NoSuchCohort")
        .withArgs(cohort, 3);
    }
    await expectNothingWrong(f, accusation({ ...f, cohort: 1 }, SPOILT_CHUNK, empty), SPOILT_CHUNK);
    expect(await phaseOf(f.task)).to.equal("Proposed");
  });
});

describe("MaskCourt: seats beyond the 32nd", () => {
  /** Two cohorts of twenty, every dealing with leaves for all forty seats; the shares of seat 39 rebuild nothing. */
  async function aLargeRound() {
    const random = seededRandom("a large round");
    const leaves = new Uint8Array(64 * 40);
    const shares = dealShares(
      Uint8Array.from({ length: 32 }, () => 1),
      14,
      [...Array(40).keys()].slice(0, 39),
    );
    for (const { seat, share } of shares) leaves.set(shareLeaf(SEED_SHARE, seat, share), 32 * (2 * seat + SEED_SHARE));
    const deal = (seat: number) => (seat === 39 ? sharesHashOf(leaves) : ethers.id(`shares of ${seat}`));
    const rules = { parameters: 64, minTrainers: 14, shareThreshold: 14 };
    const f = await aMaskedRound({ random, seats: 40, cohorts: 2, dropped: [0], vanished: [19], rules, deal });
    const shown = shares.slice(-14).map(({ seat, share }) => ({ seat, share: ethers.hexlify(share) }));
    return { ...f, random, leaves, shown };
  }

  it("are summed and unmasked as all others", async function () {
    this.timeout(30_000);
    const f = await networkHelpers.loadFixture(aLargeRound);
    const right = chunkTree(f.sum);
    await undone(async () => {
      await postSum(f, right);
      await expectNothingWrong(f, maskedSumChallenge(f, right, 1), 1);
    });
    const posted = chunkTree(wrongAt(f, 40, f.random));
    await postSum(f, posted);
    await expect(challengeMasked(f, f.outsider, maskedSumChallenge(f, posted, 1))).to.emit(
      f.task,
      "ProposalOverturned",
    );
  });

  it("are convicted of bad shares, shown by the seats that have them", async function () {
    this.timeout(30_000);
    const f = await networkHelpers.loadFixture(aLargeRound);
    const proof = sharesProof({ kind: SEED_SHARE, ...f.seats[39]!.dealing }, f.leaves, f.shown);
    expect(Math.max(...proof.seats)).to.equal(38);
    const calldata = f.maskCourt.interface.encodeFunctionData("challengeShares", [f.taskAddress, 1, 39, proof]);
    await expect(challengeMasked(f, f.outsider, calldata))
      .to.emit(f.masked, "SeatConvicted")
      .withArgs(1, 39, f.rules.fraudFine, f.outsider.address);
    await expect(challengeMasked(f, f.outsider, calldata))
      .to.be.revertedWithCustomError(f.maskCourt, "AlreadyConvicted")
      .withArgs(39);
    expect(Number((await f.task.clock())[1])).to.equal(PHASE.Aggregating);
  });
});
