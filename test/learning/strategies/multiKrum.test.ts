import { expect } from "chai";
import { multiKrum } from "../../../trainer/learning/strategies/multiKrum.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";
import { honestAndLiars, textbookKrum, updatesOf } from "./someUpdates.ts";

describe("MultiKrum", () => {
  const random = seededRandom("updates");

  it("keeps all honest updates and no other, unless told how many", async () => {
    for (let trial = 0; trial < 30; trial++) {
      const liars = 1 + random.below(3);
      const honest = liars + 3 + random.below(4);
      const task = aTaskWith({ trainers: { min: 2 * liars + 3, max: 20 } });
      const counted = await multiKrum.plan({ liars }, task).select?.(updatesOf(honestAndLiars(random, honest, liars)));
      expect(counted).to.deep.equal(Array.from({ length: honest }, (_, seat) => seat));
    }
  });

  it("keeps the lowest scores: Krum's own when it keeps one", async () => {
    const vectors = honestAndLiars(random, 6, 1).map((lanes) => lanes.map((lane) => lane % 1_000_000));
    const keeping = (keep: number) => multiKrum.plan({ liars: 1, keep }, aTaskWith()).select!(updatesOf(vectors));
    expect(await keeping(1)).to.deep.equal([textbookKrum(vectors, 1)]);
    const [two, three] = [await keeping(2), await keeping(3)];
    expect(two).to.include.members(await keeping(1));
    expect(three).to.include.members(two).and.to.have.length(3);
  });

  it("keeps as many of those that it has as of all that it should have", async () => {
    const vectors = honestAndLiars(random, 5, 1);
    const plan = multiKrum.plan({ liars: 2 }, aTaskWith({ trainers: { min: 7, max: 20 } }));
    expect(plan.leaves).to.equal(5);
    expect(await plan.select!(updatesOf(vectors))).to.deep.equal([0, 1, 2, 3, 4]);
    expect(await plan.select!(updatesOf(vectors.slice(0, 4)))).to.deep.equal([]);
  });

  it("refuses to keep more than are sure to be honest", () => {
    const keeping = (keep: number) => () => multiKrum.plan({ liars: 1, keep }, aTaskWith());
    expect(keeping(4)).to.not.throw();
    expect(keeping(5)).to.throw(UnsuitableStrategy, "at most 4");
    expect(() => multiKrum.plan({ liars: 2 }, aTaskWith())).to.throw(UnsuitableStrategy, "trainers.min to 7");
  });
});
