import { expect } from "chai";
import {
  partitionClasses,
  partitionDirichlet,
  partitionIid,
  partitionQuantity,
  partitionShards,
  quantityShares,
} from "../../trainer/learning/partition.ts";
import type { QuantitySkew } from "../../trainer/learning/partition.ts";
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
        skewOf(partitionDirichlet(tenClasses, { parts: 5, alpha, seed: each })),
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
    expect(skewOf(partitionIid(5_000, 5, 1))).to.be.lessThan(0.05);
  });

  it("deals shards of one size, so that two of them are two classes", () => {
    const labels = Int32Array.from({ length: 6_000 }, (_, row) => (row * 7) % 10);
    const dealt = partitionShards(labels, { parts: 100, seed: 1 });
    expectEachOnce(dealt, 6_000);
    for (const part of dealt) {
      expect(part).to.have.length(60);
      expect(classesIn(part, labels)).to.be.at.most(2);
    }
    expect(partitionShards(labels, { parts: 100, seed: 2 })).to.not.deep.equal(dealt);
    const uneven = partitionShards(tenClasses.subarray(0, 103), { parts: 5, shardsEach: 3, seed: 1 });
    expectEachOnce(uneven, 103);
    expect(Math.max(...uneven.map((part) => part.length))).to.be.at.most(3 * 7);
  });

  it("gives each part the number of classes asked for, and shares each class's rows evenly", () => {
    for (const [parts, classesEach] of [
      [10, 2],
      [20, 3],
      [12, 10],
    ] as const) {
      const dealt = partitionClasses(tenClasses, { parts, classesEach, seed: 1 });
      expectEachOnce(dealt, 5_000);
      dealt.forEach((part, i) => {
        expect(classesIn(part, tenClasses)).to.equal(classesEach);
        expect(part.some((row) => tenClasses[row] === i % 10)).to.equal(true);
      });
      for (let label = 0; label < 10; label++) {
        const sizes = dealt.map((part) => part.filter((row) => tenClasses[row] === label).length).filter(Boolean);
        expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1);
      }
    }
  });

  it("leaves out the classes that nobody has", () => {
    const dealt = partitionClasses(tenClasses, { parts: 3, classesEach: 1, seed: 1 });
    expect(dealt.map((part) => part.length)).to.deep.equal([500, 500, 500]);
  });

  for (const skew of [
    { kind: "dirichlet", alpha: 1 },
    { kind: "logNormal", deviation: 1 },
    { kind: "zipf", exponent: 1 },
  ] as const satisfies readonly QuantitySkew[]) {
    it(`deals unequal sizes (${skew.kind}) of one mix`, () => {
      const dealt = partitionQuantity(5_000, { parts: 5, skew, seed: 3, minRows: 50 });
      expectEachOnce(dealt, 5_000);
      const sizes = dealt.map((part) => part.length);
      expect(Math.max(...sizes)).to.be.greaterThan(2 * Math.min(...sizes));
      expect(Math.min(...sizes)).to.be.at.least(50);
      expect(partitionQuantity(5_000, { parts: 5, skew, seed: 3, minRows: 50 })).to.deep.equal(dealt);
      expect(skewOf(dealt.filter((part) => part.length > 500))).to.be.lessThan(0.08);
    });
  }

  it("makes Zipf's sizes the reciprocals of the ranks, and even ones of no skew", () => {
    const shares = quantityShares(3, { kind: "zipf", exponent: 1 }, 1).toSorted((a, b) => b - a);
    [6, 3, 2].forEach((part, i) => expect(shares[i]).to.be.closeTo(part / 11, 1e-12));
    expect(quantityShares(4, { kind: "zipf", exponent: 0 }, 1)).to.deep.equal([0.25, 0.25, 0.25, 0.25]);
    expect(quantityShares(4, { kind: "logNormal", deviation: 0 }, 1)).to.deep.equal([0.25, 0.25, 0.25, 0.25]);
  });

  it("skews classes and sizes together", () => {
    const shares = [0.6, 0.2, 0.1, 0.1];
    const dealt = partitionDirichlet(tenClasses, { parts: 4, alpha: 1_000, seed: 1, shares });
    expectEachOnce(dealt, 5_000);
    dealt.forEach((part, i) => expect(part.length / 5_000).to.be.closeTo(shares[i] ?? NaN, 0.03));
    for (const wrong of [
      [1, 1],
      [1, 1, 1, 0],
    ]) {
      expect(() => partitionDirichlet(tenClasses, { parts: 4, alpha: 1, seed: 1, shares: wrong })).to.throw(
        /positive share/,
      );
    }
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
    expect(() => partitionShards(tenClasses, { parts: 2_501, seed: 1 })).to.throw(RangeError, /too few/);
    for (const classesEach of [0, 11, 1.5]) {
      expect(() => partitionClasses(tenClasses, { parts: 5, classesEach, seed: 1 })).to.throw(
        RangeError,
        /1 to 10 classes/,
      );
    }
    expect(() => partitionClasses(Int32Array.of(0, 1, 1, 1), { parts: 4, classesEach: 2, seed: 1 })).to.throw(
      RangeError,
      /1 rows of class 0 are too few for 4 parts/,
    );
    for (const skew of [
      { kind: "logNormal", deviation: -1 },
      { kind: "zipf", exponent: NaN },
      { kind: "dirichlet", alpha: 0 },
    ] as const) {
      expect(() => partitionQuantity(100, { parts: 5, skew, seed: 1 })).to.throw(RangeError);
    }
  });
});

function expectEachOnce(dealt: Uint32Array[], rows: number): void {
  const all = dealt.flatMap((part) => [...part]).sort((a, b) => a - b);
  expect(all).to.deep.equal(Array.from({ length: rows }, (_, row) => row));
}

/** Mean distance in total variation between a part's classes and the even mix; 0 if each part has an even mix. */
function skewOf(dealt: Uint32Array[]): number {
  const distances = dealt.map((part) => {
    const counts = new Array<number>(10).fill(0);
    for (const row of part) counts[tenClasses[row] as number]! += 1;
    return counts.reduce((sum, count) => sum + Math.abs(count / part.length - 0.1), 0) / 2;
  });
  return distances.reduce((sum, value) => sum + value, 0) / dealt.length;
}

function classesIn(part: Uint32Array, labels: Int32Array): number {
  return new Set([...part].map((row) => labels[row])).size;
}
