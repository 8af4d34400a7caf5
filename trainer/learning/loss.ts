/**
 * What training minimises, by the network's head: softmax cross-entropy in nats for classes; for a number half the
 * squared error, or Huber's loss (1964), which is the same up to delta and linear beyond, so that outliers pull less.
 */
import type { Architecture } from "./architecture.ts";
import type { Labels } from "./datasets/dataset.ts";

/**
 * The loss summed over the rows, and its gradient by the outputs times `scale`. NaN in the outputs comes out as NaN.
 * @param outputs [outputs, samples].
 */
export type Loss = (outputs: Float32Array, labels: Labels, scale: number) => { loss: number; gradient: Float32Array };

export function lossOf({ regression }: Architecture): Loss {
  if (regression === undefined) return softmaxCrossEntropy;
  return regression.loss === "huber" ? huber(regression.delta) : huber(Infinity);
}

/** The mean loss of who knows nothing: all classes alike, or the mean of standardised targets. */
export function lossOfGuessing({ classes }: Architecture): number {
  return classes === undefined ? 1 / 2 : Math.log(classes);
}

/** The gradient is softmax minus one-hot. */
const softmaxCrossEntropy: Loss = (logits, labels, scale) => {
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
};

/** The gradient is the error, cut off at delta; an infinite delta makes it half the squared error. */
function huber(delta: number): Loss {
  return (estimates, targets, scale) => {
    const gradient = new Float32Array(estimates.length);
    let loss = 0;
    for (let i = 0; i < gradient.length; i++) {
      const error = (estimates[i] as number) - (targets[i] as number);
      const distance = Math.abs(error);
      loss += distance > delta ? delta * (distance - delta / 2) : error ** 2 / 2;
      gradient[i] = scale * (distance > delta ? Math.sign(error) * delta : error);
    }
    return { loss, gradient };
  };
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
