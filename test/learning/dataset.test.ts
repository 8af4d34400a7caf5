import { expect } from "chai";
import { selectRows } from "../../trainer/learning/datasets/dataset.ts";
import { noise } from "./toyData.ts";

describe("dataset", () => {
  it("selects rows in the order given, as copies", () => {
    const dataset = noise(5, [2], 3, 1);
    const { features, labels, rows, shape, classes } = selectRows(dataset, Uint32Array.of(4, 0, 4));
    const pair = (row: number) => [...dataset.features.subarray(2 * row, 2 * row + 2)];
    expect([...features]).to.deep.equal([...pair(4), ...pair(0), ...pair(4)]);
    expect([...labels]).to.deep.equal([dataset.labels[4], dataset.labels[0], dataset.labels[4]]);
    expect({ rows, shape, classes }).to.deep.equal({ rows: 3, shape: [2], classes: 3 });
    features.fill(0);
    expect(pair(4)).to.not.deep.equal([0, 0]);
  });

  it("refuses a row that is not there", () => {
    expect(() => selectRows(noise(5, [2], 3, 1), Uint32Array.of(5))).to.throw(RangeError, /Row 5 is not in .* 5 rows/);
  });
});
