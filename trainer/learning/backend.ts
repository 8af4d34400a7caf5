/**
 * Where models live and compute: one TensorFlow.js backend behind one small interface.
 *
 * WASM with SIMD is the default. Threads are off: several trainers usually share a machine, and each kernel here is
 * small enough that waking a pool costs more than it brings.
 */
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-cpu";
import { registerConvolutionGradients } from "./kernels/convolutionGradients.ts";

export type BackendName = "wasm" | "cpu";

/** A tensor engine that is ready to compute. */
export interface Backend {
  readonly name: BackendName;

  /** Multiply-adds that take about 30 ms here: work is cut into slices of this size so the event loop stays alive. */
  readonly sliceMacs: number;

  /**
   * Runs `work` on this backend and frees every tensor it made. `work` is synchronous; what it wants to keep, it copies
   * out or uploads with `hold`.
   */
  run<T extends tf.TensorContainer>(work: () => T): T;

  /** Uploads `values` as a tensor that outlives `run`. Whoever holds it gives it back with `release`. */
  hold(values: Float32Array, shape: readonly number[]): Tensor;

  release(tensor: Tensor): void;

  /**
   * The tensor's values without a copy. Read them at once: the view dies with the tensor and at the next allocation,
   * which may move the heap. Never write: XNNPACK caches packed weights by tensor.
   */
  view(tensor: Tensor): Float32Array;

  /** Tensors alive that nobody holds. Between runs any change of this number is a leak. */
  strayTensors(): number;
}

/** The engine did not start, or another one started in its place. */
export class BackendUnavailable extends Error {
  override name = "BackendUnavailable";
}

/** A run left tensors behind; memory would grow with every further run. */
export class TensorLeak extends Error {
  override name = "TensorLeak";
  readonly before: number;
  readonly after: number;

  constructor(before: number, after: number) {
    super(
      `Tensor leak: ${before} tensors before the run, ${after} after it. ` +
        "This is a bug: please report it with the architecture and the training settings, and restart the process.",
    );
    this.before = before;
    this.after = after;
  }
}

/** About 10 multiply-adds a nanosecond on one core (SIMD), one in plain JavaScript. */
const SLICE_MACS: Record<BackendName, number> = { wasm: 3e8, cpu: 2e7 };

const ready = new Map<BackendName, Promise<Backend>>();

/** Tensors held on any backend: TensorFlow.js counts the living ones of all backends together. */
let held = 0;

/**
 * Starts a backend, once a process; later calls return the same one.
 * @throws BackendUnavailable if the engine does not start or is not the one asked for.
 */
export function openBackend(name: BackendName = "wasm"): Promise<Backend> {
  let opening = ready.get(name);
  if (opening === undefined) {
    opening = start(name);
    ready.set(name, opening);
    opening.catch(() => ready.delete(name));
  }
  return opening;
}

async function start(name: BackendName): Promise<Backend> {
  if (name === "wasm") {
    const manifest = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
    setWasmPaths(join(dirname(manifest), "dist/"));
    setThreadsCount(1);
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  }
  // Typed as always there, null for a name from elsewhere.
  const factory: unknown = tf.findBackendFactory(name);
  if (factory === null) {
    throw new BackendUnavailable(`There is no TensorFlow.js backend "${name}". Choose "wasm" or "cpu".`);
  }
  const started = await withoutCrashHandlers(() => tf.setBackend(name));
  // TensorFlow.js falls back to another backend without a word.
  if (!started || tf.getBackend() !== name) {
    throw new BackendUnavailable(
      `TensorFlow.js backend "${name}" did not start (running: "${tf.getBackend()}"). ` +
        "Reinstall the dependencies with npm ci; on a processor without WASM SIMD use the cpu backend.",
    );
  }
  if (name === "wasm") registerConvolutionGradients();

  const engine = tf.engine().findBackend(name);

  function activate(): void {
    if (tf.getBackend() === name) return;
    // Synchronous once the backend has started: only the first start returns a real promise.
    void tf.setBackend(name);
    if (tf.getBackend() !== name) throw new BackendUnavailable(`TensorFlow.js backend "${name}" was removed.`);
  }

  return {
    name,
    sliceMacs: SLICE_MACS[name],
    run(work) {
      activate();
      return tf.tidy(work);
    },
    hold(values, shape) {
      activate();
      // The cpu backend keeps the very array it is given, and the caller's may change later.
      const tensor = tf.keep(tf.tensor(name === "cpu" ? values.slice() : values, [...shape], "float32"));
      held++;
      return tensor;
    },
    release(tensor) {
      tensor.dispose();
      held--;
    },
    view(tensor) {
      if (name === "wasm") return (engine as BackendWasm).typedArrayFromHeap(tensor) as Float32Array;
      return tensor.dataSync<"float32">();
    },
    strayTensors: () => tf.memory().numTensors - held,
  };
}

/**
 * Runs `work` and removes the process-wide handlers that the WASM glue installs meanwhile: they rethrow whatever they
 * catch, and how its host dies is not a library's business. Handlers that others install meanwhile stay.
 */
async function withoutCrashHandlers<T>(work: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => new Set(process.rawListeners(event)));
  try {
    return await work();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.rawListeners(event)) {
        const rethrows = /\bthrow (ex|reason)\b/.test(String(listener));
        if (rethrows && !before[i]?.has(listener)) process.removeListener(event, listener as () => void);
      }
    });
  }
}
