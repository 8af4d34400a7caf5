import { expect } from "chai";
import { MAX_TOTAL_WEIGHT, serverStep } from "../../trainer/protocol/serverStep.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceStep } from "../vectors/reference.ts";

const MAX = 0x7fffffff;
const MIN = -0x80000000;

describe("serverStep", () => {
  it("adds the weighted mean, halves away from zero", () => {
    const model = Int32Array.of(100, 100, 100, 100, -100, -100);
    const sum = Int32Array.of(10, 11, -10, -11, 1, -1);
    expect([...serverStep(model, sum, 2)]).to.deep.equal([105, 106, 95, 94, -99, -101]);
  });

  it("rounds every small quotient as the reference does", () => {
    const sum = Int32Array.from({ length: 401 }, (_, i) => i - 200);
    const model = new Int32Array(401);
    for (let weight = 1; weight <= 40; weight++) {
      expect(serverStep(model, sum, weight), `weight ${weight}`).to.deep.equal(referenceStep(model, sum, weight));
    }
  });

  it("is exact over the whole range of lanes and weights", () => {
    const random = seededRandom("whole range");
    for (let i = 0; i < 200; i++) {
      const weight = i % 4 === 0 ? MAX_TOTAL_WEIGHT - random.below(3) : 1 + random.below(2 ** (1 + random.below(31)));
      const model = randomLanes(random, 100);
      // Multiples of half the weight and their neighbours, where a division that rounds would show.
      const sum = randomLanes(random, 100).map((lane, k) =>
        k % 2 === 0 ? lane : Math.trunc(((lane % 1000) * weight) / 2) + random.below(3) - 1,
      );
      expect(serverStep(model, sum, weight), `weight ${weight}`).to.deep.equal(referenceStep(model, sum, weight));
    }
  });

  it("saturates at both ends of the range", () => {
    const next = serverStep(Int32Array.of(MAX, MIN, MAX, MIN, 1), Int32Array.of(1, -1, MAX, MIN, MAX), 1);
    expect([...next]).to.deep.equal([MAX, MIN, MAX, MIN, MAX]);
  });

  it("leaves model and sum as they were", () => {
    const model = Int32Array.of(1);
    const sum = Int32Array.of(2);
    serverStep(model, sum, 1);
    expect([model[0], sum[0]]).to.deep.equal([1, 2]);
  });

  it("refuses vectors of different lengths and divisors out of range", () => {
    expect(() => serverStep(new Int32Array(2), new Int32Array(3), 1)).to.throw(RangeError, "2 lanes and the sum 3");
    for (const weight of [0, -1, 1.5, NaN, 2 ** 31 + 1]) {
      expect(() => serverStep(new Int32Array(1), new Int32Array(1), weight)).to.throw(RangeError, "Total weight is");
    }
  });
});
