/**
 * Images and their labels in two IDX files, as MNIST comes and many after it (EMNIST, Fashion-MNIST, Kuzushiji-MNIST).
 * Pixels from 0 to 1.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import { explainUnreadable } from "./explainUnreadable.ts";
import { MalformedIdx, parseIdx } from "./idx.ts";
import type { IdxArray } from "./idx.ts";
import type { IdxSchema } from "./idxSchema.ts";

export interface IdxPairOptions {
  /** Only these rows, in this order: a trainer need not unpack the others' images. All unless given. */
  readonly rows?: Uint32Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of one file; 2^28 (1 GiB in memory) unless given. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 2 ** 28;

/** Where the labels of a file of images lie: "train-images-idx3-ubyte" belongs to "train-labels-idx1-ubyte". */
export function labelsBeside(images: string): string {
  const name = basename(images);
  const labels = name.replace("images", "labels").replace(/idx\d/, "idx1");
  if (labels === name) {
    throw new UnsuitableData(
      `${images} does not say that it holds images. Name the two files alike, one with "images" and one with "labels".`,
    );
  }
  return join(dirname(images), labels);
}

/**
 * @param images the file of images; that of the labels lies beside it (`labelsBeside`).
 * @throws UnsuitableData naming the file, the row and what to change; RangeError for a row that is not there; or the
 * signal's reason.
 */
export async function loadIdxPair(images: string, schema: IdxSchema, options: IdxPairOptions = {}): Promise<Dataset> {
  const { height, width, channels = 1, classes } = schema;
  const allLabels = await loadIdxLabels(labelsBeside(images), classes.length, options);
  const { shape, values } = await readIdx(images, options);
  const expected = [allLabels.length, height, width, ...(channels === 1 ? [] : [channels])];
  if (shape.length !== expected.length || shape.some((length, i) => length !== expected[i])) {
    throw new UnsuitableData(
      `${images} holds ${shape.join(" x ")} numbers, the labels beside it and the task ask for ${expected.join(" x ")}. ` +
        "Take the files that belong together, and the images that the task describes.",
    );
  }
  const size = height * width * channels;
  const chosen = options.rows ?? Uint32Array.from({ length: allLabels.length }, (_, row) => row);
  const features = new Float32Array(chosen.length * size);
  const labels = new Int32Array(chosen.length);
  for (let i = 0; i < chosen.length; i++) {
    const row = chosen[i] as number; // i < length
    if (row >= allLabels.length) {
      throw new RangeError(`${images} has rows 0 to ${allLabels.length - 1}, not ${row}.`);
    }
    labels[i] = allLabels[row] as number;
    for (let pixel = 0; pixel < size; pixel++)
      features[i * size + pixel] = (values[row * size + pixel] as number) / 255;
  }
  return { features, labels, rows: chosen.length, shape: [height, width, channels], classes: classes.length };
}

/** The labels alone: enough to partition. */
export async function loadIdxLabels(path: string, classes: number, options: IdxPairOptions = {}): Promise<Int32Array> {
  const { shape, values } = await readIdx(path, options);
  if (shape.length !== 1) {
    throw new UnsuitableData(
      `${path} holds ${shape.join(" x ")} numbers, labels have one dimension. Is it the right file?`,
    );
  }
  const wrong = values.findIndex((label) => label >= classes);
  if (wrong !== -1) {
    throw new UnsuitableData(
      `${path}, row ${wrong}: the label ${values[wrong]} is none of the task's classes, 0 to ${classes - 1}. ` +
        "Correct the label or remove the row.",
    );
  }
  if (values.length === 0) throw new UnsuitableData(`${path} has no rows. Give it at least one.`);
  return Int32Array.from(values);
}

async function readIdx(path: string, { signal, maxBytes = MAX_BYTES }: IdxPairOptions): Promise<IdxArray> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new UnsuitableData(`${path} has ${size} bytes, more than ${maxBytes}. Split it, or take a sample.`);
    }
    return parseIdx(await readFile(path, signal === undefined ? {} : { signal }));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MalformedIdx) throw new UnsuitableData(`${path}: ${error.message}`, { cause: error });
    throw explainUnreadable(error, path);
  }
}
