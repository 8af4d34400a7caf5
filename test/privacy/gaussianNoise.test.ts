import { expect } from "chai";
import { MAX_SIGMA, gaussianNoise, secureWords } from "../../trainer/privacy/gaussianNoise.ts";
import { seededRandom } from "../support/seededRandom.ts";

/** By chance a fit is worse than this once in 10^9 times. */
const WORST_FIT = 6;

describe("Gaussian noise", () => {
  const random = seededRandom("Gaussian noise");

  for (const sigma of [1, 2, 3, 17, 605_000, 123_456_789]) {
    it(`fits the discrete Gaussian with sigma ${sigma} (chi-square)`, () => {
      const next = gaussianNoise(sigma, () => random.uint32());
      const { fit, cells } = fitOf(next, sigma, 200_000);
      expect(cells).to.be.greaterThan(4);
      expect(fit).to.be.lessThan(WORST_FIT);
    });
  }

  it("is told apart from noise whose sigma is 2 % larger, so the test can fail", () => {
    const sigma = 1_000;
    const wider = gaussianNoise(1_020, () => random.uint32());
    expect(fitOf(wider, sigma, 200_000).fit).to.be.greaterThan(WORST_FIT);
  });

  it("reaches as far as a Gaussian does, and no sample is cut off", () => {
    const sigma = 1_000;
    const next = gaussianNoise(sigma, () => random.uint32());
    const beyond3 = Array.from({ length: 200_000 }, next).filter((y) => Math.abs(y) > 3 * sigma).length;
    expect(beyond3).to.be.within(380, 700); // 540 expected, with a standard deviation of 23
  });

  it("draws with the system's generator unless told otherwise, never the same twice", () => {
    const [first, second] = [gaussianNoise(1_000_000), gaussianNoise(1_000_000)];
    const draw = (next: () => number) => Array.from({ length: 32 }, next);
    expect(draw(first)).not.to.deep.equal(draw(second));
    const { fit } = fitOf(gaussianNoise(1_000), 1_000, 200_000);
    expect(fit).to.be.lessThan(WORST_FIT);
  });

  it("draws words that use all 32 bits, past the end of a pool", () => {
    const word = secureWords();
    const ones = new Uint32Array(32);
    const words = 50_000;
    const seen = new Set<number>();
    for (let i = 0; i < words; i++) {
      const drawn = word();
      seen.add(drawn);
      for (let bit = 0; bit < 32; bit++) ones[bit] = ones[bit]! + ((drawn >>> bit) & 1);
    }
    expect(seen.size).to.be.greaterThan(words - 20); // 0.3 pairs expected
    for (const count of ones) expect(Math.abs(count / words - 0.5) * 2 * Math.sqrt(words)).to.be.lessThan(WORST_FIT);
  });

  for (const sigma of [0, -1, 1.5, NaN, MAX_SIGMA + 1]) {
    it(`refuses a sigma of ${sigma}`, () => {
      expect(() => gaussianNoise(sigma)).to.throw(RangeError, `Sigma is ${sigma}; it must be a whole number from 1`);
    });
  }
});

/** How badly samples fit the discrete Gaussian: a standard normal variate if they are from it. */
function fitOf(next: () => number, sigma: number, samples: number): { fit: number; cells: number } {
  // The density is summed at every integer where there are few; else at steps, which is as good as exact for something
  // so smooth. A cell is an odd number of steps, so that its ends lie between two of them.
  const step = Math.max(1, Math.floor(sigma / 520));
  const width = sigma < 520 ? 1 : 65 * step;
  // Cells of `width` integers each, cell 0 around zero; the ends hold all that lies beyond.
  const last = Math.ceil((3.5 * sigma) / width);
  const cellOf = (y: number) => Math.max(-last, Math.min(last, Math.round(y / width)));
  const observed = new Map<number, number>();
  const expected = new Map<number, number>();
  const add = (to: Map<number, number>, y: number, amount: number) =>
    to.set(cellOf(y), (to.get(cellOf(y)) ?? 0) + amount);

  let total = 0;
  const reach = Math.ceil((12 * sigma) / step);
  for (let i = -reach; i <= reach; i++) total += Math.exp(-(((i * step) / sigma) ** 2) / 2);
  for (let i = -reach; i <= reach; i++) {
    const from = i * step;
    add(expected, from, (samples * Math.exp(-((from / sigma) ** 2) / 2)) / total);
  }
  for (let i = 0; i < samples; i++) add(observed, next(), 1);

  let chiSquare = 0;
  let cells = 0;
  for (const [cell, mass] of expected) {
    if (mass < 5) continue;
    cells++;
    chiSquare += ((observed.get(cell) ?? 0) - mass) ** 2 / mass;
  }
  const degrees = cells - 1;
  // Wilson and Hilferty 1931.
  const spread = 2 / (9 * degrees);
  return { fit: (Math.cbrt(chiSquare / degrees) - (1 - spread)) / Math.sqrt(spread), cells };
}
