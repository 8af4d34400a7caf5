/** How fast a backend trains, measured on the networks for MNIST. Random pixels: speed does not depend on them. */
import type { Backend } from "../backend.ts";
import { featureCount } from "../architecture.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { createModel } from "../model.ts";
import { PRESETS } from "../presets.ts";
import { createRandom } from "../random.ts";
import { train } from "../train.ts";

const ROWS = 1_024;

/**
 * Rows a second in training with the preset's batches and optimiser.
 * @param seconds how long to measure, about; as long again at most goes by before, while kernels are compiled.
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
  const rate = async (steps: number) => {
    const run = await train(model, data, { ...settings, steps, seed: 1 });
    return { rows: steps * training.batchSize, seconds: run.seconds };
  };
  try {
    await rate(2); // a second step may use other kernels than the first
    let trained = await rate(1);
    // Longer and longer runs, of which the last counts.
    for (let waited = trained.seconds; waited < seconds; waited += trained.seconds) {
      const left = Math.max(seconds - waited, seconds / 2);
      const steps = Math.ceil((left / trained.seconds) * (trained.rows / training.batchSize));
      trained = await rate(Math.min(steps, 8 * (trained.rows / training.batchSize)));
    }
    return trained.rows / trained.seconds;
  } finally {
    model.dispose();
  }
}
