import { expect } from "chai";
import { coordinateMedian } from "../../../trainer/learning/strategies/coordinateMedian.ts";
import { leftByTrim, rankedSum } from "../../../trainer/protocol/laneRanks.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";

describe("CoordinateMedian", () => {
  it("trims to the median however many of the most updates come in", () => {
    const random = seededRandom("updates");
    for (const max of [1, 2, 7, 8]) {
      const { server } = coordinateMedian.plan({}, aTaskWith({ trainers: { min: 1, max } }));
      expect(server.rule).to.equal("Uniform");
      const trim = server.trim ?? 0;
      expect(2 * trim, "something is left").to.be.lessThan(max);
      for (let n = 1; n <= max; n++) {
        const values = Array.from({ length: n }, () => random.below(1_000) - 500);
        const left = trim === 0 ? n : leftByTrim(n, trim);
        const sum = rankedSum(
          values.map((value) => ({ sum: Int32Array.of(value), divisor: 1 })),
          trim,
        );
        const sorted = values.toSorted((a, b) => a - b);
        const median = (sorted[Math.floor((n - 1) / 2)]! + sorted[Math.floor(n / 2)]!) / 2;
        expect(sum[0]! / left, `${n} of ${max}`).to.equal(median);
      }
    }
  });
});
