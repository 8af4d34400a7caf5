/** Starts a backend by its name and checks what it computes. */
import { BACKEND_NAMES, BackendUnavailable } from "../backend.ts";
import type { Backend, BackendName } from "../backend.ts";
import { startCpu } from "./cpu.ts";
import { probe } from "./probe.ts";
import { startTensorflow } from "./tensorflow.ts";
import { startWasm } from "./wasm.ts";
import { startWebgpu } from "./webgpu.ts";

const STARTS: Record<BackendName, () => Promise<Backend>> = {
  tensorflow: startTensorflow,
  webgpu: startWebgpu,
  wasm: startWasm,
  cpu: startCpu,
};

/** @throws BackendUnavailable if it does not start or computes something else than the reference. */
export async function startBackend(name: BackendName): Promise<Backend> {
  // A name from elsewhere may be any text.
  const start = Object.hasOwn(STARTS, name) ? STARTS[name] : undefined;
  if (start === undefined) {
    throw new BackendUnavailable(`There is no backend "${name}". Choose one of ${BACKEND_NAMES.join(", ")}.`);
  }
  const backend = await start();
  if (name !== "cpu") await probe(backend, await startCpu());
  return backend;
}
