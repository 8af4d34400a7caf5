/** The losses of loss.ts in tensors, summed over the rows, with the gradient by the outputs times a scale. */
import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor2D } from "@tensorflow/tfjs-core";
import type { Architecture } from "../architecture.ts";
import type { Labels } from "../datasets/dataset.ts";

/** @param outputs [samples, outputs]. */
export type DeviceLoss = (outputs: Tensor2D, labels: Labels, scale: number) => { loss: Scalar; gradient: Tensor2D };

/** @param logPriors what is added to each class's logit; none means zeros. Of classes only. */
export function deviceLossOf({ classes, regression }: Architecture, logPriors: Float32Array | undefined): DeviceLoss {
  if (classes !== undefined) return softmaxCrossEntropy(classes, logPriors);
  return huber(regression?.loss === "huber" ? regression.delta : undefined);
}

/** An absent class's prior is -Infinity; GPUs need not know that number, and this one is as good as it. */
const LEAST_PRIOR = -1e30;

function softmaxCrossEntropy(classes: number, logPriors: Float32Array | undefined): DeviceLoss {
  return (outputs, labels, scale) => {
    const logits: Tensor2D =
      logPriors === undefined ? outputs : tf.add(outputs, tf.tensor1d(logPriors.map((p) => Math.max(p, LEAST_PRIOR))));
    const truth = tf.tensor2d(oneHot(labels, classes), [labels.length, classes]);
    const shifted = tf.sub(logits, tf.max(logits, 1, true));
    const powers = tf.exp(shifted);
    const sums = tf.sum(powers, 1, true);
    const loss = tf.sub(tf.sum(tf.log(sums)), tf.sum(tf.mul(shifted, truth)));
    const gradient = tf.mul(tf.sub(tf.div(powers, sums), truth), scale);
    return { loss, gradient } as { loss: Scalar; gradient: Tensor2D };
  };
}

function oneHot(labels: Labels, classes: number): Float32Array {
  const truth = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => void (truth[row * classes + label] = 1));
  return truth;
}

/** Without a delta half the squared error. Cut off at delta, an error e gives the loss cut * (e - cut / 2). */
function huber(delta: number | undefined): DeviceLoss {
  return (outputs, labels, scale) => {
    const errors = tf.sub(outputs, tf.tensor2d(Float32Array.from(labels), [labels.length, 1]));
    const cut = delta === undefined ? errors : tf.clipByValue(errors, -delta, delta);
    const loss = tf.sum(tf.mul(cut, tf.sub(errors, tf.mul(cut, 0.5))));
    return { loss, gradient: tf.mul(cut, scale) } as { loss: Scalar; gradient: Tensor2D };
  };
}
