import { expect } from "chai";
import { partitionDirichlet, partitionIid } from "../../trainer/learning/partition.ts";
import { createRandom } from "../../trainer/learning/random.ts";

const tenClasses = Int32Array.from({ length: 5_000 }, (_, row) => row % 10);

describe("partition", () => {
  const seed = createRandom(process.env["FOEDUS_TEST_SEED"] ?? Date.now()).uint32();

  it(`deals every row once and at least the minimum to each, whatever is asked for (seed ${seed})`, () => {
    const random = createRandom(seed);
    for (let trial = 0; trial < 60; trial++) {
      const parts = 1 + random.below(20);
      const minRows = 1 + random.below(10);
      const rows = parts * minRows + random.below(500);
      const labels = Int32Array.from({ length: rows }, () => random.below(1 + (trial % 12)));
      const alpha = 10 ** (4 * random.uniform() - 3);
      const dealt = partitionDirichlet(labels, { parts, alpha, seed: trial, minRows });
      expect(dealt).to.have.length(parts);
      expectEachOnce(dealt, rows);
      expect(Math.min(...dealt.map((part) => part.length))).to.be.at.least(minRows);
    }
  });

  it("gives the same parts from the same seed, others from another", () => {
    const deal = (of: number) => partitionDirichlet(tenClasses, { parts: 5, alpha: 0.5, seed: of });
    expect(deal(1)).to.deep.equal(deal(1));
    expect(deal(1)).to.not.deep.equal(deal(2));
  });

  it("skews classes more, the smaller alpha is", () => {
    const skews = [0.05, 0.5, 5, 500].map((alpha) => {
      const all = Array.from({ length: 10 }, (_, each) =>
        skew(partitionDirichlet(tenClasses, { parts: 5, alpha, seed: each })),
      );
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    });
    expect(skews).to.deep.equal(skews.toSorted((a, b) => b - a));
    expect(skews[0]).to.be.greaterThan(0.6);
    expect(skews[3]).to.be.lessThan(0.05);
  });

  it("deals evenly when IID, sizes differing by one at most", () => {
    const dealt = partitionIid(5_003, 5, 1);
    expectEachOnce(dealt, 5_003);
    expect(dealt.map((part) => part.length).sort()).to.deep.equal([1_000, 1_000, 1_001, 1_001, 1_001]);
    expect(skew(partitionIid(5_000, 5, 1))).to.be.lessThan(0.05);
  });

  it("says what does not fit", () => {
    const deal = (change: object) => partitionDirichlet(tenClasses, { parts: 5, alpha: 0.5, seed: 1, ...change });
    expect(() => deal({ parts: 11, minRows: 500 })).to.throw(
      RangeError,
      /5000 rows are too few for 11 parts of at least 500/,
    );
    expect(() => deal({ parts: 0 })).to.throw(RangeError, /parts/);
    for (const alpha of [0, -1, NaN, Infinity]) expect(() => deal({ alpha })).to.throw(RangeError, /Alpha/);
    expect(() => partitionIid(3, 4, 1)).to.throw(RangeError, /too few/);
  });
});

function expectEachOnce(dealt: Uint32Array[], rows: number): void {
  const all = dealt.flatMap((part) => [...part]).sort((a, b) => a - b);
  expect(all).to.deep.equal(Array.from({ length: rows }, (_, row) => row));
}

/** Mean distance in total variation between a part's classes and the even mix; 0 if each part has an even mix. */
function skew(dealt: Uint32Array[]): number {
  const distances = dealt.map((part) => {
    const counts = new Array<number>(10).fill(0);
    for (const row of part) counts[tenClasses[row] as number]! += 1;
    return counts.reduce((sum, count) => sum + Math.abs(count / part.length - 0.1), 0) / 2;
  });
  return distances.reduce((sum, value) => sum + value, 0) / dealt.length;
}
