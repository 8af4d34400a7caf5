import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import {
  PHASE,
  STATUS,
  actsOf,
  anUpdate,
  aTaskWith,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
  weightOf,
} from "../support/task.ts";

async function revealing() {
  const f = await aTaskWith({ staked: 4 });
  await actsOf(f).enter([0, 1, 2]);
  await passDeadline(f.task);
  await actsOf(f).commit(1, [0, 1]);
  await passDeadline(f.task);
  return f;
}
const fixture = () => networkHelpers.loadFixture(revealing);

describe("SealedTask: reveal", () => {
  it("opens the commitment and says all that is needed to fetch and to check", async () => {
    const f = await fixture();
    const { root, contentKeyHash, contentId, commitment } = anUpdate(f, 1, f.trainers[0]!);
    await expect(f.task.connect(f.trainers[0]!).reveal(1, 0, root, contentKeyHash, contentId))
      .to.emit(f.task, "UpdateRevealed")
      .withArgs(1, 0, root, contentKeyHash, contentId, 0);
    const seat = await f.task.seatAt(1, 0);
    expect([seat.status, seat.commitment]).to.deep.equal([BigInt(STATUS.Revealed), commitment]);
  });

  it("starts the attest phase with the last reveal", async () => {
    const f = await fixture();
    await actsOf(f).reveal(1, [1]);
    expect(await phaseOf(f.task)).to.equal("Revealing");
    await actsOf(f).reveal(1, [0]);
    expect(await phaseOf(f.task)).to.equal("Attesting");
  });

  it("draws one of those who revealed to aggregate", async () => {
    const drawn = new Set<bigint>();
    for (let attempt = 0; attempt < 40 && drawn.size < 2; attempt++) {
      const f = await fixture();
      await networkHelpers.setPrevRandao(BigInt(ethers.id(`randao ${attempt}`)));
      await actsOf(f).reveal(1, [0]);
      await networkHelpers.setPrevRandao(BigInt(ethers.id(`and ${attempt}`)));
      await actsOf(f).reveal(1, [1]);
      const events = await f.task.queryFilter(f.task.filters.UpdateRevealed(1));
      drawn.add(events.at(-1)!.args.drawn);
    }
    expect([...drawn].sort()).to.deep.equal([0n, 1n]);
  });

  for (const part of ["root", "contentKeyHash"] as const) {
    it(`rejects another ${part} than was committed to`, async () => {
      const f = await fixture();
      const update = { ...anUpdate(f, 1, f.trainers[0]!), [part]: ethers.id("another") };
      const { root, contentKeyHash, contentId, commitment } = update;
      await expect(f.task.connect(f.trainers[0]!).reveal(1, 0, root, contentKeyHash, contentId))
        .to.be.revertedWithCustomError(f.task, "CommitmentMismatch")
        .withArgs(commitment, anyValue);
    });
  }

  it("rejects a copied commitment: it opens for its sender only", async () => {
    const f = await networkHelpers.loadFixture(copied);
    const { root, contentKeyHash, contentId } = anUpdate(f, 1, f.trainers[0]!);
    await f.task.connect(f.trainers[0]!).reveal(1, 0, root, contentKeyHash, contentId);
    await expect(
      f.task.connect(f.trainers[1]!).reveal(1, 1, root, contentKeyHash, contentId),
    ).to.be.revertedWithCustomError(f.task, "CommitmentMismatch");
  });

  it("rejects a commitment taken over from another round", async () => {
    const f = await networkHelpers.loadFixture(staleCommitment);
    const { root, contentKeyHash, contentId } = anUpdate(f, 1, f.trainers[0]!);
    await expect(
      f.task.connect(f.trainers[0]!).reveal(2, 0, root, contentKeyHash, contentId),
    ).to.be.revertedWithCustomError(f.task, "CommitmentMismatch");
  });

  it("rejects a second reveal, one without a commitment and one of another's seat", async () => {
    const f = await fixture();
    await actsOf(f).reveal(1, [0]);
    const zero = ethers.ZeroHash;
    await expect(f.task.connect(f.trainers[0]!).reveal(1, 0, zero, zero, zero))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, STATUS.Revealed);
    await expect(f.task.connect(f.trainers[2]!).reveal(1, 2, zero, zero, zero))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(2, STATUS.Entered);
    await expect(f.task.connect(f.trainers[0]!).reveal(1, 1, zero, zero, zero))
      .to.be.revertedWithCustomError(f.task, "NotYourSeat")
      .withArgs(1, f.trainers[1]!.address, f.trainers[0]!.address);
  });

  it("is over at the deadline, and was not open while others could still commit", async () => {
    const early = await networkHelpers.loadFixture(stillCommitting);
    const { root, contentKeyHash, contentId } = anUpdate(early, 1, early.trainers[0]!);
    await expect(early.task.connect(early.trainers[0]!).reveal(1, 0, root, contentKeyHash, contentId))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Committing, PHASE.Revealing);
    await passDeadline(early.task);
    await passDeadline(early.task);
    await expect(early.task.connect(early.trainers[0]!).reveal(1, 0, root, contentKeyHash, contentId))
      .to.be.revertedWithCustomError(early.task, "WrongPhase")
      .withArgs(PHASE.Void, PHASE.Revealing);
  });
});

async function stillCommitting() {
  const f = await aTaskWith({ staked: 4 });
  await actsOf(f).enter([0, 1, 2]);
  await passDeadline(f.task);
  await actsOf(f).commit(1, [0, 1]);
  return f;
}

async function copied() {
  const f = await aTaskWith({ staked: 2 });
  await actsOf(f).enter();
  await passDeadline(f.task);
  const { commitment } = anUpdate(f, 1, f.trainers[0]!);
  await f.task.connect(f.trainers[0]!).commit(1, 0, commitment);
  await f.task.connect(f.trainers[1]!).commit(1, 1, commitment);
  return f;
}

async function staleCommitment() {
  const f = await aTaskWith({ staked: 2 });
  await actsOf(f).wholeRound(1);
  await f.task.connect(f.trainers[0]!).enter(0, weightOf(0));
  await f.task.connect(f.trainers[1]!).enter(1, weightOf(1));
  await passDeadline(f.task);
  await f.task.connect(f.trainers[0]!).commit(2, 0, anUpdate(f, 1, f.trainers[0]!).commitment);
  await f.task.connect(f.trainers[1]!).commit(2, 1, anUpdate(f, 2, f.trainers[1]!).commitment);
  return f;
}
