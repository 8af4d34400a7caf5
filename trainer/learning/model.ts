/**
 * A network with its weights. The weights live in one flat vector, the very one a task commits to, layer after layer
 * and in each layer weights before biases: dense [outputs, inputs] then [outputs], convolution [height, width, inputs,
 * outputs] then [outputs], images flattened height, width, channel. Tensors are uploads of it, replaced when it changes.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { layerShapes, parameterCount } from "./architecture.ts";
import type { Architecture } from "./architecture.ts";
import type { Backend } from "./backend.ts";
import { convolution } from "./layers/convolution.ts";
import { dense } from "./layers/dense.ts";
import type { Layer } from "./layers/layer.ts";
import { createRandom } from "./random.ts";

export interface Model {
  readonly backend: Backend;
  readonly architecture: Architecture;
  readonly parameterCount: number;
  readonly layers: readonly ModelLayer[];

  /** A copy of the flat vector. */
  readWeights(): Float32Array;

  /**
   * Takes over a flat vector (it is copied).
   * @throws WrongModelShape if it is not `parameterCount` numbers, TypeError if one is NaN or infinite.
   */
  writeWeights(flat: Float32Array): void;

  /** Changes the flat vector in place and uploads the result. */
  update(change: (flat: Float32Array) => void): void;

  /** Gives the tensors back. The model cannot be used afterwards; a second call does nothing. */
  dispose(): void;
}

/** A layer, its tensors in order, and where each of its parameters lies in the flat vector. */
export interface ModelLayer {
  readonly layer: Layer;
  readonly weights: readonly Tensor[];
  readonly offsets: readonly number[];
}

/** A vector that does not fit the network. */
export class WrongModelShape extends Error {
  override name = "WrongModelShape";
  readonly expected: number;
  readonly got: number;

  constructor(expected: number, got: number) {
    super(
      `The model has the wrong shape: this network has ${expected} parameters, the vector has ${got}. ` +
        "Check that the task's manifest and the model belong together.",
    );
    this.expected = expected;
    this.got = got;
  }
}

/** Builds the network with initial weights drawn from `seed`; the same seed gives the same weights everywhere. */
export function createModel(backend: Backend, architecture: Architecture, seed: number | string): Model {
  const random = createRandom(`${seed}/initial weights`);
  const flat = new Float32Array(parameterCount(architecture));
  let disposed = false;

  const layers: { layer: Layer; weights: Tensor[]; offsets: number[] }[] = [];
  let end = 0;
  for (const shape of layerShapes(architecture)) {
    const layer = shape.kind === "dense" ? dense(backend, shape) : convolution(backend, shape);
    const offsets = layer.parameters.map((parameter) => {
      const offset = end;
      end += parameter.shape.reduce((product, size) => product * size, 1);
      parameter.initialise(flat.subarray(offset, end), random);
      return offset;
    });
    layers.push({ layer, weights: [], offsets });
  }
  upload();

  function release(): void {
    for (const { weights } of layers) {
      weights.forEach((tensor) => backend.release(tensor));
      weights.length = 0;
    }
  }

  function upload(): void {
    release();
    for (const { layer, weights, offsets } of layers) {
      layer.parameters.forEach(({ shape }, i) => {
        const offset = offsets[i] as number; // one offset for each parameter
        const size = shape.reduce((product, length) => product * length, 1);
        weights.push(backend.hold(flat.subarray(offset, offset + size), shape));
      });
    }
  }

  function update(change: (flat: Float32Array) => void): void {
    if (disposed) throw new Error("The model was disposed of. Create it anew.");
    change(flat);
    upload();
  }

  return {
    backend,
    architecture,
    parameterCount: flat.length,
    layers,
    readWeights: () => flat.slice(),
    writeWeights(source) {
      if (source.length !== flat.length) throw new WrongModelShape(flat.length, source.length);
      if (!allFinite(source)) throw new TypeError("The model contains NaN or infinite numbers. Fetch it again.");
      update((target) => target.set(source));
    },
    update,
    dispose() {
      release();
      disposed = true;
    },
  };
}

export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
