/**
 * Images in folders, one folder a class: PNG, or binary PGM and PPM. Pixels from 0 to 1. Hidden files and folders are
 * ignored; anything else that does not belong is refused, because its owner may have picked the wrong folder.
 */
import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { asError } from "../../protocol/asError.ts";
import { list, quote } from "./columns.ts";
import { UnsuitableData } from "./dataset.ts";
import type { Dataset } from "./dataset.ts";
import type { DecodedImage } from "./decodedImage.ts";
import { explainUnreadable } from "./explainUnreadable.ts";
import type { ImageFolderSchema } from "./imageFolderSchema.ts";
import { decodeNetpbm } from "./netpbm.ts";
import { decodePng } from "./png.ts";

export interface ImageFolderOptions {
  readonly signal?: AbortSignal | undefined;
  /** Pixels in all, times channels; 2^28 (1 GiB in memory) unless given. */
  readonly maxValues?: number;
}

/** A file of such an image may have so many bytes, and sixteen for each value: text and colour profiles come with it. */
const MAX_FILE_BYTES = 2 ** 18;
const MAX_VALUE_BYTES = 16;

/**
 * Loads all images, class by class, files in the order of their names.
 * @throws UnsuitableData naming the file and what to change, or the signal's reason.
 */
export async function loadImageFolder(
  folder: string,
  schema: ImageFolderSchema,
  options: ImageFolderOptions = {},
): Promise<Dataset> {
  const { signal, maxValues = 2 ** 28 } = options;
  const { height, width, channels = 1, classes } = schema;
  const size = height * width * channels;
  const files = await listImages(folder, classes, signal);
  if (files.length === 0) {
    throw new UnsuitableData(`${folder} holds no images. Put them into a folder for each class: ${list(classes)}.`);
  }
  if (files.length * size > maxValues) {
    throw new UnsuitableData(
      `${folder} holds ${files.length} images of ${size} numbers, more than ${maxValues} in all. Take a sample.`,
    );
  }
  const features = new Float32Array(files.length * size);
  for (const [row, { path }] of files.entries()) {
    signal?.throwIfAborted();
    const image = await readImage(path, schema);
    for (let pixel = 0, at = row * size; pixel < height * width; pixel++) {
      for (let channel = 0; channel < channels; channel++, at++) {
        const from = image.channels === 1 ? pixel : 3 * pixel + channel;
        features[at] = (image.pixels[from] as number) / 255;
      }
    }
  }
  return {
    features,
    labels: Int32Array.from(files, ({ label }) => label),
    rows: files.length,
    shape: [height, width, channels],
    classes: classes.length,
  };
}

async function listImages(folder: string, classes: readonly string[], signal: AbortSignal | undefined) {
  const files: { path: string; label: number }[] = [];
  const folders = await visibleEntries(folder, signal);
  for (const { name } of folders) {
    if (classes.includes(name)) continue;
    throw new UnsuitableData(
      `${join(folder, name)}: ${quote(name)} is none of the task's classes (${list(classes)}). ` +
        "Rename it, or move it elsewhere.",
    );
  }
  const present = new Set(folders.map(({ name }) => name));
  for (const [label, name] of classes.entries()) {
    if (!present.has(name)) continue;
    for (const entry of await visibleEntries(join(folder, name), signal)) {
      files.push({ path: join(folder, name, entry.name), label });
    }
  }
  return files;
}

async function visibleEntries(folder: string, signal: AbortSignal | undefined): Promise<Dirent[]> {
  signal?.throwIfAborted();
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1)); // by code unit: the same order everywhere
  } catch (error) {
    throw explainUnreadable(error, folder);
  }
}

async function readImage(path: string, { height, width, channels = 1 }: ImageFolderSchema): Promise<DecodedImage> {
  const assertSize = (ownWidth: number, ownHeight: number) => {
    if (ownWidth === width && ownHeight === height) return;
    throw new Error(
      `it is ${ownWidth} pixels wide and ${ownHeight} high, the task takes ${width} and ${height}. Scale it.`,
    );
  };
  try {
    const file = await readBounded(path, MAX_FILE_BYTES + MAX_VALUE_BYTES * height * width * channels);
    const image = decode(path, file, assertSize);
    assertSize(image.width, image.height);
    if (channels === 1 && image.channels === 3) throw new Error("it has colours. Convert it to greyscale.");
    return image;
  } catch (error) {
    const explained = explainUnreadable(error, path);
    if (explained instanceof UnsuitableData) throw explained;
    throw new UnsuitableData(`${path}: ${asError(error).message}`, { cause: error });
  }
}

function decode(path: string, file: Uint8Array, assertSize: (width: number, height: number) => void): DecodedImage {
  switch (extname(path).toLowerCase()) {
    case ".png":
      return decodePng(file, assertSize);
    case ".pgm":
    case ".ppm":
      return decodeNetpbm(file);
    default:
      throw new Error("it is neither .png nor .pgm nor .ppm. Convert it, or move it elsewhere.");
  }
}

async function readBounded(path: string, most: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > most) throw new Error(`it has ${size} bytes, far more than its pixels need (${most}). Save it again.`);
  return readFile(path);
}
