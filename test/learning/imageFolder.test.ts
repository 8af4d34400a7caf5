import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { PNG } from "pngjs";
import { UnsuitableData } from "../../trainer/learning/datasets/dataset.ts";
import { imageFolderSchema } from "../../trainer/learning/datasets/imageFolderSchema.ts";
import { loadImageFolder } from "../../trainer/learning/datasets/imageFolder.ts";
import { loadDataset } from "../../trainer/learning/datasets/loadDataset.ts";
import { rejection } from "./rejection.ts";

const schema = imageFolderSchema.parse({ kind: "imageFolder", height: 1, width: 2, classes: ["cat", "dog"] });

/** Two pixels, each red, green, blue and opacity. */
function png(pixels: number[], width = 2): Buffer {
  const image = new PNG({ width, height: pixels.length / 4 / width });
  image.data.set(pixels);
  return PNG.sync.write(image);
}

const grey = (...values: number[]) => png(values.flatMap((value) => [value, value, value, 255]));
const netpbm = (header: string, ...pixels: number[]) => Buffer.concat([Buffer.from(header), Buffer.from(pixels)]);

describe("imageFolder", () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-images-"))));
  afterEach(() => rm(folder, { recursive: true }));

  async function put(files: Record<string, Buffer | string>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  }

  it("reads PNG and PGM, class by class in the task's order, files by name, hidden ones not", async () => {
    await put({
      "dog/b.png": grey(0, 255),
      "dog/a.PGM": netpbm("P5\n# by hand\n2 1\n255\n", 51, 102),
      "cat/1.png": grey(255, 0),
      "cat/.DS_Store": "",
      ".git/x": "",
    });
    expect(await loadImageFolder(folder, schema)).to.deep.equal({
      features: Float32Array.of(1, 0, 0.2, 0.4, 0, 1),
      labels: Int32Array.of(0, 1, 1),
      ...{ rows: 3, shape: [1, 2, 1], classes: 2 },
    });
    const { labels } = await loadDataset(schema, { path: folder, rows: Uint32Array.of(2, 0) });
    expect([...labels]).to.deep.equal([1, 0]);
  });

  it("reads colours, grey images having three equal ones", async () => {
    await put({
      "cat/a.png": png([255, 0, 51, 255, 0, 255, 0, 255]),
      "cat/b.png": grey(51, 255),
      "cat/c.ppm": netpbm("P6 2 1 255 ", 0, 51, 255, 1, 1, 1),
    });
    const { features, shape } = await loadImageFolder(folder, { ...schema, channels: 3 });
    expect(shape).to.deep.equal([1, 2, 3]);
    const expected = [1, 0, 0.2, 0, 1, 0, 0.2, 0.2, 0.2, 1, 1, 1, 0, 0.2, 1, 1 / 255, 1 / 255, 1 / 255];
    expect([...features]).to.deep.equal(expected.map(Math.fround));
  });

  for (const [fault, path, content, message] of [
    [
      "an image of another size",
      "cat/a.png",
      png(new Array<number>(12).fill(255), 3),
      /it is 3 pixels wide and 1 high, .* 2 and 1\. Scale/,
    ],
    ["a PGM of another size", "cat/a.pgm", netpbm("P5 1 1 255 ", 0), /it is 1 pixels wide/],
    [
      "colours where the task has none",
      "cat/a.png",
      png([1, 2, 3, 255, 0, 0, 0, 255]),
      /it has colours\. Convert it to grey/,
    ],
    ["a transparent image", "cat/a.png", png([0, 0, 0, 9, 0, 0, 0, 255]), /it is transparent in places\. Flatten it/],
    ["a damaged PNG", "cat/a.png", grey(0, 0).subarray(0, 40), /a\.png: it is damaged\. Save it again/],
    ["what is no PNG", "cat/a.png", "GIF89a", /it is no PNG\. Convert it/],
    ["a text PGM", "cat/a.pgm", "P2 2 1 255 0 0", /it is no binary PGM or PPM/],
    ["16 bits", "cat/a.pgm", netpbm("P5 2 1 65535 ", 0, 0, 0, 0), /brightest value is 65535\. Convert it to 8 bits/],
    ["a PGM cut short", "cat/a.pgm", netpbm("P5 2 1 255 ", 0), /2 x 1 x 1 bytes, 1 follow/],
    ["another format", "cat/a.jpg", "", /a\.jpg: it is neither \.png nor/],
    [
      "a folder of no class",
      "mouse/a.png",
      grey(0, 0),
      /"mouse" is none of the task's classes \(cat, dog\)\. Rename it/,
    ],
    ["a folder inside a class", "cat/more/a.png", grey(0, 0), /cat.more cannot be read/],
    ["a file as large as a film", "cat/a.png", Buffer.alloc(300_000), /300000 bytes, far more than its pixels need/],
  ] as const) {
    it(`refuses ${fault}, naming the file and what to do`, async () => {
      await put({ [path]: content });
      const error = await rejection(loadImageFolder(folder, schema));
      expect(error).to.be.instanceOf(UnsuitableData);
      expect(error.message).to.match(message);
    });
  }

  it("refuses an empty folder, one that is not there, and more images than it may hold", async () => {
    expect((await rejection(loadImageFolder(folder, schema))).message).to.match(/holds no images\. Put them into/);
    expect((await rejection(loadImageFolder(join(folder, "none"), schema))).message).to.match(/\(ENOENT\)/);
    await put({ "cat/a.png": grey(0, 0), "cat/b.png": grey(0, 0) });
    expect((await rejection(loadImageFolder(folder, schema, { maxValues: 3 }))).message).to.match(
      /2 images of 2 numbers/,
    );
    expect((await rejection(loadDataset(schema))).message).to.match(/in folders\. Give the path of the folder/);
  });

  it("refuses a manifest whose classes lead out of the folder", () => {
    for (const name of ["..", ".", "../cat", "a/b", "/etc", "a\\b", ".ssh", "", "a\0"]) {
      const parsed = imageFolderSchema.safeParse({ ...schema, classes: ["cat", name] });
      expect(parsed.success, JSON.stringify(name)).to.equal(false);
    }
  });

  it("stops when told to", async () => {
    const reason = new Error("enough");
    await put({ "cat/a.png": grey(0, 0) });
    expect(await rejection(loadImageFolder(folder, schema, { signal: AbortSignal.abort(reason) }))).to.equal(reason);
  });
});
