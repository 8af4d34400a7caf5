/** Which backends work on this machine, and how fast they train. */
import { asError } from "../../protocol/asError.ts";
import { BACKEND_NAMES } from "../backend.ts";
import { openBackend } from "../openBackend.ts";
import type { Backend, BackendName } from "../backend.ts";
import type { PRESETS } from "../presets.ts";
import { trainingSpeed } from "./speed.ts";

export type Finding = WorkingBackend | FailingBackend;

export interface WorkingBackend {
  readonly name: BackendName;
  readonly works: true;
  readonly hardware: string;
  readonly isGpu: boolean;
  /** Rows a second in training, of each preset for MNIST. */
  readonly samplesPerSecond: Readonly<Record<keyof typeof PRESETS, number>>;
}

export interface FailingBackend {
  readonly name: BackendName;
  readonly works: false;
  /** With what to do about it. */
  readonly reason: string;
}

export interface DiagnosisOptions {
  /** How long each measurement takes, about. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
  /** Stands in for `openBackend` in tests. */
  readonly open?: (name: BackendName) => Promise<Backend>;
}

/** One after the other, from the fastest kind to the slowest. */
export async function* diagnose({ seconds, signal, open = openBackend }: DiagnosisOptions): AsyncGenerator<Finding> {
  for (const name of BACKEND_NAMES) {
    signal?.throwIfAborted();
    let backend: Backend;
    try {
      backend = await open(name);
    } catch (error) {
      yield { name, works: false, reason: asError(error).message };
      continue;
    }
    const measured = { seconds, ...(signal === undefined ? {} : { signal }) };
    const samplesPerSecond = {
      mlp: await trainingSpeed(backend, "mlp", measured),
      cnn: await trainingSpeed(backend, "cnn", measured),
    };
    const isGpu = backend.memory === "device" && backend.isGpu;
    yield { name, works: true, hardware: backend.hardware, isGpu, samplesPerSecond };
  }
}
