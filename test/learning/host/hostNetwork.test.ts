import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { architectureSchema, outputCount } from "../../../trainer/learning/architecture.ts";
import type { Architecture } from "../../../trainer/learning/architecture.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { HostBackend } from "../../../trainer/learning/backend.ts";
import { hostNetwork } from "../../../trainer/learning/host/hostNetwork.ts";
import type { HostNetwork } from "../../../trainer/learning/host/hostNetwork.ts";
import { createModel } from "../../../trainer/learning/model.ts";
import { initialWeights } from "../../../trainer/learning/parameters.ts";
import { train } from "../../../trainer/learning/train.ts";
import { noise } from "../toyData.ts";

/** Odd sizes, even windows and two convolutions: what padding, pooling and the input's gradient can get wrong. */
const networks: Record<string, Architecture> = {
  "a logistic regression": { kind: "mlp", inputs: [5], hidden: [], classes: 3 },
  "a perceptron with two hidden layers": { kind: "mlp", inputs: [6], hidden: [7, 5], classes: 4 },
  "a convolution with an odd window": cnn([5, 7, 2], [3], 3),
  "a convolution with an even window": cnn([6, 6, 1], [3], 4),
  "two convolutions and a hidden layer": cnn([7, 6, 2], [2, 3], 3, [4]),
};

function cnn(inputs: number[], filters: number[], window: number, hidden: number[] = []): Architecture {
  return architectureSchema.parse({ kind: "cnn", inputs, filters, window, hidden, classes: 3 });
}

describe("hostNetwork", () => {
  let backend: HostBackend;
  before(async () => void (backend = await openBackend()));

  for (const [title, architecture] of Object.entries(networks)) {
    it(`finds the gradient of ${title} that finite differences find`, () => {
      checkGradient(architecture, undefined);
    });
  }

  it("finds the gradient of a calibrated loss that finite differences find", () => {
    checkGradient({ kind: "mlp", inputs: [6], hidden: [7], classes: 3 }, Float32Array.of(-0.5, -2, -1));
  });

  for (const regression of [{ loss: "squaredError" }, { loss: "huber", delta: 0.5 }] as const) {
    it(`finds the gradient of ${regression.loss} that finite differences find`, () => {
      checkGradient({ kind: "mlp", inputs: [6], hidden: [7], regression }, undefined);
    });
  }

  function checkGradient(architecture: Architecture, logPriors: Float32Array | undefined): void {
    const flat = initialWeights(architecture, 3);
    const network = hostNetwork(backend, architecture, flat);
    const { features, labels } = noise(4, architecture.inputs, outputCount(architecture), 4);
    const analytic = new Float32Array(flat.length);
    network.backpropagate(features, labels, 1, logPriors, (offset, part) => analytic.set(part, offset));
    const numeric = finiteDifferences(network, flat, () =>
      network.backpropagate(features, labels, 1, logPriors, () => {}),
    );
    const error = norm(numeric.map((value, i) => value - (analytic[i] as number)));
    expect(norm(numeric)).to.be.greaterThan(0.1);
    // Kinks of ReLU and pooling that a step crosses, and sums in 32 bits, leave about 1%; a mistake leaves 100%.
    expect(error / norm(numeric), "relative error").to.be.lessThan(0.03);
    network.release();
  }

  it("finds on the cpu backend the gradient that it finds on WASM", async () => {
    const architecture = cnn([9, 8, 2], [3, 4], 5, [6]);
    const { features, labels } = noise(4, architecture.inputs, outputCount(architecture), 4);
    const [wasm, cpu] = (await Promise.all([openBackend("wasm"), openBackend("cpu")])).map((engine) => {
      const flat = initialWeights(architecture, 3);
      const network = hostNetwork(engine, architecture, flat);
      const gradient = new Float32Array(flat.length);
      network.backpropagate(features, labels, 1, undefined, (offset, part) => gradient.set(part, offset));
      network.release();
      return gradient;
    }) as [Float32Array, Float32Array];
    expect(norm(wasm.map((value, i) => value - (cpu[i] as number))) / norm(cpu)).to.be.lessThan(1e-5);
  });

  it("keeps no tensor and no more memory over 1,000 steps", async () => {
    const architecture = cnn([14, 13, 1], [8], 5, [16]);
    const model = createModel(backend, architecture, 1);
    const probe = backend.hold(Float32Array.of(1), [1]); // what it lies in is the heap
    const rows = noise(20, architecture.inputs, outputCount(architecture), 4);
    const before = tf.memory();
    const during: string[] = [];
    // Called in every step, when nothing but the weights, the gradient and the optimiser's state is there.
    const correct = () => {
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      during.push([numTensors, numDataBuffers, numBytes, backend.view(probe).buffer.byteLength].join(" "));
    };
    // Rows that are no multiple of the batch: both sizes of batch take turns.
    await train(model, rows, {
      epochs: 1,
      batchSize: 8,
      steps: 1_000,
      learningRate: 1e-3,
      optimizer: "adam",
      seed: 1,
      correct,
    });
    expect(during).to.have.length(1_000);
    expect([...new Set(during.slice(3))], "tensors, buffers, their bytes and the heap's").to.have.length(1);
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers]).to.deep.equal([before.numTensors, before.numDataBuffers]);
    model.dispose();
    backend.release(probe);
    expect(backend.strayTensors()).to.equal(0);
  });

  it("lets an absent class take no part in a calibrated loss", () => {
    const architecture: Architecture = { kind: "mlp", inputs: [5], hidden: [], classes: 3 };
    const flat = initialWeights(architecture, 1);
    const network = hostNetwork(backend, architecture, flat);
    const { features, labels } = noise(8, [5], 2, 1);
    const gradient = new Float32Array(flat.length).fill(1);
    const logPriors = Float32Array.of(Math.log(0.5), Math.log(0.5), -Infinity);
    network.backpropagate(features, labels, 1, logPriors, (offset, part) => gradient.set(part, offset));
    expect([...gradient.subarray(10, 15), gradient[17]], "weights and bias of class 2").to.deep.equal([
      0, 0, 0, 0, 0, 0,
    ]);
    network.release();
  });
});

function finiteDifferences(network: HostNetwork, flat: Float32Array, loss: () => number): Float64Array {
  const step = 2 ** -10; // small against the distance to most kinks, large against the error of 32-bit sums
  return Float64Array.from(flat, (weight, i) => {
    const [above, below] = [step, -step].map((change) => {
      network.release();
      flat[i] = weight + change;
      return loss();
    }) as [number, number];
    flat[i] = weight;
    return (above - below) / (2 * step);
  });
}

function norm(values: Float32Array | Float64Array): number {
  return Math.hypot(...values);
}
