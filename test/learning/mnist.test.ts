import { expect } from "chai";
import { loadMnist, mnistLabels } from "../../trainer/learning/datasets/mnist.ts";
import { rejection } from "./rejection.ts";

describe("mnist", () => {
  it("has 60,000 training labels and the counts of LeCun's files", async () => {
    const labels = await mnistLabels("train");
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]! += 1;
    expect(counts).to.deep.equal([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  });

  it("has 10,000 test images of 28 x 28 with pixels from 0 to 1", async () => {
    const { features, labels, rows, shape, classes } = await loadMnist("test");
    expect({ rows, shape, classes }).to.deep.equal({ rows: 10_000, shape: [28, 28, 1], classes: 10 });
    expect([...labels.subarray(0, 5)]).to.deep.equal([7, 2, 1, 0, 4]);
    let [least, most, sum] = [Infinity, -Infinity, 0];
    for (const pixel of features) {
      least = Math.min(least, pixel);
      most = Math.max(most, pixel);
      sum += pixel;
    }
    expect([least, most]).to.deep.equal([0, 1]);
    expect(sum / features.length, "mean pixel").to.be.closeTo(0.1325, 0.0005);
  });

  it("unpacks only the rows asked for, in their order", async () => {
    const rows = Uint32Array.of(59_999, 5, 0);
    const { features, labels } = await loadMnist("train", { rows });
    expect(features).to.have.length(3 * 784);
    expect([...labels]).to.deep.equal([8, 2, 5]);
    const [last] = [await loadMnist("train", { rows: Uint32Array.of(0) })];
    expect(features.subarray(2 * 784)).to.deep.equal(last.features);
  });

  it("refuses a row that is not there", async () => {
    const error = await rejection(loadMnist("test", { rows: Uint32Array.of(10_000) }));
    expect(error.message).to.contain("rows 0 to 9999, not 10000");
  });
});
