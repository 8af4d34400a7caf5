/** How well a model does on labelled rows. */
import { outputCount } from "./architecture.ts";
import { assertSuits, classesOf } from "./datasets/dataset.ts";
import type { Dataset } from "./datasets/dataset.ts";
import { lossOf } from "./loss.ts";
import { classScores } from "./metrics/classScores.ts";
import type { ClassScores } from "./metrics/classScores.ts";
import { estimateScores } from "./metrics/estimateScores.ts";
import type { EstimateScores } from "./metrics/estimateScores.ts";
import type { Model } from "./model.ts";
import { slices } from "./predict.ts";
import type { PredictOptions } from "./predict.ts";

export interface Evaluation {
  /** Share of rows classified correctly, 0 to 1. NaN of a network that estimates a number. */
  readonly accuracy: number;
  /** What training minimises, mean over the rows: of classes the cross-entropy in nats. NaN if numbers ran away. */
  readonly loss: number;
  readonly samples: number;
  readonly scores: Scores;
}

export type Scores = ClassScores | EstimateScores;

/** @throws UnsuitableData, or the signal's reason. */
export async function evaluate(model: Model, dataset: Dataset, options: PredictOptions = {}): Promise<Evaluation> {
  assertSuits(dataset, model.architecture);
  const outputs = await outputRows(model, dataset, options);
  const { rows: samples, labels, target } = dataset;
  if (target === undefined) {
    const scores = classScores(outputs, classesOf(dataset));
    return { accuracy: scores.accuracy, loss: scores.crossEntropy, samples, scores };
  }
  const inOwnUnit = (value: number) => value * target.std + target.mean;
  const scores = estimateScores(Float64Array.from(outputs, inOwnUnit), Float64Array.from(labels, inOwnUnit));
  const { loss } = lossOf(model.architecture)(outputs, labels, 1);
  return { accuracy: NaN, loss: loss / samples, samples, scores };
}

/** [rows, outputs]. */
async function outputRows(model: Model, { features, rows }: Dataset, options: PredictOptions): Promise<Float32Array> {
  const width = outputCount(model.architecture);
  const all = new Float32Array(rows * width);
  for await (const { outputs, from, samples } of slices(model, features, options)) {
    for (let output = 0, at = 0; output < width; output++) {
      for (let sample = 0; sample < samples; sample++, at++) all[(from + sample) * width + output] = outputs[at] ?? NaN;
    }
  }
  return all;
}
