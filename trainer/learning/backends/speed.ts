/** How fast a backend trains, measured on the networks for MNIST. Random pixels: speed does not depend on them. */
import type { Backend } from "../backend.ts";
import { featureCount } from "../architecture.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { createModel } from "../model.ts";
import { PRESETS } from "../presets.ts";
import { createRandom } from "../random.ts";
import { train } from "../train.ts";

const ROWS = 1_024;
/** Where a step on a whole batch would take too long, one on so many rows has to do. */
const FEW_ROWS = 2;

/**
 * Rows a second in training with the preset's batches and optimiser.
 * @param seconds how long to measure, about. A GPU takes some more before, for compiling kernels.
 */
export async function trainingSpeed(
  backend: Backend,
  preset: keyof typeof PRESETS,
  { seconds, signal }: { seconds: number; signal?: AbortSignal },
): Promise<number> {
  const { architecture, training } = PRESETS[preset];
  const random = createRandom(1);
  const classes = architecture.classes ?? 1;
  const data: Dataset = {
    features: Float32Array.from({ length: ROWS * featureCount(architecture) }, random.uniform),
    labels: Int32Array.from({ length: ROWS }, (_, row) => row % classes),
    ...{ rows: ROWS, shape: architecture.inputs, classes },
  };
  const model = createModel(backend, architecture, 1);
  const settings = { ...training, learningRate: 1e-3, ...(signal === undefined ? {} : { signal }) };
  const timed = async (steps: number, batchSize = training.batchSize) => {
    const run = await train(model, data, { ...settings, batchSize, steps, seed: 1 });
    return { steps, rows: steps * batchSize, seconds: run.seconds };
  };
  try {
    await timed(2, FEW_ROWS); // a second step may use other kernels than the first
    const few = await timed(1, FEW_ROWS);
    if ((few.seconds * training.batchSize) / FEW_ROWS > 2 * seconds) return few.rows / few.seconds;
    let last = await timed(1);
    // Longer and longer runs, of which the last counts.
    for (let waited = last.seconds; waited < seconds; waited += last.seconds) {
      const left = Math.max(seconds - waited, seconds / 2);
      last = await timed(Math.min(8 * last.steps, Math.ceil((left / last.seconds) * last.steps)));
    }
    return last.rows / last.seconds;
  } finally {
    model.dispose();
  }
}
