import { expect } from "chai";
import { krum } from "../../../trainer/learning/strategies/krum.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";
import { honestAndLiars, textbookKrum, updatesOf } from "./someUpdates.ts";

function selectWith(liars: number) {
  return krum.plan({ liars }, aTaskWith({ trainers: { min: 2 * liars + 3, max: 20 } })).select!;
}

describe("Krum", () => {
  const random = seededRandom("updates");

  it("picks the paper's update, and an honest one, as long as 2f + 2 < n", async () => {
    for (let trial = 0; trial < 60; trial++) {
      const liars = random.below(5);
      const n = 2 * liars + 3 + random.below(4);
      // Small enough for the reference's doubles to be exact.
      const vectors = honestAndLiars(random, n - liars, liars).map((lanes) => lanes.map((lane) => lane % 1_000_000));
      const picked = await selectWith(liars)(updatesOf(vectors));
      expect(picked).to.deep.equal([textbookKrum(vectors, liars)]);
      expect(picked[0]).to.be.lessThan(n - liars);
    }
  });

  it("picks the lower of two seats that are as good, in whatever order updates come in", async () => {
    const updates = updatesOf([[9], [0], [2], [1], [1]]);
    expect(await selectWith(1)(updates)).to.deep.equal([3]);
    expect(await selectWith(1)(updates.toReversed())).to.deep.equal([3]);
  });

  it("tells scores apart that doubles cannot", async () => {
    const far = 2 ** 30;
    const lanes = (near: number) => [...Array.from({ length: 100 }, () => far), near];
    const others = [lanes(0), lanes(1), lanes(2)].map((each) => each.map((lane) => -lane));
    // Each score is that of the two nearest: one distance of 100 * 2^62 and, by seat, 13, 29, 10 and 17 more.
    const picked = await selectWith(0)(updatesOf([lanes(3), lanes(5), ...others.slice(0, 2)]));
    expect(picked).to.deep.equal([2]);
  });

  it("takes an update that is missing from the fewest of a round for a liar's, and picks nothing if more are missing", async () => {
    const vectors = honestAndLiars(random, 5, 1).map((lanes) => lanes.map((lane) => lane % 1_000_000));
    const select = krum.plan({ liars: 2 }, aTaskWith({ trainers: { min: 7, max: 20 } })).select!;
    expect(await select(updatesOf(vectors))).to.deep.equal([textbookKrum(vectors, 1)]);
    expect(await select(updatesOf(vectors.slice(0, 5)))).to.deep.equal([textbookKrum(vectors.slice(0, 5), 0)]);
    expect(await select(updatesOf(vectors.slice(0, 4)))).to.deep.equal([]);
  });

  it("refuses tasks with too few trainers to find so many liars", () => {
    const withMin = (min: number) => () => krum.plan({ liars: 2 }, aTaskWith({ trainers: { min, max: 20 } }));
    expect(withMin(7)).to.not.throw();
    expect(withMin(6)).to.throw(UnsuitableStrategy, "Set trainers.min to 7");
  });
});
