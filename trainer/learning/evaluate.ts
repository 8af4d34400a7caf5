/** How well a model does on labelled rows: accuracy (the most probable class is the label) and cross-entropy. */
import { assertSuits } from "./datasets/dataset.ts";
import type { Dataset } from "./datasets/dataset.ts";
import type { Model } from "./model.ts";
import { slices } from "./predict.ts";
import type { PredictOptions } from "./predict.ts";

export interface Evaluation {
  /** Share of rows classified correctly, 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy in nats. NaN if the model's numbers ran away; such rows count as wrong. */
  readonly loss: number;
  readonly samples: number;
}

/** @throws UnsuitableData, or the signal's reason. */
export async function evaluate(model: Model, dataset: Dataset, options: PredictOptions = {}): Promise<Evaluation> {
  assertSuits(dataset, model.architecture);
  let correct = 0;
  let loss = 0;
  for await (const { outputs: logits, from, samples } of slices(model, dataset.features, options)) {
    for (let sample = 0; sample < samples; sample++) {
      const label = dataset.labels[from + sample] as number; // as many labels as rows, checked
      let best = -1;
      let largest = -Infinity;
      for (let at = sample, candidate = 0; at < logits.length; at += samples, candidate++) {
        if ((logits[at] as number) > largest) {
          largest = logits[at] as number;
          best = candidate;
        }
      }
      let sum = 0;
      for (let at = sample; at < logits.length; at += samples) sum += Math.exp((logits[at] as number) - largest);
      loss += Math.log(sum) + largest - (logits[label * samples + sample] as number);
      if (best === label) correct++;
    }
  }
  return { accuracy: correct / dataset.rows, loss: loss / dataset.rows, samples: dataset.rows };
}
