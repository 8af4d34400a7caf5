import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { UnsuitableData, selectRows } from "../../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import type { Model } from "../../trainer/learning/model.ts";
import { predict } from "../../trainer/learning/predict.ts";
import { train, TrainingDiverged } from "../../trainer/learning/train.ts";
import { trainingSchema } from "../../trainer/learning/trainingSettings.ts";
import type { TrainingProgress, TrainingRun } from "../../trainer/learning/train.ts";
import { rejection } from "./rejection.ts";
import { bars, noise, twoRings } from "./toyData.ts";

const mlp: Architecture = { kind: "mlp", inputs: [2], hidden: [16], classes: 2 };
const cnn: Architecture = { kind: "cnn", inputs: [10, 10, 1], filters: [4], window: 3, hidden: [8], classes: 2 };
const settings: TrainingRun = { epochs: 5, batchSize: 16, learningRate: 0.02, optimizer: "adam", seed: 1 };

describe("train", () => {
  let backend: Backend;
  let models: Model[] = [];
  before(async () => void (backend = await openBackend()));
  afterEach(() => {
    models.forEach((model) => model.dispose());
    models = [];
  });

  function fresh(architecture: Architecture): Model {
    const model = createModel(backend, architecture, 1);
    models.push(model);
    return model;
  }

  for (const [optimizer, learningRate] of [
    ["sgd", 0.3],
    ["momentum", 0.05],
    ["adam", 0.02],
  ] as const) {
    it(`teaches a perceptron what no straight line can part (${optimizer})`, async () => {
      const model = fresh(mlp);
      await train(model, twoRings(400, 1), { ...settings, optimizer, learningRate, epochs: 20 });
      expect((await evaluate(model, twoRings(400, 2))).accuracy).to.be.greaterThan(0.98);
    });
  }

  it("teaches a convolutional network horizontal from vertical", async () => {
    const model = fresh(cnn);
    const unseen = bars(200, 10, 2);
    const before = await evaluate(model, unseen);
    await train(model, bars(400, 10, 1), { ...settings, learningRate: 0.01 });
    const after = await evaluate(model, unseen);
    expect(after.loss).to.be.lessThan(before.loss / 4);
    expect(after.accuracy).to.be.greaterThan(0.95);
  });

  it("gives the same weights bit for bit from the same seed, others from another", async () => {
    for (const [architecture, data] of [
      [mlp, twoRings(100, 1)],
      [cnn, bars(60, 10, 1)],
    ] as const) {
      const [first, again, other] = await Promise.all(
        [7, 7, 8].map(async (seed) => {
          const model = fresh(architecture);
          await train(model, data, { ...settings, epochs: 2, seed });
          return Buffer.from(model.readWeights().buffer).toString("hex");
        }),
      );
      expect(again).to.equal(first);
      expect(other).to.not.equal(first);
    }
  });

  it("takes one step on a whole batch the same in one slice or in many", async () => {
    const data = bars(64, 10, 1);
    const [whole, sliced] = [fresh(cnn), createModel({ ...backend, sliceMacs: 1 }, cnn, 1)];
    models.push(sliced);
    for (const model of [whole, sliced]) {
      await train(model, data, { ...settings, optimizer: "sgd", learningRate: 0.1, epochs: 1, batchSize: 64 });
    }
    const [a, b] = [whole.readWeights(), sliced.readWeights()];
    expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))).to.be.lessThan(1e-5);
  });

  it("lowers the learning rate to zero in a linear schedule", async () => {
    const data = twoRings(64, 1);
    const [constant, linear] = [fresh(mlp), fresh(mlp)];
    const start = constant.readWeights();
    // Two steps of plain SGD: the first alike, the second half as long.
    const run = { ...settings, optimizer: "sgd", learningRate: 1e-3, batchSize: 32, epochs: 1 } as const;
    await train(constant, data, run);
    await train(linear, data, { ...run, schedule: "linear" });
    const length = (model: Model) => Math.hypot(...model.readWeights().map((value, i) => value - (start[i] as number)));
    expect(length(linear) / length(constant)).to.be.within(0.7, 0.8);
  });

  it("takes as many steps as asked for, through as many epochs as that takes", async () => {
    const data = twoRings(40, 1);
    // Three batches an epoch, the last of 8 rows.
    const run = { ...settings, batchSize: 16, epochs: 1 };
    for (const [steps, rows, epochs] of [
      [1, 16, 1],
      [3, 40, 1],
      [5, 72, 2],
    ] as const) {
      let taken = 0;
      const seen: TrainingProgress[] = [];
      const onProgress = (each: TrainingProgress) => seen.push(each);
      await train(fresh(mlp), data, { ...run, steps, correct: () => taken++, onProgress });
      expect(taken).to.equal(steps);
      expect(seen.at(-1)).to.include({ epoch: epochs, epochs, seen: rows, total: rows });
    }
    const [byEpochs, bySteps] = [fresh(mlp), fresh(mlp)];
    await train(byEpochs, data, { ...run, epochs: 2, schedule: "linear" });
    await train(bySteps, data, { ...run, steps: 6, schedule: "linear" });
    expect(bySteps.readWeights()).to.deep.equal(byEpochs.readWeights());
    expect(await rejection(train(fresh(mlp), data, { ...run, steps: 0 }))).to.match(/steps/);
  });

  it("steps on all rows when told to, even with more than a batch may have", async () => {
    const data = twoRings(5_000, 1);
    const run = { ...settings, optimizer: "sgd", epochs: 1, batchSize: 16, wholeBatch: true } as const;
    let taken = 0;
    await train(fresh(mlp), data, { ...run, correct: () => taken++ });
    expect(taken).to.equal(1);
  });

  it("steps by the gradient as corrected, at the weights it was taken at", async () => {
    const model = fresh(mlp);
    const start = model.readWeights();
    const run = { ...settings, optimizer: "sgd", learningRate: 0.5, steps: 2 } as const;
    const at: Float32Array[] = [];
    const correct = (gradient: Float32Array, weights: Float32Array) => {
      at.push(weights.slice());
      gradient.fill(1);
    };
    await train(model, twoRings(64, 1), { ...run, correct });
    expect(at[0]).to.deep.equal(start);
    expect(at[1]).to.deep.equal(start.map((weight) => weight - 0.5));
    expect(model.readWeights()).to.deep.equal(start.map((weight) => weight - 0.5).map((weight) => weight - 0.5));
  });

  it("keeps what a shard has no examples of when logits are calibrated", async () => {
    const threeClasses: Architecture = { ...mlp, classes: 3 };
    const rings = twoRings(200, 1);
    const [plain, calibrated] = [fresh(threeClasses), fresh(threeClasses)];
    const outputs = calibrated.readWeights().slice(-3 * 17);
    await train(plain, rings, settings);
    await train(calibrated, rings, { ...settings, calibrateLogits: true });
    const absentClass = (all: Float32Array) => [...all.slice(-3 * 17).slice(2 * 16, 3 * 16)];
    expect(absentClass(calibrated.readWeights())).to.deep.equal([...outputs.slice(2 * 16, 3 * 16)]);
    expect(absentClass(plain.readWeights())).to.not.deep.equal([...outputs.slice(2 * 16, 3 * 16)]);
  });

  it("does not calibrate the logits of a network that has none", async () => {
    const estimating: Architecture = { kind: "mlp", inputs: [2], hidden: [], regression: { loss: "squaredError" } };
    const target = { mean: 0, std: 1 };
    const { classes: _, ...rows } = twoRings(8, 1);
    const data = { ...rows, labels: new Float32Array(8), target };
    const error = await rejection(train(fresh(estimating), data, { ...settings, calibrateLogits: true }));
    expect(error).to.be.instanceOf(RangeError);
    expect(error.message).to.contain("calibrateLogits");
  });

  it("learns a rare class where every epoch has the classes equally often", async () => {
    // One ring in twenty is the inner one.
    const rings = twoRings(2_000, 1);
    let outer = 0;
    const rare = Uint32Array.from(
      [...rings.labels.keys()].filter((row) => rings.labels[row] !== 1 || outer++ % 20 === 0),
    );
    const skewed = selectRows(rings, rare);
    const ofRare = async (change: Partial<TrainingRun>) => {
      const model = fresh(mlp);
      const seen: TrainingProgress[] = [];
      await train(model, skewed, { ...settings, epochs: 2, ...change, onProgress: (now) => seen.push(now) });
      const said = await predict(model, rings.features);
      const right = said.filter((odds, row) => rings.labels[row] === 1 && (odds[1] ?? 0) > 0.5).length;
      return { recall: right / rings.labels.filter((label) => label === 1).length, total: seen.at(-1)?.total };
    };
    const [plain, over, under] = [
      await ofRare({}),
      await ofRare({ balance: "over" }),
      await ofRare({ balance: "under" }),
    ];
    const counts = [0, 1].map((label) => skewed.labels.filter((each) => each === label).length);
    expect(over.total).to.equal(2 * 2 * Math.max(...counts));
    expect(under.total).to.equal(2 * 2 * Math.min(...counts));
    expect(over.recall).to.be.greaterThan(plain.recall + 0.2);
  });

  it("reports its way and its result", async () => {
    const seen: TrainingProgress[] = [];
    const result = await train(fresh(mlp), twoRings(100, 1), { ...settings, onProgress: (each) => seen.push(each) });
    expect(result).to.include({ samples: 100 });
    expect(result.tensors.after).to.equal(result.tensors.before);
    expect(seen.map(({ epoch }) => epoch)).to.include.members([1, 2, 3, 4, 5]);
    expect(seen.at(-1)).to.deep.equal({ epoch: 5, epochs: 5, seen: 500, total: 500, loss: result.loss });
  });

  it("leaves no tensor behind, whether it succeeds or fails", async () => {
    const model = fresh(cnn);
    const before = tf.memory();
    await train(model, bars(40, 10, 1), { ...settings, epochs: 1 });
    const broken = bars(40, 10, 1);
    broken.features[0] = NaN;
    await rejection(train(model, broken, settings));
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers]).to.deep.equal([before.numTensors, before.numDataBuffers]);
  });

  it("says how to go on when the learning rate is far too high, and leaves the model as it was", async () => {
    const run = { ...settings, optimizer: "sgd", learningRate: 100 } as const;
    // Three hidden layers overflow; one survives with a loss far above guessing.
    for (const [hidden, message] of [
      [[64, 64, 64], /the loss is not finite in epoch 1/],
      [[16], /the loss is \d+\.\d, more than \d\.\d+ in epoch 1/],
    ] as const) {
      const model = fresh({ ...mlp, hidden: [...hidden] });
      const before = model.readWeights();
      const error = await rejection(train(model, twoRings(400, 1), run));
      expect(error).to.be.instanceOf(TrainingDiverged);
      expect(error.message).to.match(message);
      expect(error.message).to.contain("Lower the learning rate (now 100)").and.to.contain("unscaled features");
      expect(model.readWeights()).to.deep.equal(before);
    }
  });

  it("notices NaN in the data", async () => {
    const model = fresh(mlp);
    const data = twoRings(64, 1);
    data.features[77] = NaN;
    expect(await rejection(train(model, data, settings))).to.be.instanceOf(TrainingDiverged);
  });

  it("stops within a slice when told to, and leaves the model as it was", async () => {
    const model = fresh(cnn);
    const before = model.readWeights();
    const stop = new AbortController();
    let stoppedAt = Infinity;
    setImmediate(() => {
      stoppedAt = performance.now();
      stop.abort(new Error("the round is over"));
    });
    // Would take minutes.
    const run = { ...settings, epochs: 1000, signal: stop.signal };
    const error = await rejection(train(model, bars(2_000, 10, 1), run));
    expect(performance.now() - stoppedAt).to.be.lessThan(500);
    expect(error.message).to.equal("the round is over");
    expect(model.readWeights()).to.deep.equal(before);
  });

  it("lets the event loop run meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { seconds } = await train(fresh(cnn), bars(1_000, 10, 1), { ...settings, epochs: 2 });
    clearInterval(timer);
    expect(turns).to.be.greaterThan(seconds * 5);
  });

  for (const [fault, data, message] of [
    ["no rows", noise(0, [2], 2, 1), /empty/],
    ["rows of another shape", noise(4, [3], 2, 1), /shape \[3\], the network takes \[2\]/],
    ["a label beyond the classes", noise(50, [2], 5, 1), /label [234], the network has classes 0 to 1/],
    ["fewer features than rows", { ...noise(4, [2], 2, 1), rows: 5 }, /5 rows but holds 8 features and 4 labels/],
  ] as const) {
    it(`refuses data with ${fault}`, async () => {
      const error = await rejection(train(fresh(mlp), data, settings));
      expect(error).to.be.instanceOf(UnsuitableData);
      expect(error.message).to.match(message);
    });
  }

  it("refuses settings out of bounds", () => {
    const valid = { epochs: 1, batchSize: 32, learningRate: 0.1, optimizer: "sgd" };
    expect(trainingSchema.safeParse(valid).success).to.equal(true);
    for (const change of [{ epochs: 0 }, { batchSize: 1e6 }, { learningRate: NaN }, { optimizer: "lion" }, { l2: 1 }]) {
      expect(trainingSchema.safeParse({ ...valid, ...change }).success, JSON.stringify(change)).to.equal(false);
    }
  });
});
