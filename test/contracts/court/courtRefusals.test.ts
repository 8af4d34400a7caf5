import { expect } from "chai";
import { challenge, claim, aRealRound, post, rightOf, sumChallenge, treesOf } from "../../support/dispute.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { ethers, networkHelpers } from "../../support/task.ts";

async function proposed() {
  const f = await aRealRound({ random: seededRandom("who may dispute") });
  const posted = treesOf(rightOf(f));
  await post(f, posted);
  return { ...f, proof: sumChallenge(f, posted, 0) };
}
const fixture = () => networkHelpers.loadFixture(proposed);

describe("TrainingTask: disputes", () => {
  it("are for the court alone, not for its sponsor, a trainer or an outsider", async () => {
    const f = await fixture();
    const court = await f.court.getAddress();
    for (const account of [f.sponsor, f.trainers[0]!, f.outsider]) {
      const task = f.task.connect(account);
      const acts = [() => task.overturn(1, 0, account), () => task.expel(1, 0, account), () => task.hold(1)];
      for (const act of acts) {
        await expect(act()).to.be.revertedWithCustomError(f.task, "NotTheCourt").withArgs(account.address, court);
      }
    }
  });
});

describe("AggregationCourt: what it looks at first", () => {
  it("hears no challenge in the block of its announcement", async () => {
    const f = await fixture();
    await claim(f, f.outsider, f.proof);
    const to = await f.court.getAddress();
    await expect(f.outsider.call({ to, data: f.proof })).to.be.revertedWithCustomError(f.court, "ClaimTooFresh");
  });

  it("takes openings of exactly the length that the seats in a proof need", async () => {
    const f = await fixture();
    const [task, round, chunk, proof] = f.court.interface.decodeFunctionData("challengeSum", f.proof);
    const { seats, updates, sum } = proof as unknown as Record<"seats" | "updates" | "sum", string>;
    const need = ethers.dataLength(updates);
    for (const [spoilt, length] of [
      [ethers.dataSlice(updates, 0, need - 1), need],
      [`${updates}00`, need],
    ] as const) {
      const args = [task, round, chunk, { seats, updates: spoilt, sum }] as const;
      const call = f.court.interface.encodeFunctionData("challengeSum", args as never);
      await expect(challenge(f, f.outsider, call))
        .to.be.revertedWithCustomError(f.court, "OpeningsLength")
        .withArgs(ethers.dataLength(spoilt), length);
    }
  });
});
