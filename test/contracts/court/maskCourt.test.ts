// The mask court against proofs that the bots' own code builds from real masks and shares: wrong sums and bad shares are
// convicted, right ones cannot be.
import { expect } from "chai";
import type { Random } from "../../../trainer/learning/random.ts";
import { ORDER, scalarBytes } from "../../../trainer/privacy/secp256k1.ts";
import { dealShares } from "../../../trainer/privacy/shamir.ts";
import { KEY_SHARE, SEED_SHARE, shareLeaf, sharesHashOf } from "../../../trainer/privacy/sharesBundle.ts";
import type { ShareKind } from "../../../trainer/privacy/sharesBundle.ts";
import { chunkDepth, chunkTree } from "../../../trainer/protocol/chunkTree.ts";
import { packOpening } from "../../../trainer/protocol/fraudProofs.ts";
import { sharesProof } from "../../../trainer/protocol/maskedProofs.ts";
import type { SharesProof, ShownShare, UnmaskingProof } from "../../../trainer/protocol/maskedProofs.ts";
import {
  aMaskedRound,
  challengeMasked,
  claimMasked,
  maskedSumChallenge,
  postSum,
  sendMasked,
  unmaskingOf,
} from "../../support/maskedDispute.ts";
import type { MaskedRound } from "../../support/maskedDispute.ts";
import { randomHex, seededRandom } from "../../support/seededRandom.ts";
import { ethers, networkHelpers, passDeadline, phaseOf } from "../../support/task.ts";

const WRONG_SUM = 0; // ITrainingTask.Fault
const CASES = 5;

/** Runs `act` and goes back to where the chain was before. */
async function undone(act: () => Promise<void>): Promise<void> {
  const before = await networkHelpers.takeSnapshot();
  await act();
  await before.restore();
}

/** The whole tree's lanes, with zeros behind the vector's end. */
function padded(lanes: Int32Array): Int32Array {
  const whole = new Int32Array(32 * 2 ** chunkDepth(lanes.length));
  whole.set(lanes);
  return whole;
}

async function expectNothingWrong(f: MaskedRound, calldata: string, chunk: number): Promise<void> {
  await expect(challengeMasked(f, f.outsider, calldata), `chunk ${chunk}`)
    .to.be.revertedWithCustomError(f.maskCourt, "NothingWrong")
    .withArgs(chunk);
}

describe("MaskCourt: masked sums", () => {
  const COHORTS = [
    { seats: 3, dropped: [], rule: "FedAvg" },
    { seats: 6, dropped: [0], rule: "FedAvg" },
    { seats: 6, dropped: [2, 5], rule: "Uniform" },
    { seats: 7, dropped: [0, 3, 6], rule: "FedAvgM" },
  ] as const;

  for (const { seats, dropped, rule } of COHORTS) {
    const name = `${seats} seats without ${dropped.join(" and ") || "a dropout"}, ${rule}`;
    it(`a wrong number anywhere is provable there and nowhere else: ${name}`, async () => {
      const random = seededRandom(`wrong sums, ${name}`);
      const parameters = 1 + random.below(500);
      const f = await aMaskedRound({ random, seats, dropped, rule, rules: { parameters } });
      const chunks = 2 ** chunkDepth(parameters);
      for (let i = 0; i < CASES; i++) {
        const lane = i === 0 ? 32 * chunks - 1 : random.below(32 * chunks);
        const chunk = Math.floor(lane / 32);
        const wrong = padded(f.sum);
        wrong[lane]! ^= 1 << random.below(32);
        const posted = chunkTree(wrong);
        await undone(async () => {
          const proposer = await postSum(f, posted);
          const other = (chunk + 1) % chunks;
          if (other !== chunk) await expectNothingWrong(f, maskedSumChallenge(f, posted, other), other);
          await expect(challengeMasked(f, f.outsider, maskedSumChallenge(f, posted, chunk)), `lane ${lane}`)
            .to.emit(f.task, "ProposalOverturned")
            .withArgs(1, proposer, WRONG_SUM, f.rules.fraudFine, f.outsider.address);
          expect(await phaseOf(f.task)).to.equal("Aggregating");
        });
      }
    });

    it(`the right sum is not: ${name}`, async () => {
      const random = seededRandom(`right sums, ${name}`);
      const parameters = 1 + random.below(500);
      const f = await aMaskedRound({ random, seats, dropped, rule, rules: { parameters } });
      const posted = chunkTree(f.sum);
      await postSum(f, posted);
      const chunks = 2 ** chunkDepth(parameters);
      for (const chunk of new Set([0, Math.ceil(parameters / 32) - 1, chunks - 1, random.below(chunks)])) {
        await expectNothingWrong(f, maskedSumChallenge(f, posted, chunk), chunk);
      }
    });
  }

  it("sums with the update of a member whose seed others have rebuilt", async () => {
    const random = seededRandom("a rebuilt seed");
    const f = await aMaskedRound({
      random,
      seats: 5,
      dropped: [1],
      vanished: [4],
      rules: { minTrainers: 3, shareThreshold: 3 },
    });
    const posted = chunkTree(f.sum);
    await postSum(f, posted);
    await expectNothingWrong(f, maskedSumChallenge(f, posted, 2), 2);
  });
});

/** Six seats, of which 1 and 4 have vanished; the sum is wrong in chunk 2. */
async function aWrongSum() {
  const random = seededRandom("a wrong sum");
  const f = await aMaskedRound({ random, seats: 6, dropped: [1, 4] });
  const wrong = new Int32Array(f.sum);
  wrong[2 * 32 + 5]! += 1;
  const posted = chunkTree(wrong);
  const proposer = await postSum(f, posted);
  return { ...f, random, posted, proposer };
}

describe("MaskCourt: what a proof must hold", () => {
  const fixture = () => networkHelpers.loadFixture(aWrongSum);
  const CHUNK = 2;
  const OPENING = 128 + 32 * 4;
  const MEMBER = OPENING + 128;
  type Wrong = Awaited<ReturnType<typeof aWrongSum>>;

  /** The challenge with parts of its proof replaced. */
  function changed(f: Wrong, change: (proof: UnmaskingProof) => Partial<UnmaskingProof>): Promise<unknown> {
    const proof = unmaskingOf(f, CHUNK);
    return challengeMasked(f, f.outsider, maskedSumChallenge(f, f.posted, CHUNK, [{ ...proof, ...change(proof) }]));
  }

  /** With one bit of the byte at `at` flipped. */
  function flipped(bytes: string, at: number, random: Random): string {
    const all = ethers.getBytes(bytes);
    all[at]! ^= 1 << random.below(8);
    return ethers.hexlify(all);
  }

  function swapped(bytes: string, size: number): string {
    const at = (i: number) => ethers.dataSlice(bytes, i * size, (i + 1) * size);
    return ethers.concat([at(1), at(0), ethers.dataSlice(bytes, 2 * size)]);
  }

  it("every member's own chunk, under the root it has committed to", async () => {
    const f = await fixture();
    for (const at of [0, 127, 128, OPENING - 1, 2 * MEMBER + f.random.below(OPENING)]) {
      await expect(
        changed(f, ({ members }) => ({ members: flipped(members, at, f.random) })),
        `byte ${at}`,
      ).to.be.revertedWithCustomError(f.maskCourt, "CommitmentMismatch");
    }
    await expect(changed(f, ({ members }) => ({ members: swapped(members, MEMBER) }))).to.be.revertedWithCustomError(
      f.maskCourt,
      "CommitmentMismatch",
    );
    await expect(changed(f, () => ({ members: unmaskingOf(f, 3).members }))).to.be.revertedWithCustomError(
      f.maskCourt,
      "CommitmentMismatch",
    );
  });

  it("the seeds, keys and hashes that were dealt", async () => {
    const f = await fixture();
    for (const part of [0, 32, 64, 96]) {
      const at = 3 * MEMBER + OPENING + part + f.random.below(32);
      await expect(
        changed(f, ({ members }) => ({ members: flipped(members, at, f.random) })),
        `byte ${at}`,
      )
        .to.be.revertedWithCustomError(f.maskCourt, "DealingMismatch")
        .withArgs(f.members[3], anyBytes32, anyBytes32);
    }
    for (const part of [0, 32, 64]) {
      // Of the key the lowest byte: a larger one might be no scalar, which is refused before.
      const at = 96 + part + (part === 0 ? 31 : f.random.below(32));
      await expect(
        changed(f, ({ dropped }) => ({ dropped: flipped(dropped, at, f.random) })),
        `byte ${at}`,
      )
        .to.be.revertedWithCustomError(f.maskCourt, "DealingMismatch")
        .withArgs(f.dropped[1], anyBytes32, anyBytes32);
    }
    await expect(changed(f, ({ dropped }) => ({ dropped: swapped(dropped, 96) }))).to.be.revertedWithCustomError(
      f.maskCourt,
      "DealingMismatch",
    );
    const noKey = ethers.concat([ethers.ZeroHash, ethers.dataSlice(unmaskingOf(f, CHUNK).dropped, 32)]);
    const curve = await ethers.getContractAt("Secp256k1", ethers.ZeroAddress);
    await expect(changed(f, () => ({ dropped: noKey }))).to.be.revertedWithCustomError(curve, "NotAScalar");
  });

  it("all members and all dropped seats, and nothing else", async () => {
    const f = await fixture();
    const { members, dropped } = unmaskingOf(f, CHUNK);
    for (const wrong of ["0x", ethers.dataSlice(members, MEMBER), `${members}00`, ethers.dataSlice(members, 32)]) {
      await expect(changed(f, () => ({ members: wrong })))
        .to.be.revertedWithCustomError(f.maskCourt, "MembersLength")
        .withArgs(ethers.dataLength(wrong), 4 * MEMBER);
    }
    for (const wrong of ["0x", ethers.dataSlice(dropped, 96), `${dropped}00`]) {
      await expect(changed(f, () => ({ dropped: wrong })))
        .to.be.revertedWithCustomError(f.maskCourt, "DroppedLength")
        .withArgs(ethers.dataLength(wrong), 2 * 96);
    }
  });

  it("a chunk of the sum that is proposed", async () => {
    const f = await fixture();
    const tree = await ethers.getContractAt("ChunkTree", ethers.ZeroAddress);
    await expect(
      challengeMasked(f, f.outsider, maskedSumChallenge(f, chunkTree(f.sum), CHUNK)),
    ).to.be.revertedWithCustomError(tree, "NotUnderRoot");
    const of = [f.taskAddress, f.round, CHUNK + 16] as const;
    const [proof, sum] = [[unmaskingOf(f, CHUNK)], packOpening(f.posted.proof(CHUNK))];
    const beyond = f.maskCourt.interface.encodeFunctionData("challengeMaskedSum", [...of, proof, sum]);
    await expect(challengeMasked(f, f.outsider, beyond)).to.be.revertedWithCustomError(tree, "IndexOutsideTree");
  });

  it("an earlier claim, and a round whose proposal can be challenged", async () => {
    const f = await fixture();
    const proof = maskedSumChallenge(f, f.posted, CHUNK);
    await expect(sendMasked(f, f.outsider, proof)).to.be.revertedWithCustomError(f.maskCourt, "NotClaimed");
    const later = maskedSumChallenge({ ...f, round: 2 }, f.posted, CHUNK);
    await expect(challengeMasked(f, f.outsider, later))
      .to.be.revertedWithCustomError(f.maskCourt, "WrongRound")
      .withArgs(2, 1);
    await claimMasked(f, f.outsider, proof);
    await passDeadline(f.task);
    await expect(sendMasked(f, f.outsider, proof)).to.be.revertedWithCustomError(f.task, "WrongPhase");
  });
});

const anyBytes32 = (value: unknown) => ethers.isHexString(value, 32);

interface Dealt {
  readonly leaves: Uint8Array;
  readonly shares: Readonly<Record<ShareKind, readonly ShownShare[]>>;
}

type Falsify = (dealer: number, kind: ShareKind, share: ShownShare) => string;

/** Seven seats, of which 1 has vanished, and real shares of all secrets; some of them false. Any four rebuild a secret. */
async function aDealtRound(falsify: Falsify) {
  const random = seededRandom("dealt shares");
  const [seats, threshold] = [7, 4];
  const all: Dealt[] = [];
  const deal = (dealer: number, secrets: { key: Uint8Array; seed: Uint8Array }): string => {
    const leaves = new Uint8Array(64 * seats);
    const others = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => seat !== dealer);
    const dealKind = (kind: ShareKind, secret: Uint8Array) =>
      dealShares(secret, threshold, others).map(({ seat, share }) => {
        const shown = falsify(dealer, kind, { seat, share: ethers.hexlify(share) });
        leaves.set(shareLeaf(kind, seat, ethers.getBytes(shown)), 32 * (2 * seat + kind));
        return { seat, share: shown };
      });
    all[dealer] = { leaves, shares: [dealKind(KEY_SHARE, secrets.key), dealKind(SEED_SHARE, secrets.seed)] };
    return sharesHashOf(leaves);
  };
  const rules = { minTrainers: 4, shareThreshold: threshold };
  const f = await aMaskedRound({ random, seats, dropped: [1], rules, deal });
  await postSum(f, chunkTree(f.sum));
  return { ...f, random, dealt: all };
}

type DealtRound = Awaited<ReturnType<typeof aDealtRound>>;

function sharesChallenge(f: DealtRound, dealer: number, proof: SharesProof, round = f.round): string {
  return f.maskCourt.interface.encodeFunctionData("challengeShares", [f.taskAddress, round, dealer, proof]);
}

/** The shares at these places of a dealer's. */
function shownBy(f: DealtRound, dealer: number, kind: ShareKind, places: readonly number[]): SharesProof {
  const { leaves, shares } = f.dealt[dealer]!;
  return sharesProof(
    { kind, ...f.seats[dealer]!.dealing },
    leaves,
    places.map((place) => shares[kind][place]!),
  );
}

const KINDS = [KEY_SHARE, SEED_SHARE] as const;
const HONEST: Falsify = (_, __, { share }) => share;

describe("MaskCourt: shares", () => {
  /** Dealer 1 (vanished) has dealt one false key share, dealer 2 a false seed share, each to the last seat. */
  const oneFalse: Falsify = (dealer, kind, { seat, share }) =>
    seat === 6 && ((dealer === 1 && kind === KEY_SHARE) || (dealer === 2 && kind === SEED_SHARE))
      ? ethers.hexlify(scalarBytes((BigInt(share) + 1n) % ORDER))
      : share;
  const honest = () => networkHelpers.loadFixture(anHonestDeal);
  const lying = () => networkHelpers.loadFixture(aLyingDeal);
  async function anHonestDeal() {
    return aDealtRound(HONEST);
  }
  async function aLyingDeal() {
    return aDealtRound(oneFalse);
  }

  it("that are honest convict nobody, whichever are shown", async () => {
    const f = await honest();
    for (const dealer of [0, 1, 5]) {
      for (const kind of KINDS) {
        for (const places of [
          [0, 1, 2, 3],
          [2, 3, 4, 5],
          [0, 2, 3, 5],
        ]) {
          await expect(challengeMasked(f, f.outsider, sharesChallenge(f, dealer, shownBy(f, dealer, kind, places))))
            .to.be.revertedWithCustomError(f.maskCourt, "SharesAreSound")
            .withArgs(dealer);
        }
      }
    }
  });

  it("of which one is false convict their dealer, of either secret, a vanished one too", async () => {
    const f = await lying();
    for (const [dealer, kind] of [
      [1, KEY_SHARE],
      [2, SEED_SHARE],
    ] as const) {
      const sound = sharesChallenge(f, dealer, shownBy(f, dealer, kind, [0, 1, 2, 3]));
      await expect(challengeMasked(f, f.outsider, sound)).to.be.revertedWithCustomError(f.maskCourt, "SharesAreSound");
      const proof = sharesChallenge(f, dealer, shownBy(f, dealer, kind, [0, 2, 3, 5]));
      await expect(challengeMasked(f, f.outsider, proof))
        .to.emit(f.masked, "SeatConvicted")
        .withArgs(1, dealer, f.rules.fraudFine, f.outsider.address);
      await expect(challengeMasked(f, f.outsider, proof)).to.be.revertedWithCustomError(
        f.maskCourt,
        "AlreadyConvicted",
      );
    }
    expect(await phaseOf(f.task)).to.equal("Proposed");
  });

  it("that are no scalars, or rebuild no key, convict their dealer", async () => {
    const f = await aDealtRound((dealer, kind, { seat, share }) => {
      if (dealer === 3 && kind === SEED_SHARE && seat === 0) return ethers.hexlify(scalarBytes(ORDER));
      if (dealer === 4 && kind === KEY_SHARE && seat === 2) return `0x${"ff".repeat(32)}`;
      return dealer === 5 && kind === KEY_SHARE ? ethers.ZeroHash : share;
    });
    for (const [dealer, kind, places] of [
      [3, SEED_SHARE, [0]],
      [4, KEY_SHARE, [0, 2]],
      [5, KEY_SHARE, [0, 1, 2, 3]],
    ] as const) {
      const proof = sharesChallenge(f, dealer, shownBy(f, dealer, kind, places));
      await expect(challengeMasked(f, f.outsider, proof), `dealer ${dealer}`).to.emit(f.masked, "SeatConvicted");
    }
  });

  it("must be as many as rebuild a secret, each under the leaf of its seat and kind", async () => {
    const f = await lying();
    const library = await ethers.getContractAt("ShamirShares", ethers.ZeroAddress);
    const show = (proof: SharesProof) => challengeMasked(f, f.outsider, sharesChallenge(f, 1, proof));
    const proof = shownBy(f, 1, KEY_SHARE, [0, 2, 3, 5]);
    for (const places of [[], [5], [0, 2, 5], [0, 1, 2, 3, 5]]) {
      await expect(show(shownBy(f, 1, KEY_SHARE, places)))
        .to.be.revertedWithCustomError(library, "SharesLength")
        .withArgs(4, places.length);
    }
    const three = { ...proof, shares: proof.shares.slice(1) };
    await expect(show(three)).to.be.revertedWithCustomError(library, "SharesLength").withArgs(4, 3);
    const last = proof.shares.at(-1)!;
    for (const wrong of [
      { ...proof, kind: SEED_SHARE },
      { ...proof, seats: [0, 3, 4, 5] },
      { ...proof, seats: proof.seats.with(3, 900) },
      { ...proof, shares: proof.shares.with(3, ethers.toBeHex(BigInt(last) ^ 1n, 32)) },
    ]) {
      await expect(show(wrong)).to.be.revertedWithCustomError(library, "NotDealt");
    }
    // One share twice is a line through one point.
    const twice = { ...proof, seats: proof.seats.with(1, 0), shares: proof.shares.with(1, proof.shares[0]!) };
    await expect(show(twice)).to.be.revertedWithCustomError(library, "SeatOutOfOrder");
    // Nor has the dealer dealt to itself.
    const own = { ...proof, seats: [0, 1, 3, 6], shares: proof.shares.with(1, ethers.ZeroHash) };
    await expect(show(own)).to.be.revertedWithCustomError(library, "NotDealt");
  });

  it("must be those of the dealing: of this seat, round and task, and with what it was committed to", async () => {
    const f = await lying();
    const proof = shownBy(f, 1, KEY_SHARE, [0, 2, 3, 5]);
    const key = ethers.computeAddress(`0x${"11".repeat(32)}`);
    for (const calldata of [
      sharesChallenge(f, 0, proof),
      sharesChallenge(f, 1, proof, 3), // a round whose seats have the same slots
      sharesChallenge(f, 1, { ...proof, keyAddress: key }),
      sharesChallenge(f, 1, { ...proof, maskHash: randomHex(f.random, 32) }),
      sharesChallenge(f, 1, { ...proof, leaves: proof.leaves.with(9, randomHex(f.random, 32)) }),
      sharesChallenge(f, 1, { ...proof, leaves: proof.leaves.slice(0, -2) }),
    ]) {
      await expect(challengeMasked(f, f.outsider, calldata)).to.be.revertedWithCustomError(
        f.maskCourt,
        "DealingMismatch",
      );
    }
    const calldata = sharesChallenge(f, 1, proof);
    await expect(sendMasked(f, f.outsider, calldata)).to.be.revertedWithCustomError(f.maskCourt, "NotClaimed");
    await passDeadline(f.task);
    await expect(challengeMasked(f, f.outsider, calldata)).to.be.revertedWithCustomError(f.masked, "WrongPhase");
  });
});
