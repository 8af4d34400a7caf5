// Speed of training and evaluation: beside PyTorch, by turns in the same run, and how close it comes to the limit, which is
// the same multiply-adds at the rate of a large product of matrices on the same backend. Random pixels: speed does not depend
// on them. On the processor one core and PyTorch on one thread, in seconds of the processor, so that other processes count
// little (FOEDUS_BACKEND=tensorflow takes all cores: the sum of theirs); on a GPU, which webgpu or tensorflow chooses, PyTorch on
// that GPU by CUDA, in seconds of the clock.
//
// PyTorch is measured where FOEDUS_PYTORCH_PYTHON names a Python that has it.
import { loadavg } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { featureCount, forwardMacs, layerShapes, outputCount } from "../../trainer/learning/architecture.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { BACKEND_NAMES } from "../../trainer/learning/backend.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import { train } from "../../trainer/learning/train.ts";
import type { Row } from "../row.ts";
import { HOW_TO_HAVE_PYTORCH, pytorchPython, startPytorch } from "./pytorch.ts";
import type { Device, Pytorch, TrainingCase } from "./pytorch.ts";

const SETTINGS = { batchSize: 32, momentum: 0.9, learningRate: 0.01 };
/** The presets, and the network of McMahan et al. 2017 (https://arxiv.org/abs/1602.05629). */
const CASES: readonly TrainingCase[] = [
  { name: "mlp", architecture: PRESETS.mlp.architecture, rows: 6_400, ...SETTINGS },
  { name: "cnn", architecture: PRESETS.cnn.architecture, rows: 960, ...SETTINGS },
  {
    name: "cnn of 1,663,370",
    architecture: { kind: "cnn", inputs: [28, 28, 1], filters: [32, 64], window: 5, hidden: [512], classes: 10 },
    ...{ rows: 320, ...SETTINGS },
  },
];
/** As many parameters as ResNet-18 (He et al. 2016, https://arxiv.org/abs/1512.03385); too slow on one core. */
const ON_GPU: TrainingCase = {
  name: "cnn of 11 million",
  architecture: {
    ...{ kind: "cnn", inputs: [32, 32, 3], filters: [64, 128, 256, 512], window: 3 },
    ...{ hidden: [2240, 2240], classes: 10 },
  },
  ...{ ...SETTINGS, rows: 3_200, batchSize: 128 },
};
/** Of each figure the best of so many, after one that warms up: whatever disturbs only makes it slower. */
const REPEATS = 8;
const LIMIT_SIZE = 512;

export default async function speed(): Promise<Row[]> {
  const wanted = process.env["FOEDUS_BACKEND"] ?? "wasm";
  const name = BACKEND_NAMES.find((each) => each === wanted);
  if (name === undefined) throw new Error(`FOEDUS_BACKEND is ${wanted}; set it to one of ${BACKEND_NAMES.join(", ")}.`);
  const backend = await openBackend(name);
  const isGpu = backend.memory === "device" && backend.isGpu;
  const clock = isGpu ? wallSeconds : processorSeconds;
  const [device, cases] = isGpu ? (["cuda", [...CASES, ON_GPU]] as const) : (["cpu", CASES] as const);
  const peer = await pytorch(device, cases);
  const limit = LIMIT_SIZE ** 3 / (await largeProduct(backend, clock));
  const rows: Row[] = [row(`product of ${LIMIT_SIZE}`, "limit", limit / 1e9, "GMAC/s")];
  for (const each of cases) {
    const { architecture, rows: samples, ...settings } = each;
    const model = createModel(backend, architecture, 1);
    const dataset = randomRows(samples, architecture);
    const run = { ...settings, optimizer: "momentum", epochs: 1, seed: 1 } as const;
    const acts = [timed(clock, () => train(model, dataset, run)), timed(clock, () => evaluate(model, dataset))];
    if (peer !== undefined) acts.push(() => peer.epoch(each.name));
    const [trained = NaN, evaluated = NaN, trainedByPeer] = await fewest(acts);
    model.dispose();
    const macs = (of: number, seconds: number) => (of * samples) / seconds;
    rows.push(
      row(each.name, "train", samples / trained, "samples/s"),
      row(each.name, "trainOfLimit", macs(trainingMacs(architecture), trained) / limit, "ratio"),
      row(each.name, "evaluate", samples / evaluated, "samples/s"),
      row(each.name, "evaluateOfLimit", macs(forwardMacs(architecture), evaluated) / limit, "ratio"),
    );
    if (peer === undefined || trainedByPeer === undefined) continue;
    rows.push(
      row(each.name, `train, PyTorch ${peer.version}`, samples / trainedByPeer, "samples/s"),
      row(each.name, "trainOfPyTorch", trainedByPeer / trained, "ratio"),
    );
  }
  peer?.stop();
  return [...rows, row("machine", "load", loadavg()[0] ?? NaN, "processes that run or wait")];
}

async function pytorch(device: Device, cases: readonly TrainingCase[]): Promise<Pytorch | undefined> {
  const python = await pytorchPython(device);
  if (python !== undefined) return startPytorch(python, device, cases);
  console.log(["PyTorch: peer not available. To have it:", ...HOW_TO_HAVE_PYTORCH].join("\n  "));
  return undefined;
}

/** Seconds of one large product. */
async function largeProduct(backend: Backend, clock: Clock): Promise<number> {
  const random = createRandom(1);
  const values = Float32Array.from({ length: LIMIT_SIZE ** 2 }, random.normal);
  const hold = () => backend.hold(values, [LIMIT_SIZE, LIMIT_SIZE]) as tf.Tensor2D;
  const [left, right] = [hold(), hold()];
  const product = timed(clock, async () => {
    if (backend.memory === "host") {
      backend.run(() => void backend.kernels.product(left, right));
      return;
    }
    const corner = backend.run(() => backend.keep(tf.slice(tf.matMul(left, right), 0, 1)));
    await backend.read(corner);
    backend.release(corner);
  });
  const [seconds = NaN] = await fewest([product]);
  backend.release(left);
  backend.release(right);
  return seconds;
}

/** Of one row: forward, the gradient by weights, and that by the input, which the first layer needs not. */
function trainingMacs(architecture: Architecture): number {
  const [first] = layerShapes(architecture);
  if (first === undefined) throw new Error("A network has at least one layer.");
  const ofFirst =
    first.kind === "dense"
      ? first.inputs * first.outputs
      : first.height * first.width * first.filters * first.window ** 2 * first.channels;
  return 3 * forwardMacs(architecture) - ofFirst;
}

function randomRows(rows: number, architecture: Architecture): Dataset {
  const random = createRandom(1);
  const classes = outputCount(architecture);
  const size = featureCount(architecture);
  const features = Float32Array.from({ length: rows * size }, random.uniform);
  const labels = Int32Array.from({ length: rows }, () => random.below(classes));
  return { features, labels, rows, shape: architecture.inputs, classes };
}

type Clock = () => number;

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function wallSeconds(): number {
  return performance.now() / 1e3;
}

function timed(clock: Clock, work: () => unknown): () => Promise<number> {
  return async () => {
    const before = clock();
    await work();
    return clock() - before;
  };
}

/** The least that each act has answered, in seconds. They take turns, so that what disturbs one disturbs the others. */
async function fewest(acts: readonly (() => Promise<number>)[]): Promise<number[]> {
  for (const act of acts) await act();
  const least = acts.map(() => Infinity);
  for (let i = 0; i < REPEATS; i++) {
    for (const [at, act] of acts.entries()) least[at] = Math.min(least[at] ?? NaN, await act());
  }
  return least;
}

function row(of: string, metric: string, value: number, unit: string): Row {
  return { bench: "learning", case: of, metric, value, unit };
}
