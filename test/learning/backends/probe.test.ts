import { expect } from "chai";
import { BackendUnavailable } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { Backend, HostBackend } from "../../../trainer/learning/backend.ts";
import { deviceBackend } from "../../../trainer/learning/backends/engine.ts";
import { probe } from "../../../trainer/learning/backends/probe.ts";
import { rejection } from "../rejection.ts";

describe("probe", () => {
  let reference: HostBackend;
  before(async () => void (reference = await openBackend("cpu")));

  const device = (engine: string) =>
    deviceBackend({ name: "webgpu", engine, hardware: "a GPU", isGpu: true, sliceMacs: 1e9 });

  async function refusal(backend: Backend): Promise<string> {
    const error = await rejection(probe(backend, reference));
    expect(error).to.be.instanceOf(BackendUnavailable);
    expect(backend.strayTensors(), "tensors left").to.equal(0);
    return error.message;
  }

  it("says how far a step is from the reference's", async () => {
    expect(await probe(await openBackend("wasm"), reference)).to.be.within(0, 1e-5);
    expect(await probe(device("cpu"), reference)).to.be.within(0, 1e-5);
  });

  it("refuses what computes something else", async () => {
    const honest = device("cpu");
    const message = await refusal({
      ...honest,
      // The weights after the step; losses are not looked at.
      read: async (tensor) => (await honest.read(tensor)).map((value) => 1.001 * value),
    });
    expect(message)
      .to.contain('"webgpu" (a GPU) computes wrongly')
      .and.to.match(/\d% away/);
    expect(message).to.contain("--backend wasm");
  });

  it("refuses what does not compute at all", async () => {
    const honest = device("cpu");
    const blank = { ...honest, read: (tensor: { size: number }) => Promise.resolve(new Float32Array(tensor.size)) };
    expect(await refusal(blank)).to.contain("computes wrongly");
    const lost = { ...honest, read: () => Promise.reject(new Error("The GPU failed: out of memory.")) };
    expect(await refusal(lost)).to.contain('"webgpu" cannot train: The GPU failed: out of memory.');
  });

  it("refuses an engine that lacks a kernel, and names it", async () => {
    const message = await refusal(device("wasm"));
    expect(message).to.contain('"webgpu" cannot train').and.to.contain("Conv2DBackpropFilter");
  });
});
