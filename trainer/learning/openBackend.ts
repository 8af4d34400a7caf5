/** Starts what computes, once a process. */
import type { Backend, BackendName, HostBackend } from "./backend.ts";

const ready = new Map<BackendName, Promise<Backend>>();

/**
 * Starts a backend, once a process; later calls return the same one. All but the reference "cpu" then train a step, which
 * is compared with the reference's.
 * @throws BackendUnavailable if the engine does not start, is not the one asked for, or computes something else.
 */
export function openBackend(name?: "wasm" | "cpu"): Promise<HostBackend>;
export function openBackend(name: BackendName): Promise<Backend>;
export function openBackend(name: BackendName = "wasm"): Promise<Backend> {
  let opening = ready.get(name);
  if (opening === undefined) {
    // Loaded only now: a short command that computes nothing need not wait for TensorFlow.js.
    opening = import("./backends/start.ts").then(({ startBackend }) => startBackend(name));
    ready.set(name, opening);
    opening.catch(() => ready.delete(name));
  }
  return opening;
}
