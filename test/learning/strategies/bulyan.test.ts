import { expect } from "chai";
import { bulyan } from "../../../trainer/learning/strategies/bulyan.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { leftByTrim, rankedSum } from "../../../trainer/protocol/laneRanks.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";
import { honestAndLiars, textbookKrum, updatesOf } from "./someUpdates.ts";

describe("Bulyan", () => {
  const random = seededRandom("updates");

  it("picks n - 2f by Krum, one after the other, as the paper has it", async () => {
    for (let trial = 0; trial < 20; trial++) {
      const liars = random.below(3);
      const n = 4 * liars + 3 + random.below(3);
      const vectors = honestAndLiars(random, n - liars, liars).map((lanes) => lanes.map((lane) => lane % 1_000_000));
      const left = vectors.map((vector, seat) => ({ vector, seat }));
      const expected: number[] = [];
      while (expected.length < n - 2 * liars) {
        const best = textbookKrum(
          left.map(({ vector }) => vector),
          liars,
        );
        expected.push(...left.splice(best, 1).map(({ seat }) => seat));
      }
      const { select } = bulyan.plan({ liars }, aTaskWith({ trainers: { min: n, max: n } }));
      expect(await select?.(updatesOf(vectors))).to.deep.equal(expected.sort((a, b) => a - b));
    }
  });

  it("moves no number of the model beyond what honest trainers say", async () => {
    for (let trial = 0; trial < 20; trial++) {
      const liars = 1 + random.below(2);
      const honest = 3 * liars + 3;
      const vectors = honestAndLiars(random, honest, 0);
      // Close enough to be picked by Krum, and far out in one number: what Bulyan was made against.
      const lie = vectors[0]!.with(3, vectors[0]![3]! + 60);
      const updates = updatesOf([...vectors, ...Array.from({ length: liars }, () => lie)]);
      const { select, server } = bulyan.plan({ liars }, aTaskWith({ trainers: { min: updates.length, max: 20 } }));
      const counted = (await select?.(updates)) ?? [];
      const parts = counted.map((seat) => ({ sum: updates[seat]!.lanes, divisor: 1 }));
      const trim = server.trim ?? 0;
      expect(leftByTrim(parts.length, trim)).to.equal(updates.length - 4 * liars);
      const mean = [...rankedSum(parts, trim)].map((sum) => sum / leftByTrim(parts.length, trim));
      mean.forEach((moved, lane) => {
        const said = vectors.map((vector) => vector[lane]!);
        expect(moved).to.be.within(Math.min(...said), Math.max(...said));
      });
    }
  });

  it("leaves as many as it says, of as few as a round may have without the liars", async () => {
    const plan = bulyan.plan({ liars: 2 }, aTaskWith({ trainers: { min: 11, max: 20 } }));
    for (const missing of [0, 1, 2]) {
      const counted = await plan.select!(updatesOf(honestAndLiars(random, 9, 2 - missing)));
      expect(counted).to.have.length(plan.leaves! + missing);
    }
    expect(await plan.select!(updatesOf(honestAndLiars(random, 8, 0)))).to.deep.equal([]);
  });

  it("refuses tasks with fewer than 4f + 3 trainers", () => {
    const withMin = (min: number) => () => bulyan.plan({ liars: 2 }, aTaskWith({ trainers: { min, max: 20 } }));
    expect(withMin(11)).to.not.throw();
    expect(withMin(10)).to.throw(UnsuitableStrategy, "Set trainers.min to 11");
  });
});
