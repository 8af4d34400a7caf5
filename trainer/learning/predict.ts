/** What a model says of rows, in slices between which the event loop runs. */
import { featureCount, forwardMacs } from "./architecture.ts";
import { UnsuitableData } from "./datasets/dataset.ts";
import type { Model } from "./model.ts";
import { softmaxColumns } from "./loss.ts";
import { eventLoopTurn } from "./turn.ts";

export interface PredictOptions {
  readonly signal?: AbortSignal;
  /** Rows at a time, at most; 256 unless given. */
  readonly batchSize?: number;
}

/**
 * One vector a row: the classes' probabilities, which add up to 1, or the one number estimated, standardised as the
 * data's schema says.
 * @param rows the features, row after row.
 * @throws UnsuitableData if they are not whole rows of finite numbers.
 */
export async function predict(model: Model, rows: Float32Array, options: PredictOptions = {}): Promise<Float32Array[]> {
  const size = featureCount(model.architecture);
  if (rows.length % size !== 0) {
    throw new UnsuitableData(
      `${rows.length} numbers are not whole rows: this network takes ${size} a row ` +
        `([${model.architecture.inputs.join(", ")}]).`,
    );
  }
  const broken = rows.findIndex((value) => !Number.isFinite(value));
  if (broken !== -1) {
    throw new UnsuitableData(
      `Row ${Math.floor(broken / size)}, feature ${broken % size} is ${rows[broken]}. Give finite numbers.`,
    );
  }
  const predictions: Float32Array[] = [];
  for await (const { outputs, samples } of slices(model, rows, options)) {
    const said = model.architecture.classes === undefined ? outputs : softmaxColumns(outputs, samples);
    for (let sample = 0; sample < samples; sample++) {
      predictions.push(
        Float32Array.from({ length: said.length / samples }, (_, i) => said[i * samples + sample] ?? NaN),
      );
    }
  }
  return predictions;
}

/** Outputs [classes, or 1, samples] slice by slice, `from` being the slice's first row. */
export async function* slices(
  model: Model,
  rows: Float32Array,
  { signal, batchSize = 256 }: PredictOptions,
): AsyncGenerator<{ outputs: Float32Array; from: number; samples: number }> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`The batch size is a positive integer, not ${batchSize}.`);
  }
  const size = featureCount(model.architecture);
  const most = Math.max(1, Math.floor(model.backend.sliceMacs / forwardMacs(model.architecture)));
  const step = Math.min(batchSize, most);
  const total = rows.length / size;
  let turn = performance.now();
  try {
    for (let from = 0; from < total; from += step) {
      signal?.throwIfAborted();
      const samples = Math.min(step, total - from);
      const outputs = await model.outputs(rows.subarray(from * size, (from + samples) * size), samples);
      yield { outputs, from, samples };
      if (performance.now() - turn > 10) {
        await eventLoopTurn();
        turn = performance.now();
      }
    }
  } finally {
    if (model.backend.memory === "device") model.backend.trim();
  }
}
