/**
 * What computes: one TensorFlow.js backend behind one small interface, chosen by name. docs/decisions/0003 says which there
 * are and why; backends/ holds how each starts.
 */
import type { Tensor, TensorContainer } from "@tensorflow/tfjs-core";
import type { HostKernels } from "./host/kernels.ts";

/** From the fastest to the one that is always there and against which the others are checked. */
export const BACKEND_NAMES = ["tensorflow", "webgpu", "wasm", "cpu"] as const;

export type BackendName = (typeof BACKEND_NAMES)[number];

export type Backend = HostBackend | DeviceBackend;

interface Engine {
  readonly name: BackendName;

  /** What it computes on, in words. */
  readonly hardware: string;

  /** Multiply-adds in one slice: work is cut so that the event loop stays alive and activations fit in memory. */
  readonly sliceMacs: number;

  /**
   * Runs `work` on this backend and frees every tensor it made, except what was held or kept. `work` is synchronous.
   */
  run<T extends TensorContainer>(work: () => T): T;

  /** Uploads `values` as a tensor that outlives `run`. Whoever holds it gives it back with `release`. */
  hold(values: Float32Array, shape: readonly number[]): Tensor;

  release(tensor: Tensor): void;

  /** Tensors alive that nobody holds. Between runs any change of this number is a leak. */
  strayTensors(): number;
}

/** Tensors lie in this process's memory: reading one costs nothing. */
export interface HostBackend extends Engine {
  readonly memory: "host";

  readonly kernels: HostKernels;

  /**
   * The tensor's values without a copy. Read them at once: the view dies with the tensor and at the next allocation,
   * which may move the heap. Never write: other tensors may share what it shows.
   */
  view(tensor: Tensor): Float32Array;
}

/** Tensors lie elsewhere, in a GPU's memory or TensorFlow's: reading one means to wait and to copy. */
export interface DeviceBackend extends Engine {
  readonly memory: "device";

  /** Whether it is a GPU, and not a processor in its place. */
  readonly isGpu: boolean;

  /** Lets a tensor made inside `run` outlive it. Whoever keeps it gives it back with `release`. */
  keep<T extends Tensor>(tensor: T): T;

  /** A copy of the tensor's values, once all that leads to them is computed. @throws DeviceFailed */
  read(tensor: Tensor): Promise<Float32Array>;

  /** Gives memory back to the device that is kept for tensors to come. */
  trim(): void;
}

/** The engine did not start, or another one started in its place, or it computes wrongly. */
export class BackendUnavailable extends Error {
  override name = "BackendUnavailable";
}

/** It needs a package that is not installed; the message has the command. */
export class BackendNotInstalled extends BackendUnavailable {
  override name = "BackendNotInstalled";
}

/** The device was lost or refused work, and what it has computed since cannot be trusted. */
export class DeviceFailed extends Error {
  override name = "DeviceFailed";
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
