import { expect } from "chai";
import { provePossession } from "../../../trainer/privacy/possession.ts";
import { aDealing, aMaskedTaskWith, bits, dealt, statusOf, setsOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, passDeadline, phaseOf, PHASE } from "../../support/task.ts";

/** Four of five have entered, and may share now. */
async function sharing() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Sharing", 1, { enter: [0, 1, 2, 3] });
  return f;
}
async function entering() {
  return aMaskedTaskWith();
}
const fixture = () => networkHelpers.loadFixture(sharing);

/** Shares with what seat 0 has dealt, changed; by the trainer of `by`, in `seat` of `round`. */
function shareWith(
  f: MaskedFixture,
  changes: Partial<ReturnType<typeof aDealing>> = {},
  { by = 0, seat = 0, round = 1, cohort = 0 } = {},
) {
  const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = { ...aDealing(f, 1, 0), ...changes };
  return f.task.connect(f.trainers[by]!).share(round, seat, cohort, keyAddress, maskHash, sharesHash, sharesId, r, vs);
}

/** A proof by the key that seat 0 has dealt, of something else. */
function anotherProof(f: MaskedFixture, of: { domain?: string; round?: number; trainer?: string }) {
  const key = ethers.getBytes(aDealing(f, 1, 0).key);
  return provePossession(key, { domain: f.domain, round: 1, trainer: f.trainers[0]!.address, ...of });
}

describe("MaskedTask: share", () => {
  it("keeps one hash of the dealing, and says all of it", async () => {
    const f = await fixture();
    const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = aDealing(f, 1, 2);
    await expect(f.acts.share(1, [2]))
      .to.emit(f.task, "KeyShared")
      .withArgs(1, 2, keyAddress, maskHash, sharesHash, sharesId, r, vs);
    expect(await f.task.dealingAt(1, 2)).to.equal(dealt(f, 1, 2));
    expect(await statusOf(f.task, 1, 2)).to.equal("Shared");
    expect(await setsOf(f.task, 1)).to.deep.equal({ shared: bits([2]), members: 0n, seeds: 0n, keys: 0n });
  });

  it("starts the commitments with the last one", async () => {
    const f = await fixture();
    await f.acts.share(1, [3, 1, 0]);
    expect(await phaseOf(f.task)).to.equal("Sharing");
    await f.acts.share(1, [2]);
    expect(await phaseOf(f.task)).to.equal("Committing");
  });

  it("ends at the deadline: with those who have shared, if they are enough", async () => {
    const f = await fixture();
    await f.acts.share(1, [0, 1, 3]);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Committing");
    await expect(f.acts.share(1, [2]))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Committing, PHASE.Sharing);
    await f.acts.commit(1, [0, 1, 3]);
    expect(await phaseOf(f.task)).to.equal("Agreeing");
  });

  it("cannot be had twice, nor changed", async () => {
    const f = await fixture();
    await f.acts.share(1, [0]);
    const before = await f.task.dealingAt(1, 0);
    await expect(shareWith(f, { maskHash: ethers.id("another") }))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, 2);
    expect(await f.task.dealingAt(1, 0)).to.equal(before);
  });

  it("is for those who entered, in their own seats", async () => {
    const f = await fixture();
    await expect(shareWith(f, {}, { by: 4, seat: 4 }))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(4, ethers.ZeroAddress, f.trainers[4]!.address);
    await expect(shareWith(f, {}, { by: 1, seat: 0 }))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(0, f.trainers[0]!.address, f.trainers[1]!.address);
    // A set has 32 bits: a seat beyond them must never get as far as a set.
    for (const seat of [5, 32, 64, 255, 256, 65_535]) {
      await expect(shareWith(f, {}, { seat })).to.be.revertedWithCustomError(f.task, "NotYourSeat");
    }
    expect((await setsOf(f.task, 1)).shared).to.equal(0n);
  });

  it("is for the round under way, while it shares", async () => {
    const f = await networkHelpers.loadFixture(entering);
    await expect(shareWith(f))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Entering, PHASE.Sharing);
    await expect(shareWith(f, {}, { round: 3 }))
      .to.be.revertedWithCustomError(f.task, "WrongRound")
      .withArgs(3, 1);
  });

  describe("refuses a proof of possession", () => {
    it("by another key than is claimed", async () => {
      const f = await fixture();
      const { keyAddress } = aDealing(f, 1, 1);
      await expect(shareWith(f, { keyAddress }))
        .to.be.revertedWithCustomError(f.task, "WrongPossession")
        .withArgs(keyAddress, aDealing(f, 1, 0).keyAddress);
    });

    it("that another trainer has made of its key, and shown already", async () => {
      const f = await fixture();
      await f.acts.share(1, [1]);
      await expect(shareWith(f, aDealing(f, 1, 1))).to.be.revertedWithCustomError(f.task, "WrongPossession");
    });

    it("of another round", async () => {
      const f = await fixture();
      await expect(shareWith(f, anotherProof(f, { round: 2 }))).to.be.revertedWithCustomError(
        f.task,
        "WrongPossession",
      );
    });

    it("of another task, or of this one on another chain", async () => {
      const f = await fixture();
      const domain = ethers.id("another task");
      await expect(shareWith(f, anotherProof(f, { domain }))).to.be.revertedWithCustomError(f.task, "WrongPossession");
    });

    it("of another trainer", async () => {
      const f = await fixture();
      const trainer = f.trainers[1]!.address;
      await expect(shareWith(f, anotherProof(f, { trainer }))).to.be.revertedWithCustomError(f.task, "WrongPossession");
    });

    it("that no key has made, for the address of none", async () => {
      const f = await fixture();
      const forged = { keyAddress: ethers.ZeroAddress, r: ethers.ZeroHash, vs: ethers.ZeroHash };
      await expect(shareWith(f, forged)).to.be.revertedWithCustomError(f.task, "ECDSAInvalidSignature");
    });
  });
});
