// Speed of training and evaluation on one core, and how close it comes to the limit: the same multiply-adds at the rate
// of a plain matrix product on the same backend in the same run. Random pixels: speed does not depend on them. Seconds are
// those of the processor, so that other processes do not count.
import * as tf from "@tensorflow/tfjs-core";
import { featureCount, forwardMacs, layerShapes, outputCount } from "../trainer/learning/architecture.ts";
import type { Architecture } from "../trainer/learning/architecture.ts";
import { openBackend } from "../trainer/learning/backend.ts";
import type { Backend } from "../trainer/learning/backend.ts";
import type { Dataset } from "../trainer/learning/datasets/dataset.ts";
import { evaluate } from "../trainer/learning/evaluate.ts";
import { createModel } from "../trainer/learning/model.ts";
import { PRESETS } from "../trainer/learning/presets.ts";
import { createRandom } from "../trainer/learning/random.ts";
import { train } from "../trainer/learning/train.ts";
import type { Row } from "./row.ts";

const CASES = [
  { preset: "mlp", rows: 12_800 },
  { preset: "cnn", rows: 1_280 },
] as const;
/** Of each figure the best of so many, after one that warms up: whatever disturbs only makes it slower. */
const REPEATS = 4;
const LIMIT_SIZE = 512;

export default async function learning(): Promise<Row[]> {
  const backend = await openBackend();
  const limit = await plainMatMul(backend);
  const rows: Row[] = [row(`matMul ${LIMIT_SIZE}`, "limit", limit / 1e9, "GMAC/s")];
  for (const { preset, rows: samples } of CASES) {
    const { architecture, training } = PRESETS[preset];
    const model = createModel(backend, architecture, 1);
    const dataset = randomRows(samples, architecture);
    const trained = await best(samples, () => train(model, dataset, { ...training, epochs: 1, seed: 1 }));
    const evaluated = await best(samples, () => evaluate(model, dataset));
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
async function plainMatMul(backend: Backend): Promise<number> {
  const random = createRandom(1);
  const values = Float32Array.from({ length: LIMIT_SIZE ** 2 }, random.normal);
  const [left, right] = [values, values].map((each) => backend.hold(each, [LIMIT_SIZE, LIMIT_SIZE]) as tf.Tensor2D);
  if (left === undefined || right === undefined) throw new Error("Two tensors were asked for.");
  const rate = await best(LIMIT_SIZE ** 3, () => backend.run(() => void tf.matMul(left, right)));
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

/** Units a second of processor time. */
async function best(units: number, work: () => unknown): Promise<number> {
  await work();
  let least = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return (1e6 * units) / least;
}

function row(of: string, metric: string, value: number, unit: string): Row {
  return { bench: "learning", case: of, metric, value, unit };
}
