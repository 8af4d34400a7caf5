/**
 * A network with its weights. The weights live in one flat vector, the very one a task commits to (parameters.ts says what
 * lies where). Tensors are uploads of it, made when they are needed.
 */
import { parameterCount } from "./architecture.ts";
import type { Architecture } from "./architecture.ts";
import type { Backend } from "./backend.ts";
import { deviceNetwork } from "./device/deviceNetwork.ts";
import { hostNetwork } from "./host/hostNetwork.ts";
import type { Network } from "./network.ts";
import { initialWeights } from "./parameters.ts";
import { WrongModelShape } from "./wrongModelShape.ts";

export interface Model extends Omit<Network, "release"> {
  readonly backend: Backend;
  readonly architecture: Architecture;
  readonly parameterCount: number;

  /** A copy of the flat vector. */
  readWeights(): Float32Array;

  /**
   * Takes over a flat vector (it is copied).
   * @throws WrongModelShape if it is not `parameterCount` numbers, TypeError if one is NaN or infinite.
   */
  writeWeights(flat: Float32Array): void;

  /** Gives the tensors back. The model cannot be used afterwards; a second call does nothing. */
  dispose(): void;
}

/** Builds the network with initial weights drawn from `seed`; the same seed gives the same weights everywhere. */
export function createModel(backend: Backend, architecture: Architecture, seed: number | string): Model {
  const flat = initialWeights(architecture, seed);
  const network =
    backend.memory === "host" ? hostNetwork(backend, architecture, flat) : deviceNetwork(backend, architecture, flat);
  let disposed = false;
  const alive = (): Network => {
    if (disposed) throw new Error("The model was disposed of. Create it anew.");
    return network;
  };
  return {
    backend,
    architecture,
    parameterCount: parameterCount(architecture),
    readWeights: () => flat.slice(),
    writeWeights(source) {
      if (source.length !== flat.length) throw new WrongModelShape(flat.length, source.length);
      if (!allFinite(source)) throw new TypeError("The model contains NaN or infinite numbers. Fetch it again.");
      alive().release();
      flat.set(source);
    },
    outputs: (features, samples) => alive().outputs(features, samples),
    descent: (settings) => alive().descent(settings),
    dispose() {
      network.release();
      disposed = true;
    },
  };
}

export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
