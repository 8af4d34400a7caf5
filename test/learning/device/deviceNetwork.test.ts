import { createRequire } from "node:module";
import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { architectureSchema, outputCount } from "../../../trainer/learning/architecture.ts";
import type { Architecture } from "../../../trainer/learning/architecture.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { Backend, DeviceBackend } from "../../../trainer/learning/backend.ts";
import { deviceBackend } from "../../../trainer/learning/backends/engine.ts";
import { affineCorrection } from "../../../trainer/learning/correction.ts";
import type { GradientCorrection } from "../../../trainer/learning/correction.ts";
import type { Dataset } from "../../../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../../../trainer/learning/evaluate.ts";
import { createModel } from "../../../trainer/learning/model.ts";
import { initialWeights } from "../../../trainer/learning/parameters.ts";
import { train, TrainingDiverged } from "../../../trainer/learning/train.ts";
import type { TrainingProgress, TrainingRun } from "../../../trainer/learning/train.ts";
import { rejection } from "../rejection.ts";
import { noise, twoRings } from "../toyData.ts";

const regression = { loss: "squaredError" } as const;
const huber = { loss: "huber", delta: 0.5 } as const;
const networks: Record<string, Architecture> = {
  "a logistic regression": { kind: "mlp", inputs: [5], hidden: [], classes: 3 },
  "a perceptron": { kind: "mlp", inputs: [6], hidden: [7, 5], classes: 4 },
  "an estimate by squared error": { kind: "mlp", inputs: [6], hidden: [7], regression },
  "an estimate by Huber's loss": { kind: "mlp", inputs: [6], hidden: [7], regression: huber },
  "two convolutions of odd sizes": cnn([7, 6, 2], [2, 3], 3, [4]),
  "a convolution with an even window": cnn([6, 6, 1], [3], 4, []),
};
const plain: TrainingRun = { epochs: 1, batchSize: 8, learningRate: 0.05, optimizer: "sgd", seed: 1 };

function cnn(inputs: number[], filters: number[], window: number, hidden: number[]): Architecture {
  return architectureSchema.parse({ kind: "cnn", inputs, filters, window, hidden, classes: 3 });
}

function rowsFor(architecture: Architecture, rows = 20): Dataset {
  const data = noise(rows, architecture.inputs, outputCount(architecture), 4);
  if (architecture.classes !== undefined) return data;
  const labels = data.features.slice(0, rows);
  return { features: data.features, labels, rows, shape: data.shape, target: { mean: 0, std: 1 } };
}

interface Trained {
  readonly loss: number;
  readonly weights: Float32Array;
  readonly outputs: Float32Array;
}

/** The engine of this machine that has all kernels, in a GPU's place: it is read by copies alone. */
async function inItsPlace(): Promise<DeviceBackend> {
  await openBackend("cpu");
  return deviceBackend({ name: "webgpu", engine: "cpu", hardware: "in its place", isGpu: false, sliceMacs: 1e9 });
}

/** TensorFlow's library is a download that tests cannot count on: on it too, where it is installed. */
const devices = new Map<string, () => Promise<Backend>>([["a stand-in", inItsPlace]]);
if (["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"].some(isInstalled)) {
  devices.set("TensorFlow", () => openBackend("tensorflow"));
}

function isInstalled(packageName: string): boolean {
  try {
    return createRequire(import.meta.url).resolve(packageName) !== "";
  } catch {
    return false;
  }
}

for (const [title, open] of devices)
  describe(`deviceNetwork on ${title}`, () => {
    let reference: Backend;
    let device: DeviceBackend;
    before(async () => {
      reference = await openBackend("wasm");
      const backend = await open();
      if (backend.memory !== "device") throw new Error(`${title} is none.`);
      device = backend;
    });

    /** What a run changes in the weights, on the host and on the device: far less apart than they have moved. */
    async function agree(
      architecture: Architecture,
      run: TrainingRun,
      { data = rowsFor(architecture), on = device }: { data?: Dataset; on?: DeviceBackend } = {},
    ): Promise<void> {
      const [expected, found] = (await Promise.all(
        [reference, on].map(async (backend) => {
          const model = createModel(backend, architecture, 1);
          const { loss } = await train(model, data, run);
          const weights = model.readWeights();
          const outputs = await model.outputs(data.features, data.rows);
          model.dispose();
          return { loss, weights, outputs };
        }),
      )) as [Trained, Trained];
      const start = initialWeights(architecture, 1);
      const away = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));
      const moved = away(expected.weights, start);
      expect(moved).to.be.greaterThan(0);
      expect(away(found.weights, expected.weights) / moved, "step").to.be.lessThan(1e-3);
      expect(found.loss).to.be.closeTo(expected.loss, 1e-4 * expected.loss);
      expect(away(found.outputs, expected.outputs), "outputs").to.be.lessThan(1e-3);
    }

    for (const [title, architecture] of Object.entries(networks)) {
      it(`trains ${title} as the host does`, () => agree(architecture, plain));
    }

    for (const [optimizer, more] of [
      ["momentum", { momentum: 0.5, schedule: "linear" }],
      ["adam", {}],
    ] as const) {
      it(`steps as the host does (${optimizer})`, () =>
        agree(networks["a perceptron"]!, { ...plain, ...more, optimizer, epochs: 3 }));
    }

    it("calibrates logits as the host does, with an absent class", () => {
      const data = noise(20, [6], 3, 1);
      const run = { ...plain, calibrateLogits: true, epochs: 2 };
      return agree(networks["a perceptron"]!, run, { data: { ...data, classes: 4 } });
    });

    it("steps on all rows, sliced, as the host does", async () => {
      const architecture = networks["two convolutions of odd sizes"]!;
      await agree(architecture, { ...plain, wholeBatch: true, steps: 2 }, { on: { ...device, sliceMacs: 1 } });
    });

    for (const [title, correct] of [
      ["a pull", affineCorrection({ pull: { strength: 0.3, towards: new Float32Array(103).fill(1) } })],
      ["an offset", affineCorrection({ offset: Float32Array.from({ length: 103 }, (_, i) => i / 100) })],
      ["neither", affineCorrection({})],
      ["any other", (gradient, weights) => gradient.forEach((each, i) => (gradient[i] = each * Math.abs(weights[i]!)))],
    ] as [string, GradientCorrection][]) {
      it(`corrects gradients as the host does (${title})`, async () => {
        await agree({ kind: "mlp", inputs: [6], hidden: [10], classes: 3 }, { ...plain, steps: 3, correct });
      });
    }

    it("evaluates as the host does", async () => {
      const architecture = networks["two convolutions of odd sizes"]!;
      const data = rowsFor(architecture, 50);
      const [expected, found] = await Promise.all(
        [reference, device].map(async (backend) => {
          const model = createModel(backend, architecture, 3);
          const evaluation = await evaluate(model, data, { batchSize: 16 });
          model.dispose();
          return evaluation;
        }),
      );
      expect(found!.accuracy).to.equal(expected!.accuracy);
      expect(found!.loss).to.be.closeTo(expected!.loss, 1e-5);
    });

    it("keeps no tensor over 1,000 steps, nor what a run has held", async () => {
      const model = createModel(device, { kind: "mlp", inputs: [2], hidden: [4], classes: 2 }, 1);
      const before = tf.memory();
      const during: number[] = [];
      const count = () => during.push(tf.memory().numTensors);
      await train(model, twoRings(100, 1), {
        ...{ ...plain, optimizer: "adam", batchSize: 10, steps: 1_000 },
        onProgress: count,
      });
      expect(during.length).to.be.greaterThan(50);
      expect(new Set(during).size, `tensors during the run: ${during.join(", ")}`).to.equal(1);
      const after = tf.memory();
      expect([after.numTensors, after.numBytes]).to.deep.equal([before.numTensors, before.numBytes]);
      model.dispose();
      expect(device.strayTensors()).to.equal(0);
    });

    it("gives memory kept for reuse back after training, after predicting and with the model", async () => {
      let trims = 0;
      const trimmed = { ...device, trim: () => (trims += 1) };
      const data = twoRings(20, 1);
      const model = createModel(trimmed, { kind: "mlp", inputs: [2], hidden: [4], classes: 2 }, 1);
      await train(model, data, plain);
      expect(trims).to.equal(1);
      await evaluate(model, data);
      expect(trims).to.equal(2);
      model.dispose();
      expect(trims).to.equal(3);
    });

    it("reads the loss now and then, and nothing else before the end", async () => {
      const reads: number[] = [];
      const read: DeviceBackend["read"] = (tensor) => {
        reads.push(tensor.size);
        return device.read(tensor);
      };
      const model = createModel({ ...device, read }, { kind: "mlp", inputs: [2], hidden: [4], classes: 2 }, 1);
      const seen: TrainingProgress[] = [];
      const onProgress = (each: TrainingProgress) => seen.push(each);
      await train(model, twoRings(320, 1), { ...plain, batchSize: 4, epochs: 2, onProgress });
      expect(reads.at(-1), "the weights").to.equal(22);
      expect(new Set(reads.slice(0, -1)), "losses").to.deep.equal(new Set([1]));
      // 160 steps: the first, one in 32, and an epoch's last.
      expect(reads.length - 1).to.be.within(6, 40);
      expect(seen.at(-1)).to.include({ epoch: 2, seen: 640, total: 640 });
      model.dispose();
    });

    it("notices that the numbers ran away, and leaves the model as it was", async () => {
      const model = createModel(device, { kind: "mlp", inputs: [2], hidden: [16, 16, 16], classes: 2 }, 1);
      const before = model.readWeights();
      const error = await rejection(train(model, twoRings(400, 1), { ...plain, learningRate: 100 }));
      expect(error).to.be.instanceOf(TrainingDiverged);
      expect(model.readWeights()).to.deep.equal(before);
      model.dispose();
      expect(device.strayTensors()).to.equal(0);
    });

    it("stops when told to, and holds nothing afterwards", async () => {
      const model = createModel(device, networks["a perceptron"]!, 1);
      const stop = new AbortController();
      const onProgress = () => stop.abort(new Error("the round is over"));
      const run = { ...plain, epochs: 1_000, signal: stop.signal, onProgress };
      const error = await rejection(train(model, rowsFor(networks["a perceptron"]!), run));
      expect(error.message).to.equal("the round is over");
      expect(model.readWeights()).to.deep.equal(initialWeights(networks["a perceptron"]!, 1));
      model.dispose();
      expect(device.strayTensors()).to.equal(0);
    });
  });
