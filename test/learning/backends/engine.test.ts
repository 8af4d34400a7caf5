import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { BackendUnavailable } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import { deviceBackend, startEngine } from "../../../trainer/learning/backends/engine.ts";
import { rejection } from "../rejection.ts";

describe("engine", () => {
  before(() => openBackend("cpu"));

  async function refusal(engine: string, factory?: () => tf.KernelBackend): Promise<string> {
    if (factory !== undefined) tf.registerBackend(engine, factory);
    try {
      const error = await rejection(startEngine(engine, "Do this instead."));
      expect(error).to.be.instanceOf(BackendUnavailable);
      return error.message;
    } finally {
      if (factory !== undefined) tf.removeBackend(engine);
    }
  }

  it("refuses one that does not start instead of falling back to another, and says why it did not", async () => {
    const message = await refusal("broken", () => {
      throw new Error("no such processor");
    });
    expect(message).to.contain('"broken" did not start').and.to.contain("no such processor");
    expect(message).to.contain("Do this instead.");
  });

  it("refuses one that is not there", async () => {
    expect(await refusal("nowhere")).to.contain('"nowhere" did not start');
  });

  it("reads copies, and says so when the device has failed meanwhile", async () => {
    let failed = false;
    const check = () => {
      if (failed) throw new Error("it is gone");
    };
    const device = deviceBackend({
      ...{ name: "webgpu", engine: "cpu", hardware: "in its place", isGpu: false, sliceMacs: 1, check },
    });
    const tensor = device.hold(Float32Array.of(1, 2), [2]);
    const values = await device.read(tensor);
    values.fill(0);
    expect([...(await device.read(tensor))]).to.deep.equal([1, 2]);
    failed = true;
    expect((await rejection(device.read(tensor))).message).to.equal("it is gone");
    device.release(tensor);
    expect(device.strayTensors()).to.equal(0);
  });
});
