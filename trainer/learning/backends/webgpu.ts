/**
 * Any vendor's GPU by WebGPU: @tensorflow/tfjs-backend-webgpu on Dawn, which the npm package `webgpu` brings to Node. The
 * user installs both.
 */
import { asError } from "../../protocol/asError.ts";
import { BackendNotInstalled, BackendUnavailable, DeviceFailed } from "../backend.ts";
import type { DeviceBackend } from "../backend.ts";
import { deviceBackend, startEngine } from "./engine.ts";
import { importOptional } from "./optionalPackage.ts";

/** Activations of a slice stay below about a gigabyte. */
const SLICE_MACS = 1e10;
/** Where no GPU is, a slice takes seconds anyway. */
const SOFTWARE_SLICE_MACS = 3e8;

const INSTALL = "npm install --no-save webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0";

/** What is used of https://www.w3.org/TR/webgpu/ here. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}
interface Adapter {
  readonly info: { readonly vendor: string; readonly description: string; readonly isFallbackAdapter?: boolean };
}
interface Device {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(type: "uncapturederror", listener: (event: { readonly error: Error }) => void): void;
}

/** What is used of the backend's buffer manager: buffers by size and use, free ones kept for tensors to come. */
interface BufferManager {
  readonly freeBuffers: Map<string, { readonly size: number; destroy(): void }[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
}

/**
 * @param load stands in for the import in tests.
 * @throws BackendUnavailable
 */
export async function startWebgpu(load = importOptional): Promise<DeviceBackend> {
  const { adapter } = await findAdapter(load);
  const wayOut = "Update the GPU's driver; docs/gpu.md says what it needs.";
  const registered = await loaded(load, "@tensorflow/tfjs-backend-webgpu");
  if (registered === undefined) throw notInstalled("@tensorflow/tfjs-backend-webgpu");
  const engine = await startEngine("webgpu", wayOut);
  const { device, bufferManager } = engine as unknown as { device: Device; bufferManager: BufferManager };

  // Dawn reports what it could not do, out of memory included, to listeners alone, and computes on.
  let failure: string | undefined;
  device.addEventListener("uncapturederror", ({ error }) => (failure ??= error.message));
  void device.lost.then(({ message }) => (failure ??= `the device was lost: ${message}`));

  const software = adapter.info.isFallbackAdapter === true || /swiftshader|llvmpipe/i.test(adapter.info.description);
  return deviceBackend({
    name: "webgpu",
    hardware: [adapter.info.vendor, adapter.info.description].join(" ").trim() + (software ? " (no GPU)" : ""),
    isGpu: !software,
    sliceMacs: software ? SOFTWARE_SLICE_MACS : SLICE_MACS,
    check() {
      if (failure === undefined) return;
      const [reason] = failure.split("\n", 1);
      throw new DeviceFailed(`The GPU failed: ${reason} Use smaller batches or --backend wasm, and start again.`);
    },
    trim: () => trim(bufferManager),
  });
}

/** Dawn's objects live as long as the process: whoever asks for an adapter twice gets the same instance. */
let instance: Gpu | undefined;

async function findAdapter(load: typeof importOptional): Promise<{ adapter: Adapter }> {
  if (instance === undefined) {
    const dawn = await loaded(load, "webgpu");
    if (dawn === undefined) throw notInstalled("webgpu");
    const { create, globals } = dawn as { create: (flags: string[]) => Gpu; globals: object };
    Object.assign(globalThis, globals);
    instance = create([]);
    // Where a page finds it, TensorFlow.js does.
    Object.defineProperty(globalThis.navigator, "gpu", { value: instance, configurable: true });
  }
  const adapter = await instance.requestAdapter();
  if (adapter !== null) return { adapter };
  throw new BackendUnavailable(
    "WebGPU finds no GPU. On Linux it needs the GPU's driver and the Vulkan loader: apt-get install libvulkan1; in a " +
      "container also the GPU itself (docs/gpu.md).",
  );
}

async function loaded(load: typeof importOptional, name: string): Promise<Record<string, unknown> | undefined> {
  try {
    return await load(name);
  } catch (error) {
    const [reason] = asError(error).message.split("\n", 1);
    throw new BackendUnavailable(
      `The package ${name} is installed and does not load: ${reason} Try npm rebuild ${name}.`,
    );
  }
}

function notInstalled(name: string): BackendNotInstalled {
  return new BackendNotInstalled(`The package ${name} is not installed. For any GPU: ${INSTALL}`);
}

/**
 * The manager never gives a buffer back to the device by itself. It takes a map without a single size for one that was
 * disposed of, so the sizes stay.
 */
function trim(manager: BufferManager): void {
  for (const buffers of manager.freeBuffers.values()) {
    for (const buffer of buffers) {
      buffer.destroy();
      manager.numBytesAllocated -= buffer.size;
    }
    manager.numFreeBuffers -= buffers.length;
    buffers.length = 0;
  }
}
