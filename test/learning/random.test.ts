import { expect } from "chai";
import { createRandom, fromState } from "../../trainer/learning/random.ts";

describe("random", () => {
  it("is xoshiro128** 1.1: first numbers of the reference implementation from state 1, 2, 3, 4", () => {
    const random = fromState([1, 2, 3, 4]);
    const drawn = Array.from({ length: 6 }, () => random.uint32());
    expect(drawn).to.deep.equal([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it("gives the same numbers from the same seed and unrelated ones for another purpose", () => {
    const draw = (seed: string) => Array.from({ length: 4 }, createRandom(seed).uint32);
    expect(draw("1/shuffle")).to.deep.equal(draw("1/shuffle"));
    expect(draw("1/shuffle")).to.not.deep.equal(draw("1/weights"));
  });

  it("has the mean and variance of a normal distribution", () => {
    const random = createRandom(1);
    const drawn = Array.from({ length: 20_000 }, random.normal);
    const mean = average(drawn);
    expect(mean).to.be.closeTo(0, 0.03);
    expect(average(drawn.map((value) => (value - mean) ** 2))).to.be.closeTo(1, 0.05);
  });

  for (const shape of [0.1, 0.5, 1, 4]) {
    it(`has the mean of a Gamma(${shape}) distribution`, () => {
      const random = createRandom(shape);
      const drawn = Array.from({ length: 20_000 }, () => Math.exp(random.logGamma(shape)));
      expect(average(drawn)).to.be.closeTo(shape, 5 * Math.sqrt(shape / 20_000));
    });
  }

  it("stays finite for a Gamma variate that itself would underflow", () => {
    const random = createRandom(1);
    for (let i = 0; i < 100; i++) expect(random.logGamma(1e-3)).to.satisfy(Number.isFinite);
  });

  it("draws below a bound evenly", () => {
    const random = createRandom(1);
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.below(5)]! += 1;
    for (const count of counts) expect(count).to.be.within(1_850, 2_150);
  });

  it("shuffles without losing anything", () => {
    const items = Uint32Array.from({ length: 100 }, (_, i) => i);
    createRandom(1).shuffle(items);
    expect([...items].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    expect(items[0]).to.not.equal(0);
  });
});

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
