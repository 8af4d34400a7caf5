/**
 * TensorFlow's C library, by @tensorflow/tfjs-node-gpu (CUDA) or @tensorflow/tfjs-node (all processor cores), whichever
 * the user has installed.
 */
import { createRequire } from "node:module";
import { asError } from "../../protocol/asError.ts";
import { BackendNotInstalled, BackendUnavailable } from "../backend.ts";
import type { DeviceBackend } from "../backend.ts";
import { deviceBackend, startEngine } from "./engine.ts";
import { importOptional } from "./optionalPackage.ts";

const GPU_PACKAGE = "@tensorflow/tfjs-node-gpu";
const CPU_PACKAGE = "@tensorflow/tfjs-node";

/** Activations of a slice stay below about a gigabyte. */
const SLICE_MACS = 1e10;

/**
 * @param load stands in for the import in tests.
 * @throws BackendUnavailable, also if the GPU package finds no GPU and would compute on the processor instead.
 */
export async function startTensorflow(load = importOptional): Promise<DeviceBackend> {
  putBackUtilities();
  quietAndFrugal();
  const name = (await loaded(load, GPU_PACKAGE)) ? GPU_PACKAGE : (await loaded(load, CPU_PACKAGE)) ? CPU_PACKAGE : null;
  if (name === null) {
    throw new BackendNotInstalled(
      `TensorFlow is not installed. With an NVIDIA GPU and CUDA: npm install --no-save ${GPU_PACKAGE}@4.22.0; ` +
        `for the processor: npm install --no-save ${CPU_PACKAGE}@4.22.0. docs/gpu.md says what it needs.`,
    );
  }
  const engine = await startEngine("tensorflow", `Reinstall it: npm rebuild ${name}. docs/gpu.md says what it needs.`);
  const isGpu = "isUsingGpuDevice" in engine && engine.isUsingGpuDevice === true;
  if (name === GPU_PACKAGE && !isGpu) {
    throw new BackendUnavailable(
      `${GPU_PACKAGE} found no GPU and would compute on the processor. Check nvidia-smi and that CUDA 11 and cuDNN 8 ` +
        `are where the loader finds them (docs/gpu.md), or install ${CPU_PACKAGE} instead.`,
    );
  }
  const hardware = isGpu ? "GPU, by CUDA" : "all processor cores";
  return deviceBackend({ name: "tensorflow", hardware, isGpu, sliceMacs: SLICE_MACS });
}

/** Whether the package is there; it registers its backend when it is loaded. @throws BackendUnavailable */
async function loaded(load: typeof importOptional, name: string): Promise<boolean> {
  try {
    return (await load(name)) !== undefined;
  } catch (error) {
    const [reason] = asError(error).message.split("\n", 1);
    throw new BackendUnavailable(`${name} is installed and does not load: ${reason} Try npm rebuild ${name}.`);
  }
}

/** Node 23 has removed the first of two functions that tfjs-node 4.22 calls, and warns of the second. */
function putBackUtilities(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] = Array.isArray;
}

/** TensorFlow reads these when it is loaded: it would say on stderr how it was built, and take all of a GPU's memory at once. */
function quietAndFrugal(): void {
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "1";
  process.env["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
}
