/** A stand-in plays TensorFlow: its library is a download that tests cannot count on. */
import { createRequire } from "node:module";
import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { BackendUnavailable } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import { startTensorflow } from "../../../trainer/learning/backends/tensorflow.ts";
import { rejection } from "../rejection.ts";

const GPU = "@tensorflow/tfjs-node-gpu";
const CPU = "@tensorflow/tfjs-node";

describe("tensorflow", () => {
  afterEach(() => {
    const factory: unknown = tf.findBackendFactory("tensorflow");
    if (factory !== null) tf.removeBackend("tensorflow");
  });
  after(() => openBackend("wasm"));

  /** Registers, like the packages, a backend when it is imported; asks first for what Node 23 has removed. */
  function installed(name: string, isUsingGpuDevice: boolean) {
    return (wanted: string) => {
      if (wanted !== name) return Promise.resolve(undefined);
      const util = createRequire(import.meta.url)("node:util") as Record<string, (value: unknown) => boolean>;
      expect([util["isNullOrUndefined"]?.(null), util["isNullOrUndefined"]?.(0)]).to.deep.equal([true, false]);
      const engine = Object.assign(new tf.KernelBackend(), { isUsingGpuDevice, dispose() {} });
      tf.registerBackend("tensorflow", () => engine, 3);
      return Promise.resolve({});
    };
  }

  it("says how to install it where it is not", async () => {
    const error = await rejection(startTensorflow(() => Promise.resolve(undefined)));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain(`npm install --no-save ${GPU}@4.22.0`);
    expect(error.message).to.contain(`npm install --no-save ${CPU}@4.22.0`);
  });

  it("computes on the GPU by the GPU package, on the processor by the other", async () => {
    const gpu = await startTensorflow(installed(GPU, true));
    expect(gpu).to.include({ name: "tensorflow", memory: "device", isGpu: true, hardware: "GPU, by CUDA" });
    tf.removeBackend("tensorflow");
    const cpu = await startTensorflow(installed(CPU, false));
    expect(cpu).to.include({ isGpu: false, hardware: "all processor cores" });
  });

  it("refuses the GPU package on the processor, which it would use without a word", async () => {
    const error = await rejection(startTensorflow(installed(GPU, false)));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain("found no GPU").and.to.contain("nvidia-smi");
  });

  it("refuses a package that is there and does not load, and says why", async () => {
    const load = () => Promise.reject(new Error("libtensorflow.so.2: cannot open\nat some place"));
    const error = await rejection(startTensorflow(load));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain("libtensorflow.so.2: cannot open").and.to.contain(`npm rebuild ${GPU}`);
    expect(error.message).not.to.contain("some place");
  });

  it("refuses a package that registers nothing", async () => {
    const error = await rejection(startTensorflow((name) => Promise.resolve(name === CPU ? {} : undefined)));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain('"tensorflow" did not start');
  });
});
