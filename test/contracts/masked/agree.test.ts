import { expect } from "chai";
import { AGREEMENT, aMaskedTaskWith, aVote, bits, statusOf, viewOf, setsOf } from "../../support/maskedTask.ts";
import type { MaskedFixture } from "../../support/maskedTask.ts";
import { ethers, networkHelpers, passDeadline, phaseOf, PHASE } from "../../support/task.ts";

/** Five have shared and four have committed: three votes decide. */
async function agreeing() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Agreeing", 1, { commit: [0, 1, 2, 3] });
  return f;
}
const fixture = () => networkHelpers.loadFixture(agreeing);
const EVERYBODY = bits([0, 1, 2, 3]);

interface Vote {
  seat: number;
  missing?: bigint;
  /** What is signed, where it is not what is said. */
  signed?: { round?: number; members?: bigint; cohortView?: string };
  cohortView?: string;
  /** Who signs, where it is not the seat's trainer. */
  signer?: number;
  round?: number;
}

async function vote(f: MaskedFixture, { seat, missing = 0n, signed, cohortView, signer = seat, round = 1 }: Vote) {
  const view = cohortView ?? (await viewOf(f, 1));
  const said = { round, members: EVERYBODY & ~missing, cohortView: view };
  const signature = await aVote(f, f.trainers[signer]!, { ...said, ...signed });
  return f.task.connect(f.outsider).agree(round, seat, missing, view, signature);
}

describe("MaskedTask: agree", () => {
  it("fixes the set with as many equal votes as rebuild a secret, whoever brings them", async () => {
    const f = await fixture();
    const cohortView = await viewOf(f, 1);
    await expect(vote(f, { seat: 3 })).to.not.emit(f.task, "SetFixed");
    await vote(f, { seat: 1 });
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    expect((await setsOf(f.task, 1)).members).to.equal(0n);
    await expect(vote(f, { seat: 0 }))
      .to.emit(f.task, "SetFixed")
      .withArgs(1, EVERYBODY, cohortView);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    expect((await setsOf(f.task, 1)).members).to.equal(EVERYBODY);
  });

  it("says the vote itself, so that others need not trust the chain's word for it", async () => {
    const f = await fixture();
    const cohortView = await viewOf(f, 1);
    const signature = await aVote(f, f.trainers[2]!, { round: 1, members: EVERYBODY, cohortView });
    await expect(f.task.connect(f.outsider).agree(1, 2, 0, cohortView, signature))
      .to.emit(f.task, "SetAgreed")
      .withArgs(1, 2, EVERYBODY, cohortView, signature);
  });

  it("takes out of the set whose update is missing", async () => {
    const f = await fixture();
    await f.acts.agree(1, { missing: [2], voters: [0, 1, 3] });
    expect((await setsOf(f.task, 1)).members).to.equal(bits([0, 1, 3]));
    expect(await statusOf(f.task, 1, 2)).to.equal("Struck");
    expect(await statusOf(f.task, 1, 3)).to.equal("Committed");
  });

  it("a seat may say that its own update cannot be had", async () => {
    const f = await fixture();
    await f.acts.agree(1, { missing: [3], voters: [1, 2, 3] });
    expect(await statusOf(f.task, 1, 3)).to.equal("Struck");
  });

  it("counts votes for one set and one view only: others stand beside them", async () => {
    const f = await fixture();
    const another = ethers.id("what a lying node shows");
    await vote(f, { seat: 0 });
    await vote(f, { seat: 1 });
    await vote(f, { seat: 2, cohortView: another }); // the third vote for this set, but of another view
    await expect(vote(f, { seat: 3, missing: bits([2]) })).to.not.emit(f.task, "SetFixed");
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    expect((await setsOf(f.task, 1)).members).to.equal(0n);
    await passDeadline(f.task);
    expect(await phaseOf(f.task)).to.equal("Void");
  });

  it("never fixes two sets: the second has no votes left, and would come too late", async () => {
    const f = await fixture();
    await vote(f, { seat: 3, missing: bits([0]) });
    await f.acts.agree(1, { voters: [0, 1, 2] });
    expect((await f.task.queryFilter(f.task.filters.SetFixed(1))).length).to.equal(1);
    for (const seat of [0, 1, 2, 3]) {
      await expect(vote(f, { seat, missing: bits([0]) }))
        .to.be.revertedWithCustomError(f.task, "WrongPhase")
        .withArgs(PHASE.Revealing, PHASE.Agreeing);
    }
    expect((await setsOf(f.task, 1)).members).to.equal(EVERYBODY);
  });

  it("counts one vote a seat, and none of who did not commit", async () => {
    const f = await fixture();
    await vote(f, { seat: 0 });
    await expect(vote(f, { seat: 0 }))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, 3);
    await expect(vote(f, { seat: 0, missing: bits([1]) })).to.be.revertedWithCustomError(f.task, "AlreadyActed");
    await expect(vote(f, { seat: 4 }))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(4, 2);
    for (const seat of [5, 32, 256, 65_535]) {
      await expect(vote(f, { seat, signer: 0 })).to.be.revertedWithCustomError(f.task, "AlreadyActed");
    }
  });

  it("is for sets of those who committed, of enough of them", async () => {
    const f = await fixture();
    for (const missing of [bits([4]), bits([0, 4]), 1n << 32n, 1n << 255n]) {
      await expect(vote(f, { seat: 0, missing }))
        .to.be.revertedWithCustomError(f.task, "NotInTheSet")
        .withArgs(missing, EVERYBODY);
    }
    await expect(vote(f, { seat: 0, missing: bits([0, 1]) }))
      .to.be.revertedWithCustomError(f.task, "TooFewMembers")
      .withArgs(2, 3);
  });

  it("is over when the round is, and was not open while others could still commit", async () => {
    const early = await networkHelpers.loadFixture(stillCommitting);
    await expect(vote(early, { seat: 0 }))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Committing, PHASE.Agreeing);
    await expect(vote(early, { seat: 0, round: 2 }))
      .to.be.revertedWithCustomError(early.task, "WrongRound")
      .withArgs(2, 1);
    const f = await fixture();
    await passDeadline(f.task);
    await expect(vote(f, { seat: 0 }))
      .to.be.revertedWithCustomError(f.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Agreeing);
  });

  describe("refuses a signature", () => {
    const forgeries: [string, Vote][] = [
      ["of another seat's trainer", { seat: 0, signer: 1 }],
      ["of somebody who has no seat", { seat: 0, signer: 4 }],
      ["under another set", { seat: 0, signed: { members: bits([0, 1, 2]) } }],
      ["under another view", { seat: 0, signed: { cohortView: ethers.id("another") } }],
      ["under another round", { seat: 0, signed: { round: 2 } }],
    ];
    for (const [what, forged] of forgeries) {
      it(what, async () => {
        const f = await fixture();
        await expect(vote(f, forged))
          .to.be.revertedWithCustomError(f.task, "WrongSigner")
          .withArgs(f.trainers[0]!.address);
      });
    }

    it("that the same trainer has made for another task", async () => {
      const f = await fixture();
      const said = { round: 1, members: EVERYBODY, cohortView: await viewOf(f, 1) };
      const elsewhere = await aVote({ taskAddress: f.outsider.address }, f.trainers[0]!, said);
      await expect(f.task.agree(1, 0, 0, said.cohortView, elsewhere)).to.be.revertedWithCustomError(
        f.task,
        "WrongSigner",
      );
    });

    it("that the same trainer has made for this address on another chain", async () => {
      const f = await fixture();
      const said = { round: 1, members: EVERYBODY, cohortView: await viewOf(f, 1) };
      const domain = { name: "Foedus", version: "1", chainId: 1, verifyingContract: f.taskAddress };
      const elsewhere = await f.trainers[0]!.signTypedData(domain, AGREEMENT, said);
      await expect(f.task.agree(1, 0, 0, said.cohortView, elsewhere)).to.be.revertedWithCustomError(
        f.task,
        "WrongSigner",
      );
    });

    it("in its other form, which everybody can make of it", async () => {
      const f = await fixture();
      const said = { round: 1, members: EVERYBODY, cohortView: await viewOf(f, 1) };
      const { r, s, yParity } = ethers.Signature.from(await aVote(f, f.trainers[0]!, said));
      const highS = ethers.toBeHex(CURVE_ORDER - BigInt(s), 32);
      const malleated = ethers.concat([r, highS, ethers.toBeHex(28 - yParity, 1)]);
      await expect(f.task.agree(1, 0, 0, said.cohortView, malleated)).to.be.revertedWithCustomError(
        f.task,
        "ECDSAInvalidSignatureS",
      );
    });

    it("of the last round, when the same seats have committed in this one", async () => {
      const f = await networkHelpers.loadFixture(agreeingAgain);
      const first = (await f.task.queryFilter(f.task.filters.SetAgreed(1)))[0]!.args;
      await expect(f.task.agree(3, first.seat, 0, first.cohortView, first.signature)).to.be.revertedWithCustomError(
        f.task,
        "WrongSigner",
      );
    });
  });

  it("forgets the votes of earlier rounds", async () => {
    const f = await networkHelpers.loadFixture(agreeingAgain);
    await f.acts.agree(3, { voters: [0, 1] });
    expect(await phaseOf(f.task)).to.equal("Agreeing");
    await f.acts.agree(3, { voters: [2] });
    expect(await phaseOf(f.task)).to.equal("Revealing");
  });
});

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

async function stillCommitting() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Committing", 1);
  await f.acts.commit(1, [0, 1, 2]);
  return f;
}

/** Round 1 ended without a set, though two had voted; round 3 is in the same slots. */
async function agreeingAgain() {
  const f = await aMaskedTaskWith();
  await f.acts.until("Agreeing", 1);
  await f.acts.agree(1, { voters: [0, 1] });
  await passDeadline(f.task);
  await f.task.advance();
  await passDeadline(f.task);
  await f.task.advance(); // nobody enters round 2
  await f.acts.until("Agreeing", 3);
  return f;
}
