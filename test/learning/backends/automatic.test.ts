import { expect } from "chai";
import { BackendNotInstalled } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { Backend, BackendName } from "../../../trainer/learning/backend.ts";
import { bestBackend } from "../../../trainer/learning/backends/automatic.ts";
import { deviceBackend } from "../../../trainer/learning/backends/engine.ts";
import { rejection } from "../rejection.ts";

describe("bestBackend", () => {
  let wasm: Backend;
  before(async () => void (wasm = await openBackend("wasm")));

  const device = (name: BackendName, isGpu: boolean) =>
    deviceBackend({ name, engine: "cpu", hardware: `${name}'s device`, isGpu, sliceMacs: 1 });

  /** A machine with these backends. */
  const machine = (...there: Backend[]) => {
    return (name: BackendName): Promise<Backend> => {
      const found = there.find((each) => each.name === name);
      return found === undefined ? Promise.reject(new BackendNotInstalled(`no ${name}`)) : Promise.resolve(found);
    };
  };

  it("takes TensorFlow on a GPU before all others", async () => {
    const gpu = device("tensorflow", true);
    const { backend, passedOver } = await bestBackend(machine(gpu, device("webgpu", true), wasm));
    expect(backend).to.equal(gpu);
    expect(passedOver).to.deep.equal([]);
  });

  it("takes WebGPU on a GPU before TensorFlow on a processor", async () => {
    const gpu = device("webgpu", true);
    const { backend, passedOver } = await bestBackend(machine(device("tensorflow", false), gpu, wasm));
    expect(backend).to.equal(gpu);
    expect(passedOver).to.deep.equal([
      { name: "tensorflow", isInstalled: true, reason: "It computes on tensorflow's device, which is no GPU." },
    ]);
  });

  it("takes WASM before WebGPU in software, and says what it passed over", async () => {
    const { backend, passedOver } = await bestBackend(machine(device("webgpu", false), wasm));
    expect(backend).to.equal(wasm);
    expect(passedOver).to.deep.equal([
      { name: "tensorflow", isInstalled: false, reason: "no tensorflow" },
      { name: "webgpu", isInstalled: true, reason: "It computes on webgpu's device, which is no GPU." },
    ]);
  });

  it("takes nothing slower than WASM", async () => {
    expect(await rejection(bestBackend(machine()))).to.be.instanceOf(BackendNotInstalled);
  });
});
