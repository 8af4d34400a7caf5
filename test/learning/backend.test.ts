import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { BackendUnavailable } from "../../trainer/learning/backend.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { BackendName } from "../../trainer/learning/backend.ts";
import { rejection } from "./rejection.ts";

describe("backend", () => {
  it("runs on WASM with SIMD unless told otherwise", async () => {
    const backend = await openBackend();
    expect(backend.name).to.equal("wasm");
    expect(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")).to.equal(true);
  });

  it("opens each engine once", async () => {
    expect(await openBackend()).to.equal(await openBackend());
  });

  it("names the engines there are when asked for another", async () => {
    for (const name of ["webgl", "toString"]) {
      const error = await rejection(openBackend(name as BackendName));
      expect(error).to.be.instanceOf(BackendUnavailable);
      expect(error.message).to.contain("tensorflow, webgpu, wasm, cpu");
    }
  });

  it("leaves no crash handlers of the engine in the process", async () => {
    await openBackend("wasm");
    const rethrowing = process.listeners("uncaughtException").filter((each) => String(each).includes("ExitStatus"));
    expect(rethrowing).to.have.length(0);
  });

  it("computes the same on both engines of the host when used in turns", async () => {
    for (const name of ["wasm", "cpu", "wasm"] as const) {
      const backend = await openBackend(name);
      const held = backend.hold(Float32Array.of(1, 2, 3, 4), [2, 2]);
      const product = backend.run(() => backend.view(tf.matMul(held as tf.Tensor2D, held as tf.Tensor2D)).slice());
      expect([...product]).to.deep.equal([7, 10, 15, 22]);
      backend.release(held);
      expect(backend.strayTensors()).to.equal(0);
    }
  });
});
