/**
 * WASM with SIMD, the backend that is always there. Threads are off: several trainers usually share a machine, and each
 * kernel here is small enough that waking a pool costs more than it brings.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { HostBackend } from "../backend.ts";
import { heapOf } from "../wasm/heap.ts";
import { wasmKernels } from "../wasm/wasmKernels.ts";
import { hostBackend, startEngine } from "./engine.ts";

/** About 30 ms at 10 multiply-adds a nanosecond, one core's. */
const SLICE_MACS = 1.2e9;

/** @throws BackendUnavailable */
export async function startWasm(): Promise<HostBackend> {
  const manifest = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm/package.json");
  setWasmPaths(join(dirname(manifest), "dist/"));
  setThreadsCount(1);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const wayOut = "Reinstall the dependencies with npm ci; on a processor without WASM SIMD use the cpu backend.";
  const engine = (await withoutCrashHandlers(() => startEngine("wasm", wayOut))) as BackendWasm;
  return hostBackend({
    ...{ name: "wasm", hardware: "one processor core, SIMD", sliceMacs: SLICE_MACS },
    kernels: wasmKernels(heapOf(engine)),
    view: (tensor) => engine.typedArrayFromHeap(tensor) as Float32Array,
  });
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
