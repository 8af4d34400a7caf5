// Who has spoilt a sum that is out of range: whatever liars do, at least one of them is convicted, and no honest member.
import { expect } from "chai";
import type { Random } from "../../../trainer/learning/random.ts";
import { hintsOf } from "../../../trainer/privacy/dleq.ts";
import type { SharedPointProof } from "../../../trainer/privacy/dleq.ts";
import type { RoundOfTask } from "../../../trainer/privacy/roundSecrets.ts";
import { publicPoint } from "../../../trainer/privacy/secp256k1.ts";
import { KEY_SHARE, shareLeaf, sharesHashOf } from "../../../trainer/privacy/sharesBundle.ts";
import { chunkTree } from "../../../trainer/protocol/chunkTree.ts";
import { bytesToLanes, lanesToBytes } from "../../../trainer/protocol/lanes.ts";
import { disputedEdges, sharesProof } from "../../../trainer/protocol/maskedProofs.ts";
import type { EdgeStream } from "../../../trainer/protocol/maskedProofs.ts";
import {
  aMaskedRound,
  accusation,
  challengeMasked,
  convictEdge,
  edgeStreams,
  openChunk,
  opened,
  openedEdges,
  postSum,
  proofOfEdge,
  sendMasked,
} from "../../support/maskedDispute.ts";
import type { Deal, MaskedRound } from "../../support/maskedDispute.ts";
import { randomBytes, seededRandom } from "../../support/seededRandom.ts";
import { PHASE, ethers, networkHelpers, passDeadline, phaseOf } from "../../support/task.ts";

const SEATS = 7;
const PARAMETERS = 300; // the last chunk has 12 lanes that are no parameters
const LANE = 2 * 32 + 9;
const CHUNK = 2;

interface Cohort {
  readonly dropped: readonly number[];
  readonly vanished?: readonly number[];
  readonly deal?: Deal;
}

interface Spoilt extends MaskedRound {
  readonly random: Random;
  /** How far one lane of the spoiler's update is beyond its bound. */
  readonly excess: number;
  readonly chunk: number;
}

/** A round in which `spoiler` has committed to a number so large that the sum is out of range, whatever others have. */
async function aSpoiltSum(spoiler: number, { dropped, vanished = [], deal }: Cohort, lane = LANE): Promise<Spoilt> {
  const random = seededRandom(`spoilt by ${spoiler}, without ${dropped.join()}`);
  const rules = { parameters: PARAMETERS, bound: 2 ** 16, minTrainers: 4, shareThreshold: 4 };
  const excess = SEATS * 17 * 2 ** 17;
  const lanes = (seat: number, count: number, largest: number): Int32Array => {
    const update = new Int32Array(Math.max(count, lane + 1));
    for (let i = 0; i < count; i++) update[i] = random.below(2 * largest + 1) - largest;
    if (seat === spoiler) update[lane] = (lane < count ? largest : 0) + excess;
    return update;
  };
  const f = await aMaskedRound({ random, seats: SEATS, dropped, vanished, rules, lanes, ...(deal && { deal }) });
  await postSum(f, chunkTree(f.sum));
  return { ...f, random, excess, chunk: Math.floor(lane / 32) };
}

/** The masks of a seat with the one to `other` said to be so much more in the lane. */
function falsified(f: Spoilt, seat: number, changes: ReadonlyMap<number, number>): EdgeStream[] {
  return edgeStreams(f, seat, f.chunk).map(({ seat: other, stream }) => {
    const lanes = bytesToLanes(stream);
    lanes[LANE % 32]! += changes.get(other) ?? 0;
    return { seat: other, stream: lanesToBytes(lanes) };
  });
}

/** What must be said about the mask to `other` to hide `by` of the own update: masks to higher seats were added. */
function hide(seat: number, other: number, by: number): number {
  return other > seat ? by : -by;
}

async function accuse(f: Spoilt): Promise<void> {
  await challengeMasked(f, f.outsider, accusation(f, f.chunk));
}

async function convictUnproved(f: MaskedRound, one: number, other: number) {
  return f.maskCourt.convictUnproved(f.taskAddress, f.round, f.cohort, await opened(f, one), await opened(f, other));
}

function convictSilent(f: MaskedRound, seat: number) {
  return f.maskCourt.connect(f.outsider).convictSilent(f.taskAddress, f.round, f.cohort, seat);
}

async function convictedSeats(f: MaskedRound): Promise<number[]> {
  const events = await f.masked.queryFilter(f.masked.filters.SeatConvicted(f.round));
  return events.map(({ args }) => Number(args.seat)).sort((one, other) => one - other);
}

/** When the first and the second part of the blame end. */
async function deadlines(f: MaskedRound): Promise<{ openUntil: bigint; proveUntil: bigint }> {
  const events = await f.maskCourt.queryFilter(f.maskCourt.filters.SumAccused(f.taskAddress, f.round));
  return events[0]!.args;
}

/** What every honest member does in time: it proves each mask about which somebody differs who is not convicted yet. */
async function defend(f: Spoilt, honest: readonly number[]): Promise<void> {
  for (const [one, other] of disputedEdges(f.members, await openedEdges(f))) {
    const convicted = await convictedSeats(f);
    const prover = [one.seat, other.seat].find((seat) => honest.includes(seat));
    if (prover === undefined || [one, other].some(({ seat }) => convicted.includes(seat))) continue;
    await convictEdge(f, prover, prover === one.seat ? other.seat : one.seat);
  }
}

/** What anybody does at last: who is silent, or differs unproved, is convicted; and nobody else can be. */
async function finish(f: Spoilt): Promise<void> {
  const { proveUntil } = await deadlines(f);
  await networkHelpers.time.increaseTo(proveUntil);
  const shown = await openedEdges(f);
  for (const seat of f.members) {
    if (shown.some((each) => each.seat === seat)) {
      await expect(convictSilent(f, seat)).to.be.revertedWithCustomError(f.maskCourt, "AlreadyOpened");
    } else {
      await convictSilent(f, seat);
    }
  }
  for (const [i, one] of shown.entries()) {
    for (const other of shown.slice(i + 1)) {
      const convicted = await convictedSeats(f);
      const act = convictUnproved(f, one.seat, other.seat);
      if (disputedEdges(f.members, [one, other]).length === 0) {
        await expect(act).to.be.revertedWithCustomError(f.maskCourt, "NothingWrong");
      } else if ([one, other].some(({ seat }) => convicted.includes(seat))) {
        await expect(act).to.be.revertedWithCustomError(f.maskCourt, "AlreadyGuilty");
      } else {
        await act;
      }
    }
  }
}

interface Strategy {
  readonly name: string;
  /** How many work together. */
  readonly liars: number;
  /** What the liars open; undefined to be silent. */
  readonly said: (f: Spoilt, liars: readonly number[], self: number) => EdgeStream[] | undefined;
  readonly convicted: (liars: readonly number[]) => readonly number[][];
}

const onlySpoiler = (liars: readonly number[]) => [[liars[0]!]];

const STRATEGIES: readonly Strategy[] = [
  {
    name: "opens honestly",
    liars: 1,
    said: (f, _, self) => edgeStreams(f, self, f.chunk),
    convicted: onlySpoiler,
  },
  { name: "is silent", liars: 1, said: () => undefined, convicted: onlySpoiler },
  {
    name: "lies about one mask",
    liars: 1,
    said: (f, _, self) => {
      const victim = f.members.find((seat) => seat !== self)!;
      return falsified(f, self, new Map([[victim, hide(self, victim, f.excess)]]));
    },
    convicted: onlySpoiler,
  },
  {
    name: "lies about all masks",
    liars: 1,
    said: (f, _, self) => {
      const others = f.members.filter((seat) => seat !== self);
      const parts = others.map((_, i) => (i === 0 ? f.excess - (others.length - 1) * 1000 : 1000));
      return falsified(f, self, new Map(others.map((seat, i) => [seat, hide(self, seat, parts[i]!)])));
    },
    convicted: onlySpoiler,
  },
  {
    name: "hides behind a false mask that a second liar confirms",
    liars: 2,
    said: (f, liars, self) => {
      const other = liars.find((seat) => seat !== self)!;
      // Both say the same about the one mask between them: what the first hides shows in the second.
      const change = hide(liars[0]!, liars[1]!, f.excess);
      return falsified(f, self, new Map([[other, change]]));
    },
    convicted: (liars) => [[liars[1]!]],
  },
  {
    name: "hides behind a false mask to a second liar, who is silent",
    liars: 2,
    said: (f, liars, self) =>
      self === liars[1] ? undefined : falsified(f, self, new Map([[liars[1]!, hide(self, liars[1]!, f.excess)]])),
    convicted: (liars) => [[liars[1]!]],
  },
  {
    name: "hides behind a false mask to a second liar, who tells the truth and proves nothing",
    liars: 2,
    said: (f, liars, self) =>
      self === liars[1]
        ? edgeStreams(f, self, f.chunk)
        : falsified(f, self, new Map([[liars[1]!, hide(self, liars[1]!, f.excess)]])),
    convicted: (liars) => [liars.toSorted((one, other) => one - other)],
  },
];

const COHORTS: readonly (Cohort & { readonly liars: readonly [number, number] })[] = [
  { dropped: [], liars: [0, 6] },
  { dropped: [0], liars: [3, 1] },
  { dropped: [2, 6], vanished: [5], liars: [5, 4] },
  { dropped: [1, 3, 5], liars: [6, 0] },
];

describe("MaskCourt: blame", () => {
  for (const cohort of COHORTS) {
    const name = `${SEATS} seats without ${cohort.dropped.join(", ") || "a dropout"}`;
    const anAccusedSum = async () => {
      const f = await aSpoiltSum(cohort.liars[0], cohort);
      await accuse(f);
      return f;
    };
    for (const strategy of STRATEGIES) {
      it(`convicts a liar and nobody honest, where it ${strategy.name}: ${name}`, async () => {
        const f = await networkHelpers.loadFixture(anAccusedSum);
        const liars = cohort.liars.slice(0, strategy.liars);
        const honest = f.members.filter((seat) => !liars.includes(seat));
        expect(await phaseOf(f.task)).to.equal("Blaming");
        for (const seat of [...honest, ...liars]) {
          const said = liars.includes(seat) ? strategy.said(f, liars, seat) : edgeStreams(f, seat, f.chunk);
          if (said !== undefined) await openChunk(f, seat, f.chunk, said);
        }
        await defend(f, honest);
        await finish(f);
        expect(strategy.convicted(liars)).to.deep.include(await convictedSeats(f));
        await expectOnlyFined(f, await convictedSeats(f));
      });
    }
  }

  it("is for every number behind the vector's end, too", async () => {
    const f = await aSpoiltSum(2, { dropped: [4] }, PARAMETERS + 5);
    await accuse(f);
    for (const seat of f.members) await openChunk(f, seat, f.chunk);
    expect(await convictedSeats(f)).to.deep.equal([2]);
  });

  it("goes on with a member that has been convicted of bad shares before, and is fined no more", async () => {
    const leaves = new Uint8Array(64 * SEATS);
    const share = `0x${"ff".repeat(32)}`;
    leaves.set(shareLeaf(KEY_SHARE, 0, ethers.getBytes(share)));
    for (const opens of [true, false]) {
      const f = await aSpoiltSum(1, { dropped: [], deal: () => sharesHashOf(leaves) });
      const proof = sharesProof({ kind: KEY_SHARE, ...f.seats[1]!.dealing }, leaves, [{ seat: 0, share }]);
      const args = [f.taskAddress, 1, 1, proof] as const;
      await challengeMasked(f, f.outsider, f.maskCourt.interface.encodeFunctionData("challengeShares", [...args]));
      await accuse(f);
      for (const seat of f.members) if (seat !== 1 || opens) await openChunk(f, seat, CHUNK);
      await finish(f);
      expect(await convictedSeats(f)).to.deep.equal([1]);
      await expectOnlyFined(f, [1]);
    }
  });

  it("takes any cohort's weights as 1 where all updates count the same", async () => {
    const random = seededRandom("uniform");
    const lanes = (seat: number, count: number, largest: number) =>
      new Int32Array(count).fill(seat === 1 ? 5 * largest + 1 : seat === 0 ? -largest : 0);
    for (const bound of [1, 1000]) {
      const rules = { parameters: 40, bound };
      const f = await aMaskedRound({ random, seats: 4, rule: "Uniform", rules, lanes });
      await postSum(f, chunkTree(f.sum));
      // 5 + 1 / bound - 1 of them in the sum of four: just beyond.
      await expect(challengeMasked(f, f.outsider, accusation(f, 0)))
        .to.emit(f.masked, "SumBlamed")
        .and.to.emit(f.maskCourt, "SumAccused");
      for (const seat of f.members) await openChunk(f, seat, 0);
      expect(await convictedSeats(f)).to.deep.equal([1]);
    }
  });
});

/** The round is void, nobody else has lost a thing, and the next one opens. */
async function expectOnlyFined(f: MaskedRound, convicted: readonly number[]): Promise<void> {
  const before = await networkHelpers.takeSnapshot();
  await passDeadline(f.task);
  await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(f.round, PHASE.Blaming);
  for (const [seat, { trainer }] of f.seats.entries()) {
    if (!f.dropped.includes(seat)) {
      await f.task.settle(f.round, seat);
      const [stake] = await f.vault.stakeOf(f.taskAddress, trainer.address);
      const late = (await f.masked.seatAt(f.round, seat)).status;
      const fined = convicted.includes(seat) ? f.rules.fraudFine : 0n;
      const missed = f.rules.minStake - stake - fined;
      expect([0n, f.rules.missFine], `seat ${seat}, status ${late}`).to.include(missed);
      if (!(await wasRebuilt(f, seat))) expect(missed, `seat ${seat}`).to.equal(0n);
    }
  }
  expect(await phaseOf(f.task)).to.be.oneOf(["Entering", "Sharing"]);
  await before.restore();
}

async function wasRebuilt(f: MaskedRound, seat: number): Promise<boolean> {
  return (await f.masked.queryFilter(f.masked.filters.SeedRebuilt(f.round, seat))).length > 0;
}

describe("MaskCourt: accusing", () => {
  it("is refused where the right sum is in range, whatever has been proposed", async () => {
    const random = seededRandom("in range");
    const lanes = (_: number, count: number, largest: number) => new Int32Array(count).fill(largest);
    const f = await aMaskedRound({ random, seats: 5, dropped: [3], rules: { parameters: 200 }, lanes });
    const wrong = new Int32Array(f.sum).fill(2 ** 31 - 1);
    await postSum(f, chunkTree(wrong));
    for (const chunk of [0, 6, 7]) {
      await expect(challengeMasked(f, f.outsider, accusation(f, chunk)))
        .to.be.revertedWithCustomError(f.maskCourt, "NothingWrong")
        .withArgs(chunk);
    }
  });

  it("does not need the sum that is out of range to be the proposed one, and needs a claim", async () => {
    const f = await aSpoiltSum(1, { dropped: [] });
    const calldata = accusation(f, CHUNK);
    await expect(sendMasked(f, f.outsider, calldata)).to.be.revertedWithCustomError(f.maskCourt, "NotClaimed");
    const beside = accusation({ ...f, round: 3 }, CHUNK);
    await expect(challengeMasked(f, f.outsider, beside)).to.be.revertedWithCustomError(f.maskCourt, "NoSuchCohort");
    await expect(challengeMasked(f, f.outsider, calldata))
      .to.emit(f.maskCourt, "SumAccused")
      .withArgs(f.taskAddress, 1, 0, CHUNK, f.outsider.address, anyTime, anyTime);
    // Once is enough, and nothing is proposed or overturned any more.
    await expect(challengeMasked(f, f.outsider, calldata)).to.be.revertedWithCustomError(f.masked, "WrongPhase");
  });

  it("pays the accuser two fifths of every fine", async () => {
    const f = await aSpoiltSum(1, { dropped: [] });
    const accuser = f.outsider.address;
    await accuse(f);
    const before = await f.token.balanceOf(accuser);
    await openChunk(f, 1, CHUNK);
    await networkHelpers.time.increaseTo((await deadlines(f)).openUntil);
    await f.maskCourt.connect(f.seats[0]!.trainer).convictSilent(f.taskAddress, 1, 0, 5);
    expect(await f.token.balanceOf(accuser)).to.equal(before + (2n * 2n * f.rules.fraudFine) / 5n);
  });
});

const anyTime = (value: unknown) => typeof value === "bigint" && value > 0n;

/** Seat 1 has spoilt the sum; seat 1 lies about its mask to seat 3, and everybody has opened. */
async function aDisputedEdge() {
  const f = await aSpoiltSum(1, { dropped: [2] });
  await accuse(f);
  for (const seat of f.members) {
    const said = seat === 1 ? falsified(f, 1, new Map([[3, hide(1, 3, f.excess)]])) : undefined;
    await openChunk(f, seat, CHUNK, said);
  }
  return f;
}

describe("MaskCourt: what blame takes", () => {
  const fixture = () => networkHelpers.loadFixture(aDisputedEdge);
  async function anAccusedSum() {
    const f = await aSpoiltSum(1, { dropped: [2] });
    await accuse(f);
    return f;
  }
  const accused = () => networkHelpers.loadFixture(anAccusedSum);

  it("an opening by the seat's own trainer, once, in time, of all its masks", async () => {
    const f = await accused();
    const court = f.maskCourt;
    const { maskCourt, seats } = f;
    const other = { ...f, seats: seats.with(0, { ...seats[0]!, trainer: seats[3]!.trainer }) };
    await expect(openChunk(other, 0, CHUNK))
      .to.be.revertedWithCustomError(court, "NotYourSeat")
      .withArgs(0, seats[0]!.trainer.address, seats[3]!.trainer.address);
    const streams = edgeStreams(f, 0, CHUNK);
    await expect(openChunk(f, 0, CHUNK, streams.slice(1)))
      .to.be.revertedWithCustomError(maskCourt, "StreamsLength")
      .withArgs(4 * 128, 5 * 128);
    await expect(openChunk(f, 0, CHUNK + 1)).to.be.revertedWithCustomError(court, "CommitmentMismatch");
    const lying = { ...f, seats: seats.with(0, { ...seats[0]!, secrets: seats[3]!.secrets }) };
    await expect(openChunk(lying, 0, CHUNK, streams)).to.be.revertedWithCustomError(court, "DealingMismatch");
    await openChunk(f, 0, CHUNK);
    await expect(openChunk(f, 0, CHUNK))
      .to.be.revertedWithCustomError(court, "AlreadyOpened")
      .withArgs(0);
    const nothing = { member: "0x", dropped: "0x", streams: "0x" };
    for (const seat of [2, 7, 35, 65_535]) {
      await expect(court.openChunk(f.taskAddress, 1, 0, seat, nothing))
        .to.be.revertedWithCustomError(court, "NotAMember")
        .withArgs(seat);
    }
    const { openUntil } = await deadlines(f);
    await networkHelpers.time.setNextBlockTimestamp(openUntil - 1n);
    await openChunk(f, 3, CHUNK);
    await networkHelpers.time.increaseTo(openUntil);
    await expect(openChunk(f, 4, CHUNK))
      .to.be.revertedWithCustomError(court, "TooLate")
      .withArgs(openUntil);
  });

  it("nothing before somebody has accused, and nothing of another round or task", async () => {
    const f = await aSpoiltSum(1, { dropped: [2] });
    const court = f.maskCourt;
    const nobody = { seat: 0, key: { x: 0n, y: 0n }, streams: [] };
    await expect(openChunk(f, 0, CHUNK))
      .to.be.revertedWithCustomError(court, "NotAccused")
      .withArgs(1, 0);
    await expect(convictSilent(f, 0)).to.be.revertedWithCustomError(court, "NotAccused");
    await expect(court.convictUnproved(f.taskAddress, 1, 0, nobody, nobody)).to.be.revertedWithCustomError(
      court,
      "NotAccused",
    );
    await accuse(f);
    await expect(court.convictSilent(f.taskAddress, 3, 0, 0)).to.be.revertedWithCustomError(court, "NotAccused");
    await expect(court.convictSilent(f.outsider.address, 1, 0, 0)).to.be.revertedWithCustomError(court, "NotAccused");
  });

  it("a proof of a mask by either end, in time", async () => {
    const f = await fixture();
    const before = await networkHelpers.takeSnapshot();
    for (const [prover, peer] of [
      [3, 1],
      [1, 3],
    ] as const) {
      await expect(convictEdge(f, prover, peer))
        .to.emit(f.masked, "SeatConvicted")
        .withArgs(1, 1, f.rules.fraudFine, f.outsider.address);
      await expect(convictEdge(f, prover, peer)).to.be.revertedWithCustomError(f.maskCourt, "NothingWrong");
      await before.restore();
    }
    const { proveUntil } = await deadlines(f);
    await networkHelpers.time.increaseTo(proveUntil);
    await expect(convictEdge(f, 3, 1))
      .to.be.revertedWithCustomError(f.maskCourt, "TooLate")
      .withArgs(proveUntil);
  });

  it("no proof about a mask on which both agree, or between a seat and itself", async () => {
    const f = await fixture();
    await expect(convictEdge(f, 3, 4))
      .to.be.revertedWithCustomError(f.maskCourt, "NothingWrong")
      .withArgs(CHUNK);
    await expect(convictEdge(f, 1, 4)).to.be.revertedWithCustomError(f.maskCourt, "NothingWrong");
    const seeds = await ethers.getContractAt("EcdhSeed", ethers.ZeroAddress);
    await expect(convictEdge(f, 3, 3))
      .to.be.revertedWithCustomError(seeds, "NotAnEdge")
      .withArgs(3);
  });

  it("no proof of another round, task or pair, nor one by who does not know the key", async () => {
    const f = await fixture();
    const library = await ethers.getContractAt("Dleq", ethers.ZeroAddress);
    const domain = ethers.id("another task");
    const withHintsOf = (prover: number, peer: number, of: RoundOfTask) => proofOfEdge(f, prover, peer, of);
    for (const wrong of [withHintsOf(3, 1, { domain: f.domain, round: 3 }), withHintsOf(3, 1, { domain, round: 1 })]) {
      await expect(convictEdge(f, 3, 1, wrong)).to.be.revertedWithCustomError(library, "WrongProof");
    }
    // Of the edge to another peer, or by another prover: the points are not those.
    await expect(convictEdge(f, 3, 1, proofOfEdge(f, 3, 4))).to.be.revertedWithCustomError(library, "WrongHint");
    await expect(convictEdge(f, 3, 1, proofOfEdge(f, 4, 1))).to.be.revertedWithCustomError(library, "WrongProof");
    // What the liar would need: that another point is the one both share.
    const right = proofOfEdge(f, 1, 3);
    const false_ = { ...right, shared: publicPoint(randomBytes(f.random, 32).fill(1, 0, 1)) };
    await expect(convictEdge(f, 1, 3, false_)).to.be.revertedWithCustomError(library, "WrongHint");
    const claim = { domain: f.domain, round: 1, prover: (await opened(f, 1)).key, peer: (await opened(f, 3)).key };
    const proof: SharedPointProof = { c: right.proof.c, z: right.proof.z };
    const hinted = {
      shared: false_.shared,
      proof: { ...proof, ...hintsOf({ ...claim, shared: false_.shared }, proof) },
    };
    await expect(convictEdge(f, 1, 3, hinted)).to.be.revertedWithCustomError(library, "WrongProof");
  });

  it("what has been opened, as it was opened", async () => {
    const f = await fixture();
    const { shared, proof } = proofOfEdge(f, 3, 1);
    const [one, other] = [await opened(f, 3), await opened(f, 1)];
    const bent = { ...one, streams: one.streams.with(1, ethers.id("something else")) };
    const moved = { ...one, seat: 4 };
    const alien = { ...one, key: other.key };
    for (const wrong of [bent, moved, alien]) {
      const [task, round] = [f.taskAddress, f.round];
      await expect(f.maskCourt.convictEdge(task, round, 0, wrong, other, shared, proof)).to.be.revertedWithCustomError(
        f.maskCourt,
        "OpeningMismatch",
      );
      await expect(f.maskCourt.convictEdge(task, round, 0, other, wrong, shared, proof)).to.be.revertedWithCustomError(
        f.maskCourt,
        "OpeningMismatch",
      );
    }
  });

  it("each part in its time", async () => {
    const f = await accused();
    const { openUntil, proveUntil } = await deadlines(f);
    expect(Number(proveUntil - openUntil)).to.equal(f.rules.blameSeconds / 3);
    await networkHelpers.time.setNextBlockTimestamp(openUntil - 1n);
    await expect(convictSilent(f, 0)).to.be.revertedWithCustomError(f.maskCourt, "TooEarly").withArgs(openUntil);
    await networkHelpers.time.increaseTo(openUntil);
    await convictSilent(f, 0);
    await expect(convictSilent(f, 0)).to.be.revertedWithCustomError(f.maskCourt, "AlreadyGuilty").withArgs(1);
    await expect(convictSilent(f, 2)).to.be.revertedWithCustomError(f.maskCourt, "NotAMember").withArgs(2);
    await passDeadline(f.task);
    await expect(convictSilent(f, 3)).to.be.revertedWithCustomError(f.masked, "WrongPhase");
  });

  it("of two who differ unproved both are guilty, but not before they could prove", async () => {
    const f = await fixture();
    const { proveUntil } = await deadlines(f);
    await expect(convictUnproved(f, 1, 3))
      .to.be.revertedWithCustomError(f.maskCourt, "TooEarly")
      .withArgs(proveUntil);
    await networkHelpers.time.increaseTo(proveUntil);
    await expect(convictUnproved(f, 3, 4)).to.be.revertedWithCustomError(f.maskCourt, "NothingWrong");
    await expect(convictUnproved(f, 3, 3)).to.be.revertedWithCustomError(f.maskCourt, "NothingWrong");
    await convictUnproved(f, 3, 1);
    expect(await convictedSeats(f)).to.deep.equal([1, 3]);
    await expect(convictUnproved(f, 1, 3))
      .to.be.revertedWithCustomError(f.maskCourt, "AlreadyGuilty")
      .withArgs((1 << 1) | (1 << 3));
  });
});
