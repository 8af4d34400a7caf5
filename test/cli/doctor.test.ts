import { expect } from "chai";
import { deviceBackend } from "../../trainer/learning/backends/engine.ts";
import { choiceText } from "../../trainer/cli/chosenBackend.ts";
import { doctorText } from "../../trainer/cli/commands/doctor.ts";

describe("foedus doctor", () => {
  it("shows what works in a table, and under it what does not and the way to it", () => {
    const text = doctorText(
      [
        { name: "tensorflow", works: false, reason: "TensorFlow is not installed. Do this." },
        {
          ...{ name: "webgpu", works: true, hardware: "a GPU", isGpu: true },
          samplesPerSecond: { mlp: 12345.6, cnn: 2.55 },
        },
      ],
      "webgpu",
    );
    expect(text).to.deep.equal([
      "backend  computes on  MLP samples/s  CNN samples/s",
      "webgpu   a GPU        12,346         2.6",
      "",
      "--backend auto takes webgpu. Samples a second in training the networks for MNIST, one process alone.",
      "",
      "tensorflow: TensorFlow is not installed. Do this.",
    ]);
  });
});

describe("--backend auto", () => {
  const backend = deviceBackend({ name: "webgpu", hardware: "a GPU", isGpu: true, sliceMacs: 1 });

  it("says which backend it is, and what is not installed", () => {
    expect(choiceText({ backend, passedOver: [] })).to.equal("computing on webgpu, a GPU");
    const passedOver = [{ name: "tensorflow", isInstalled: false, reason: "TensorFlow is not installed." }] as const;
    expect(choiceText({ backend, passedOver })).to.equal(
      "computing on webgpu, a GPU; not installed: tensorflow (foedus doctor says how to get what is faster)",
    );
  });
});
