/** Weights that a task starts from instead of drawn ones: those of another task's model, or of a file. */
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { layerShapes, parameterCount } from "../learning/architecture.ts";
import type { Architecture } from "../learning/architecture.ts";
import { allFinite } from "../learning/model.ts";
import type { PublishedModel } from "./publishedModel.ts";

/** What was given as a model is none that the task's network could start from. */
export class UnfitModel extends Error {
  override readonly name = "UnfitModel";
}

/** @throws UnfitModel if the other task's network has other layers. */
export function weightsFor(architecture: Architecture, { manifest, weights }: PublishedModel): Float32Array {
  const [own, theirs] = [layerShapes(architecture), layerShapes(manifest.architecture)];
  if (isDeepStrictEqual(own, theirs)) return weights;
  const at = own.findIndex((layer, i) => !isDeepStrictEqual(layer, theirs[i]));
  throw new UnfitModel(
    `That task's network has ${theirs.length} layers, this one ${own.length}, and they differ from layer ` +
      `${at === -1 ? own.length + 1 : at + 1} on. Give the task file the architecture of that task: ` +
      JSON.stringify(manifest.architecture),
  );
}

/**
 * Little-endian float32, layer after layer, as `foedus model fetch` writes them.
 * @throws UnfitModel if the file cannot be read, has another length or holds numbers that are none.
 */
export async function readWeights(file: string, architecture: Architecture): Promise<Float32Array> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new UnfitModel(`${file} cannot be read (${code}). Give the weights.f32 of: foedus model fetch.`);
  });
  const parameters = parameterCount(architecture);
  if (bytes.length !== 4 * parameters) {
    throw new UnfitModel(
      `${file} has ${bytes.length} bytes, the network's ${parameters} float32 take ${4 * parameters}.`,
    );
  }
  const weights = new Float32Array(Uint8Array.from(bytes).buffer);
  if (allFinite(weights)) return weights;
  throw new UnfitModel(`${file} contains NaN or infinite numbers: it is no model in little-endian float32.`);
}
