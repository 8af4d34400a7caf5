/** What can be tested without a GPU everywhere; the rest where the packages and an adapter are, be it one in software. */
import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { BackendUnavailable } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { Backend } from "../../../trainer/learning/backend.ts";
import { startWebgpu } from "../../../trainer/learning/backends/webgpu.ts";
import { evaluate } from "../../../trainer/learning/evaluate.ts";
import { createModel } from "../../../trainer/learning/model.ts";
import { train } from "../../../trainer/learning/train.ts";
import { rejection } from "../rejection.ts";
import { bars } from "../toyData.ts";

describe("webgpu", () => {
  after(() => openBackend("wasm"));

  it("says how to install it where it is not", async () => {
    const error = await rejection(startWebgpu(() => Promise.resolve(undefined)));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain("webgpu is not installed");
    expect(error.message).to.contain("npm install --no-save webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0");
  });

  it("refuses a package that is there and does not load, and says why", async () => {
    const error = await rejection(startWebgpu(() => Promise.reject(new Error("GLIBC_2.38 not found"))));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(error.message).to.contain("GLIBC_2.38 not found").and.to.contain("npm rebuild webgpu");
  });

  describe("on an adapter", () => {
    let webgpu: Backend;
    before(async function () {
      this.timeout(120_000); // software compiles the kernels for seconds
      try {
        webgpu = await openBackend("webgpu");
      } catch (error) {
        console.log(`      skipped: ${error instanceof Error ? error.message : String(error)}`);
        this.skip();
      }
    });

    it("trains as the reference does, keeps no tensor, and gives its memory back", async function () {
      this.timeout(120_000);
      const data = bars(48, 8, 1);
      const run = { epochs: 1, batchSize: 8, learningRate: 0.05, optimizer: "momentum", seed: 1 } as const;
      const allocated = () =>
        (tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
      const [onGpu, onHost] = [webgpu, await openBackend("wasm")].map((backend) =>
        createModel(backend, { kind: "cnn", inputs: [8, 8, 1], filters: [3], window: 3, hidden: [5], classes: 2 }, 1),
      );
      const start = onHost!.readWeights();
      const { tensors } = await train(onGpu!, data, run);
      expect(tensors.after).to.equal(tensors.before);
      const { accuracy } = await evaluate(onGpu!, data);
      await train(onHost!, data, run);
      expect(accuracy).to.equal((await evaluate(onHost!, data)).accuracy);
      const [found, expected] = [onGpu!.readWeights(), onHost!.readWeights()];
      const away = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));
      expect(away(found, expected) / away(start, expected)).to.be.lessThan(1e-3);
      webgpu.run(() => undefined);
      expect(allocated(), "bytes while weights are uploaded").to.be.greaterThan(0);
      onGpu!.dispose();
      onHost!.dispose();
      expect(allocated(), "bytes afterwards").to.equal(0);
    });
  });
});
