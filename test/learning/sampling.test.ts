import { expect } from "chai";
import { createRandom } from "../../trainer/learning/random.ts";
import { balancedRows, stratifiedSplit } from "../../trainer/learning/sampling.ts";

/** 70, 20 and 10 rows of the classes 0, 1 and 2. */
const skewed = Int32Array.from({ length: 100 }, (_, row) => (row % 10 < 7 ? 0 : row % 10 < 9 ? 1 : 2));
const counts = (rows: Uint32Array, labels = skewed) =>
  [0, 1, 2].map((label) => [...rows].filter((row) => labels[row] === label).length);

describe("sampling", () => {
  const seed = createRandom(process.env["FOEDUS_TEST_SEED"] ?? Date.now()).uint32();

  it("holds out the same share of every class", () => {
    const { train, holdout } = stratifiedSplit(skewed, 0.2, 1);
    expect(counts(holdout)).to.deep.equal([14, 4, 2]);
    expect([...train, ...holdout].sort((a, b) => a - b)).to.deep.equal([...skewed.keys()]);
    expect(stratifiedSplit(skewed, 0.2, 1)).to.deep.equal({ train, holdout });
    expect(stratifiedSplit(skewed, 0.2, 2)).to.not.deep.equal({ train, holdout });
  });

  it(`splits every row into one part, whatever the classes (seed ${seed})`, () => {
    const random = createRandom(seed);
    for (let trial = 0; trial < 40; trial++) {
      const labels = Int32Array.from({ length: 1 + random.below(200) }, () => random.below(6));
      const { train, holdout } = stratifiedSplit(labels, 0.01 + 0.98 * random.uniform(), trial);
      expect([...train, ...holdout].sort((a, b) => a - b)).to.deep.equal([...labels.keys()]);
    }
  });

  it("repeats rare rows alike until all classes are as large as the largest", () => {
    const rows = balancedRows(skewed, "over", 1);
    expect(counts(rows)).to.deep.equal([70, 70, 70]);
    const times = new Map<number, number>();
    for (const row of rows) times.set(row, (times.get(row) ?? 0) + 1);
    for (const [row, count] of times) {
      expect(count).to.be.oneOf([[1], [3, 4], [7]][skewed[row] ?? 0] ?? []);
    }
    expect(times.size, "no row is lost").to.equal(100);
  });

  it("leaves out common rows until all classes are as small as the smallest", () => {
    const rows = balancedRows(skewed, "under", 1);
    expect(counts(rows)).to.deep.equal([10, 10, 10]);
    expect(new Set(rows).size).to.equal(30);
    expect(balancedRows(skewed, "under", 2)).to.not.deep.equal(rows);
  });

  it("says what share it takes", () => {
    for (const share of [0, 1, -0.1, NaN]) expect(() => stratifiedSplit(skewed, share, 1)).to.throw(RangeError);
  });
});
