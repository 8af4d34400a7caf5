import { expect } from "chai";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { trimmedMean } from "../../../trainer/learning/strategies/trimmedMean.ts";
import { leftByTrim, rankedSum } from "../../../trainer/protocol/laneRanks.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";

describe("TrimmedMean", () => {
  it("leaves out the lowest and highest of every number, as the paper has it", () => {
    const random = seededRandom("updates");
    const { server } = trimmedMean.plan({ trim: 2 }, aTaskWith());
    const trim = server.trim ?? 0;
    for (let n = 5; n <= 10; n++) {
      const vectors = Array.from({ length: n }, () => Array.from({ length: 6 }, () => random.below(1_000) - 500));
      const parts = vectors.map((lanes) => ({ sum: Int32Array.from(lanes), divisor: 1 }));
      const mean = [...rankedSum(parts, trim)].map((sum) => sum / leftByTrim(n, trim));
      mean.forEach((value, lane) => {
        const kept = vectors
          .map((vector) => vector[lane]!)
          .toSorted((a, b) => a - b)
          .slice(2, -2);
        expect(value).to.equal(kept.reduce((sum, each) => sum + each, 0) / kept.length);
      });
    }
  });

  it("refuses tasks in which nothing would be left", () => {
    expect(() => trimmedMean.plan({ trim: 3 }, aTaskWith())).to.throw(UnsuitableStrategy, "trainers.min to at least 7");
    expect(() => trimmedMean.plan({}, aTaskWith())).to.throw(UnsuitableStrategy, "trim");
  });
});
