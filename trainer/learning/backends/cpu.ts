/** Plain JavaScript: ten times slower than WASM, and the reference that every other backend is compared with. */
import "@tensorflow/tfjs-backend-cpu";
import type { HostBackend } from "../backend.ts";
import { hostBackend, startEngine } from "./engine.ts";
import { plainKernels } from "./plainKernels.ts";

/** About 30 ms at somewhat less than one multiply-add a nanosecond. */
const SLICE_MACS = 2e7;

/** @throws BackendUnavailable */
export async function startCpu(): Promise<HostBackend> {
  const engine = await startEngine("cpu", "Reinstall the dependencies with npm ci.");
  // At its first use it would advise to install something faster.
  Object.assign(engine, { firstUse: false });
  return hostBackend({
    ...{ name: "cpu", hardware: "one processor core, plain JavaScript", sliceMacs: SLICE_MACS },
    kernels: plainKernels,
    view: (tensor) => tensor.dataSync<"float32">(),
  });
}
