/**
 * What a network does with a batch, wherever it computes. There are two of them. On the host (host/hostNetwork.ts) the
 * numbers lie in this process's memory and loops in JavaScript stand between the kernels. On a device
 * (device/deviceNetwork.ts) weights, gradients and the optimiser stay there, everything is a tensor, and what is read back
 * is the loss now and then and the weights in the end.
 */
import type { GradientCorrection } from "./correction.ts";
import type { Labels } from "./datasets/dataset.ts";

export interface Network {
  /**
   * What the last layer says of `samples` rows: logits [classes, samples], or estimates [1, samples].
   * @param features the rows one after the other.
   */
  outputs(features: Float32Array, samples: number): Float32Array | Promise<Float32Array>;

  /** Begins to train from the model's weights, which belong to the descent until it is disposed of. */
  descent(settings: DescentSettings): Descent;

  /** Forgets uploads of the model's weights, because those have changed or nobody needs them now. */
  release(): void;
}

export interface OptimiserSettings {
  readonly optimizer: "sgd" | "momentum" | "adam";
  /** Of "momentum" only; 0.9 unless given. */
  readonly momentum?: number | undefined;
}

export interface DescentSettings extends OptimiserSettings {
  /** What the loss adds to each class's logit (logit calibration, see train.ts); none means zeros. Of classes only. */
  readonly logPriors?: Float32Array | undefined;
  readonly correct?: GradientCorrection | undefined;
}

/** A run down the gradient, step by step. */
export interface Descent {
  /** Whether `takeLoss` costs next to nothing. Where it does not, it waits until the device has done all it was told. */
  readonly lossIsAtHand: boolean;

  /**
   * Adds a slice of a batch to the step's gradient. The arrays may change afterwards.
   * @param features the rows one after the other.
   * @param scale what the slice's gradient is multiplied with: 1 / rows of the whole batch, for a mean over it.
   */
  add(features: Float32Array, labels: Labels, scale: number): void;

  /** Corrects the gradient, takes the step and begins the next one. */
  step(learningRate: number): void | Promise<void>;

  /** The losses of the rows added since this was asked last, in sum; NaN if the numbers ran away. */
  takeLoss(): number | Promise<number>;

  /** Brings the weights back into the model's vector. They may be NaN. */
  finish(): void | Promise<void>;

  /** Gives everything back, finished or not. */
  dispose(): void;
}
