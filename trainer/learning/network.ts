/** A batch's way through a model: forward to outputs, and for training on to the loss and back to the gradients. */
import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "./datasets/dataset.ts";
import type { Activations, Pass } from "./layers/layer.ts";
import { fromColumns, fromRows } from "./layers/layer.ts";
import { lossOf } from "./loss.ts";
import type { Model } from "./model.ts";

/**
 * What the last layer says of `samples` rows: logits [classes, samples], or estimates [1, samples].
 * @param features the rows one after the other.
 */
export function outputsOf(model: Model, features: Float32Array, samples: number): Float32Array {
  return model.backend.run(() => {
    const { output } = forward(model, features, samples);
    return model.backend.view(output.columns()).slice();
  });
}

/**
 * Trains forward and back on one slice of a batch.
 * @param scale what the slice's gradient is multiplied with: 1 / rows of the whole batch, for a mean over it.
 * @param logPriors what the loss adds to each class's logit (logit calibration, see train.ts); none means zeros.
 *   Of classes only.
 * @param collect receives each parameter's gradient with its offset in the model's vector, and reads it at once.
 * @returns the sum of the rows' losses; NaN if the numbers ran away.
 */
export function backpropagate(
  model: Model,
  features: Float32Array,
  labels: Labels,
  scale: number,
  logPriors: Float32Array | undefined,
  collect: (offset: number, gradient: Float32Array) => void,
): number {
  const { backend, layers } = model;
  const lossAndGradient = lossOf(model.architecture);
  if (logPriors !== undefined && model.architecture.classes === undefined) {
    throw new RangeError(
      "Only logits of classes can be calibrated. Leave calibrateLogits off when estimating a number.",
    );
  }
  return backend.run(() => {
    const { output, passes } = forward(model, features, labels.length);
    const outputs = output.columns();
    const { loss, gradient } = lossAndGradient(calibrated(backend.view(outputs), logPriors), labels, scale);
    let incoming: Activations | undefined = fromColumns(tf.tensor2d(gradient, outputs.shape));
    for (let i = layers.length - 1; i >= 0 && incoming !== undefined; i--) {
      const pass = passes[i] as Pass; // one for each layer
      const offsets = layers[i]?.offsets ?? [];
      incoming = pass.backward(incoming, (parameter, part) => collect(offsets[parameter] as number, part), i > 0);
    }
    return loss;
  });
}

function forward(model: Model, features: Float32Array, samples: number): { output: Activations; passes: Pass[] } {
  let output = fromRows(tf.tensor2d(features, [samples, features.length / samples]));
  const passes = model.layers.map(({ layer, weights }) => {
    const pass = layer.forward(weights, output);
    output = pass.output;
    return pass;
  });
  return { output, passes };
}

function calibrated(logits: Float32Array, logPriors: Float32Array | undefined): Float32Array {
  if (logPriors === undefined) return logits;
  const samples = logits.length / logPriors.length;
  return logits.map((logit, at) => logit + (logPriors[Math.floor(at / samples)] as number));
}
