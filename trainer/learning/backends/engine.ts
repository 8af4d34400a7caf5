/** What all backends share: TensorFlow.js is told to use one, checked that it does, and its tensors are counted. */
import * as tf from "@tensorflow/tfjs-core";
import type { KernelBackend, Tensor } from "@tensorflow/tfjs-core";
import { BackendUnavailable } from "../backend.ts";
import type { BackendName, DeviceBackend, HostBackend } from "../backend.ts";

/** Tensors held on any backend: TensorFlow.js counts the living ones of all backends together. */
let held = 0;

/**
 * Makes TensorFlow.js start a backend that is registered under `engine`.
 * @param wayOut what to do if it does not start.
 * @throws BackendUnavailable
 */
export async function startEngine(engine: string, wayOut: string): Promise<KernelBackend> {
  // TensorFlow.js prints why a factory failed and goes on without a word to its caller.
  const complaints: string[] = [];
  const warn = console.warn;
  console.warn = (...parts: unknown[]) => complaints.push(parts.map(inWords).join(" "));
  // Typed as always there, null if it is not registered.
  const factory: unknown = tf.findBackendFactory(engine);
  let started: boolean;
  try {
    started = factory !== null && (await tf.setBackend(engine));
  } finally {
    console.warn = warn;
  }
  if (!started || tf.getBackend() !== engine) {
    const because = complaints.length === 0 ? "" : ` ${complaints.join(" ").slice(0, 500)}`;
    throw new BackendUnavailable(`TensorFlow.js backend "${engine}" did not start.${because} ${wayOut}`);
  }
  for (const complaint of complaints) console.warn(complaint);
  return tf.engine().findBackend(engine);
}

function inWords(part: unknown): string {
  return part instanceof Error ? part.message : String(part).split("\n", 1).join();
}

export interface EngineTraits {
  readonly name: BackendName;
  readonly hardware: string;
  readonly sliceMacs: number;
  /** As TensorFlow.js calls it; the name unless given. */
  readonly engine?: string;
}

export interface HostTraits extends EngineTraits, Pick<HostBackend, "kernels" | "view"> {}

/** A started engine whose tensors lie in this process's memory. */
export function hostBackend({ kernels, view, ...traits }: HostTraits): HostBackend {
  return { ...common(traits), memory: "host", kernels, view };
}

export interface DeviceTraits extends EngineTraits {
  readonly isGpu: boolean;
  /** Throws if something went wrong that the engine does not tell of. */
  readonly check?: () => void;
  readonly trim?: () => void;
}

/** A started engine whose tensors lie elsewhere. */
export function deviceBackend({ isGpu, check, trim, ...traits }: DeviceTraits): DeviceBackend {
  return {
    ...common(traits),
    ...{ memory: "device", isGpu },
    keep(tensor) {
      held++;
      return tf.keep(tensor);
    },
    async read(tensor) {
      const values = await tensor.data<"float32">();
      check?.();
      // Engines may give out the very array that they keep.
      return values.slice();
    },
    trim: () => trim?.(),
  };
}

function common({ name, hardware, sliceMacs, engine = name }: EngineTraits) {
  function activate(): void {
    if (tf.getBackend() === engine) return;
    // Synchronous once the backend has started: only the first start returns a real promise.
    void tf.setBackend(engine);
    if (tf.getBackend() !== engine) throw new BackendUnavailable(`TensorFlow.js backend "${engine}" was removed.`);
  }
  return {
    ...{ name, hardware, sliceMacs },
    run<T extends tf.TensorContainer>(work: () => T): T {
      activate();
      return tf.tidy(work);
    },
    hold(values: Float32Array, shape: readonly number[]): Tensor {
      activate();
      // All but the WASM backend keep the very array they are given, and the caller's may change later.
      const tensor = tf.keep(tf.tensor(engine === "wasm" ? values : values.slice(), [...shape], "float32"));
      held++;
      return tensor;
    },
    release(tensor: Tensor): void {
      tensor.dispose();
      held--;
    },
    // Not tf.memory(), which asks whatever engine is in use and starts one if none is.
    strayTensors: () => tf.engine().state.numTensors - held,
  };
}
