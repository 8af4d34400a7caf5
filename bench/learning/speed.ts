// Speed of training and evaluation on one core, and how close it comes to the limit: the same multiply-adds at the rate
// of a plain matrix product on the same backend in the same run. Random pixels: speed does not depend on them. Seconds are
// those of the processor, so that other processes do not count; on a GPU, which FOEDUS_BACKEND=webgpu or tensorflow chooses,
// those of the clock.
import * as tf from "@tensorflow/tfjs-core";
import { featureCount, forwardMacs, layerShapes, outputCount } from "../../trainer/learning/architecture.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { BACKEND_NAMES, openBackend } from "../../trainer/learning/backend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import { train } from "../../trainer/learning/train.ts";
import type { Row } from "../row.ts";

const CASES = [
  { preset: "mlp", rows: 12_800 },
  { preset: "cnn", rows: 1_280 },
] as const;
/** Of each figure the best of so many, after one that warms up: whatever disturbs only makes it slower. */
const REPEATS = 4;
const LIMIT_SIZE = 512;

export default async function speed(): Promise<Row[]> {
  const wanted = process.env["FOEDUS_BACKEND"] ?? "wasm";
  const name = BACKEND_NAMES.find((each) => each === wanted);
  if (name === undefined) throw new Error(`FOEDUS_BACKEND is ${wanted}; set it to one of ${BACKEND_NAMES.join(", ")}.`);
  const backend = await openBackend(name);
  const clock = backend.memory === "host" ? processorSeconds : wallSeconds;
  const limit = await plainMatMul(backend, clock);
  const rows: Row[] = [row(`matMul ${LIMIT_SIZE}`, "limit", limit / 1e9, "GMAC/s")];
  for (const { preset, rows: samples } of CASES) {
    const { architecture, training } = PRESETS[preset];
    const model = createModel(backend, architecture, 1);
    const dataset = randomRows(samples, architecture);
    const trained = await best(samples, clock, () => train(model, dataset, { ...training, epochs: 1, seed: 1 }));
    const evaluated = await best(samples, clock, () => evaluate(model, dataset));
    model.dispose();
    const forward = forwardMacs(architecture);
    rows.push(
      row(preset, "train", trained, "samples/s"),
      row(preset, "trainOfLimit", (trained * trainingMacs(architecture)) / limit, "ratio"),
      row(preset, "evaluate", evaluated, "samples/s"),
      row(preset, "evaluateOfLimit", (evaluated * forward) / limit, "ratio"),
    );
  }
  return rows;
}

/** Multiply-adds a second of one large product. */
async function plainMatMul(backend: Backend, clock: Clock): Promise<number> {
  const random = createRandom(1);
  const values = Float32Array.from({ length: LIMIT_SIZE ** 2 }, random.normal);
  const [left, right] = [values, values].map((each) => backend.hold(each, [LIMIT_SIZE, LIMIT_SIZE]) as tf.Tensor2D);
  if (left === undefined || right === undefined) throw new Error("Two tensors were asked for.");
  const rate = await best(LIMIT_SIZE ** 3, clock, async () => {
    if (backend.memory === "host") {
      backend.run(() => void tf.matMul(left, right));
      return;
    }
    const corner = backend.run(() => backend.keep(tf.slice(tf.matMul(left, right), 0, 1)));
    await backend.read(corner);
    backend.release(corner);
  });
  backend.release(left);
  backend.release(right);
  return rate;
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

/** Units a second. */
async function best(units: number, clock: Clock, work: () => unknown): Promise<number> {
  await work();
  let least = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const before = clock();
    await work();
    least = Math.min(least, clock() - before);
  }
  return units / least;
}

function row(of: string, metric: string, value: number, unit: string): Row {
  return { bench: "learning", case: of, metric, value, unit };
}
