/**
 * The memory of the TensorFlow.js WASM backend: where its tensors lie, and new ones to be written there by somebody else.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { BackendUnavailable } from "../backend.ts";

export interface Heap {
  /** The WebAssembly.Memory. */
  readonly memory: object;
  /** In bytes. It lasts as long as the tensor. */
  address(tensor: Tensor): number;
  /** A new tensor whose values are whatever lay there. Inside of `tf.tidy` it is freed like any other. */
  allocate<T extends Tensor>(shape: readonly number[]): T;
  /** All of the memory. A view dies when the memory grows, which any allocation may make it do. */
  floats(): Float32Array;
  integers(): Int32Array;
}

/** The part of Emscripten's glue that is used here and that TensorFlow.js does not declare. */
interface Glue {
  readonly HEAPF32: Float32Array;
  readonly HEAP32: Int32Array;
  readonly asm?: { readonly memory?: object };
}

/** @throws BackendUnavailable */
export function heapOf(engine: BackendWasm): Heap {
  const glue = engine.wasm as unknown as Glue; // declared with its functions only
  const memory = glue.asm?.memory;
  if (memory === undefined) {
    throw new BackendUnavailable("This version of the WASM backend hides its memory. Reinstall with npm ci.");
  }
  return {
    memory,
    address: (tensor) => engine.getMemoryOffset(tensor.dataId),
    allocate: <T extends Tensor>(shape: readonly number[]) =>
      tf.engine().makeTensorFromTensorInfo(engine.makeOutput([...shape], "float32")) as T,
    floats: () => glue.HEAPF32,
    integers: () => glue.HEAP32,
  };
}
