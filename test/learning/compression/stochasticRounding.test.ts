import { expect } from "chai";
import { roundedToLevels } from "../../../trainer/learning/compression/stochasticRounding.ts";
import { BLOCK, decodeCompact, encodeCompact } from "../../../trainer/protocol/compactUpdate.ts";
import { seededRandom } from "../../support/seededRandom.ts";

describe("stochastic rounding", () => {
  const random = seededRandom("stochastic rounding");

  for (const bits of [8, 4, 1] as const) {
    it(`leaves 2^${bits} levels in each block, evenly apart`, () => {
      const values = Int32Array.from({ length: 3 * BLOCK[bits] + 5 }, () => Math.round(10_000 * random.normal()));
      const rounded = roundedToLevels(values, bits, 2 ** 20, random);
      const form = { lanes: values.length, keep: "all", kept: values.length, bits } as const;
      expect(() => encodeCompact(form, { positions: undefined, values })).to.throw(RangeError, "no grid");
      const written = encodeCompact(form, { positions: undefined, values: rounded });
      expect(decodeCompact(form, written).values).to.deep.equal(rounded);
      expect(new Set(rounded).size).to.be.greaterThan(2);
    });

    it(`is right on average with ${bits} bit(s), but for the factor that keeps what is left over short`, () => {
      const values = Int32Array.from({ length: BLOCK[bits] }, () => Math.round(10_000 * random.normal()));
      const draws = 4_000;
      const sum = new Float64Array(values.length);
      let leftOver = 0;
      for (let i = 0; i < draws; i++) {
        roundedToLevels(values, bits, 2 ** 20, random).forEach((value, at) => {
          sum[at]! += value / draws;
          leftOver += (values[at]! - value) ** 2 / draws;
        });
      }
      // Suresh et al. 2017, lemma 2: the squared error of one value between two levels is (up - x) (x - down).
      const [least, most] = [Math.min(...values), Math.max(...values)];
      const step = (most - least) / (2 ** bits - 1);
      const square = values.reduce((total, value) => total + value * value, 0);
      const error = values.reduce((total, value) => {
        const above = (value - least) % step;
        return total + above * (step - above);
      }, 0);
      const omega = error / square;
      const deviation = (most - least) / (2 ** bits - 1) / 2 / Math.sqrt(draws);
      values.forEach((value, at) => {
        expect(Math.abs(sum[at]! - value / (1 + omega))).to.be.lessThan(7 * deviation + 2);
      });
      expect(leftOver / square).to.be.closeTo(omega / (1 + omega), 0.02 + omega / 100);
    });
  }

  it("leaves what is equal, or has few values, as it is", () => {
    expect(roundedToLevels(Int32Array.of(7, 7, 7), 1, 100, random)).to.deep.equal(Int32Array.of(7, 7, 7));
    expect(roundedToLevels(Int32Array.of(-3, 4, -3), 1, 100, random)).to.deep.equal(Int32Array.of(-3, 4, -3));
    const few = Int32Array.from({ length: 256 }, (_, i) => i - 128);
    expect(roundedToLevels(few, 8, 127, random)).to.deep.equal(few);
  });

  it("never goes beyond the highest", () => {
    // Steps of whole numbers from -100 to 101 do not end at 101.
    const values = Int32Array.from({ length: 100 }, (_, i) => (i === 0 ? -100 : 101 - (i % 2)));
    for (let i = 0; i < 200; i++) expect(Math.max(...roundedToLevels(values, 4, 101, random))).to.be.at.most(101);
  });
});
