import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { idxSchema } from "../../trainer/learning/datasets/idxSchema.ts";
import { labelsBeside, loadIdxPair } from "../../trainer/learning/datasets/idxPair.ts";
import { loadDataset } from "../../trainer/learning/datasets/loadDataset.ts";
import { rejection } from "./rejection.ts";

const schema = idxSchema.parse({ kind: "idx", height: 1, width: 2, classes: ["dark", "light"] });

describe("idxPair", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-idx-"))));
  after(() => rm(folder, { recursive: true }));

  async function pair(shape: number[], pixels: number[], labels: number[]): Promise<string> {
    const images = join(folder, "some-images-idx3-ubyte");
    await writeFile(images, idx(shape, pixels));
    await writeFile(join(folder, "some-labels-idx1-ubyte"), idx([labels.length], labels));
    return images;
  }

  function idx(shape: number[], values: number[]): Uint8Array {
    return Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size]), ...values]);
  }

  it("reads greyscale images and their labels, or the rows asked for", async () => {
    const path = await pair([3, 1, 2], [0, 255, 51, 102, 0, 0], [1, 0, 0]);
    expect(await loadIdxPair(path, schema)).to.deep.equal({
      features: Float32Array.of(0, 1, 0.2, 0.4, 0, 0),
      labels: Int32Array.of(1, 0, 0),
      ...{ rows: 3, shape: [1, 2, 1], classes: 2 },
    });
    const { features, labels } = await loadDataset(schema, { path, rows: Uint32Array.of(1) });
    expect([...labels, ...features]).to.deep.equal([0, Math.fround(0.2), Math.fround(0.4)]);
  });

  it("reads colours", async () => {
    const path = await pair([1, 1, 2, 3], [0, 0, 0, 255, 255, 255], [1]);
    const { shape, features } = await loadIdxPair(path, { ...schema, channels: 3 });
    expect([shape, [...features]]).to.deep.equal([
      [1, 2, 3],
      [0, 0, 0, 1, 1, 1],
    ]);
  });

  it("finds the labels beside the images", () => {
    expect(labelsBeside("/a/train-images-idx3-ubyte")).to.equal(join("/a", "train-labels-idx1-ubyte"));
    expect(labelsBeside("/images/emnist-images")).to.equal(join("/images", "emnist-labels"));
    expect(() => labelsBeside("/images/digits")).to.throw(UnsuitableData, /one with "images" and one with "labels"/);
  });

  for (const [fault, shape, pixels, labels, message] of [
    ["images of another size", [1, 2, 2], [0, 0, 0, 0], [0], /holds 1 x 2 x 2 numbers, .* ask for 1 x 1 x 2\. Take/],
    ["fewer labels than images", [2, 1, 2], [0, 0, 0, 0], [0], /holds 2 x 1 x 2 numbers, .* ask for 1 x 1 x 2/],
    ["an unknown label", [2, 1, 2], [0, 0, 0, 0], [0, 7], /labels-idx1-ubyte, row 1: the label 7 is none of .* 0 to 1/],
    ["no rows", [0, 1, 2], [], [], /has no rows/],
    ["a damaged file", [1, 1, 2], [0], [0], /images-idx3-ubyte: The IDX header says 1 x 1 x 2/],
  ] as const) {
    it(`refuses ${fault} and says where`, async () => {
      const error = await rejection(loadIdxPair(await pair([...shape], [...pixels], [...labels]), schema));
      expect(error).to.be.instanceOf(UnsuitableData);
      expect(error.message).to.match(message);
    });
  }

  it("refuses a file that is too large before reading it, one that is not there, and none", async () => {
    const path = await pair([1, 1, 2], [0, 0], [0]);
    expect((await rejection(loadIdxPair(path, schema, { maxBytes: 8 }))).message).to.match(/more than 8\. Split it/);
    expect((await rejection(loadIdxPair("/no-images", schema))).message).to.match(/cannot be read \(ENOENT\)/);
    expect((await rejection(loadDataset(schema))).message).to.match(/2 by 1 pixels in IDX files\. Give the path/);
  });
});
