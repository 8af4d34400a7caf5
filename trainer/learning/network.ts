/**
 * A batch's way through a model: forward to logits, and for training on to the loss (softmax cross-entropy) and back
 * to the gradients.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Activations, Pass } from "./layers/layer.ts";
import { fromColumns, fromRows } from "./layers/layer.ts";
import type { Model } from "./model.ts";

/**
 * Logits of `samples` rows, as [classes, samples].
 * @param features the rows one after the other.
 */
export function logitsOf(model: Model, features: Float32Array, samples: number): Float32Array {
  return model.backend.run(() => {
    const { output } = forward(model, features, samples);
    return model.backend.view(output.columns()).slice();
  });
}

/**
 * Trains forward and back on one slice of a batch.
 * @param scale what the slice's gradient is multiplied with: 1 / rows of the whole batch, for a mean over it.
 * @param logPriors what the loss adds to each class's logit (logit calibration, see train.ts); none means zeros.
 * @param collect receives each parameter's gradient with its offset in the model's vector, and reads it at once.
 * @returns the sum of the rows' losses in nats; NaN if the numbers ran away.
 */
export function backpropagate(
  model: Model,
  features: Float32Array,
  labels: Int32Array,
  scale: number,
  logPriors: Float32Array | undefined,
  collect: (offset: number, gradient: Float32Array) => void,
): number {
  const { backend, layers } = model;
  return backend.run(() => {
    const { output, passes } = forward(model, features, labels.length);
    const logits = output.columns();
    const { loss, gradient } = softmaxCrossEntropy(calibrated(backend.view(logits), logPriors), labels, scale);
    let incoming: Activations | undefined = fromColumns(tf.tensor2d(gradient, logits.shape));
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

/** The loss summed over the rows, and its gradient by the logits times `scale`: softmax minus one-hot. */
function softmaxCrossEntropy(
  logits: Float32Array,
  labels: Int32Array,
  scale: number,
): { loss: number; gradient: Float32Array } {
  const samples = labels.length;
  const gradient = softmaxColumns(logits, samples);
  let loss = 0;
  for (let sample = 0; sample < samples; sample++) {
    const at = (labels[sample] as number) * samples + sample;
    // The smallest float keeps a certain mistake finite; NaN passes through and is noticed.
    const probability = gradient[at] as number;
    loss -= Math.log(probability < 1e-38 ? 1e-38 : probability);
    gradient[at] = probability - 1;
  }
  for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
  return { loss, gradient };
}

/** Softmax over the classes of logits [classes, samples], in the same layout. */
export function softmaxColumns(logits: Float32Array, samples: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let sample = 0; sample < samples; sample++) {
    let largest = -Infinity;
    for (let at = sample; at < logits.length; at += samples) {
      if ((logits[at] as number) > largest) largest = logits[at] as number;
    }
    let sum = 0;
    for (let at = sample; at < logits.length; at += samples) {
      const power = Math.exp((logits[at] as number) - largest);
      probabilities[at] = power;
      sum += power;
    }
    for (let at = sample; at < logits.length; at += samples) probabilities[at]! /= sum;
  }
  return probabilities;
}
