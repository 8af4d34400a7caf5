/**
 * The best backend there is: TensorFlow on a GPU, then WebGPU on a GPU, then WASM. What was passed over is said with its
 * reason, so that nobody computes on a processor without knowing that a GPU was meant to.
 */
import { asError } from "../../protocol/asError.ts";
import { BackendNotInstalled } from "../backend.ts";
import { openBackend } from "../openBackend.ts";
import type { Backend, BackendName } from "../backend.ts";

export interface ChosenBackend {
  readonly backend: Backend;
  /** Better ones, and why each was not taken. */
  readonly passedOver: readonly PassedOver[];
}

export interface PassedOver {
  readonly name: BackendName;
  /** Whether there is something that does not do, and not just nothing. */
  readonly isInstalled: boolean;
  readonly reason: string;
}

const GPU_BACKENDS = ["tensorflow", "webgpu"] as const;

/**
 * @param open stands in for `openBackend` in tests.
 * @throws BackendUnavailable if not even WASM starts.
 */
export async function bestBackend(open: (name: BackendName) => Promise<Backend> = openBackend): Promise<ChosenBackend> {
  const passedOver: PassedOver[] = [];
  for (const name of GPU_BACKENDS) {
    try {
      const backend = await open(name);
      if (backend.memory === "device" && backend.isGpu) return { backend, passedOver };
      passedOver.push({ name, isInstalled: true, reason: `It computes on ${backend.hardware}, which is no GPU.` });
    } catch (error) {
      const isInstalled = !(error instanceof BackendNotInstalled);
      passedOver.push({ name, isInstalled, reason: asError(error).message });
    }
  }
  return { backend: await open("wasm"), passedOver };
}
