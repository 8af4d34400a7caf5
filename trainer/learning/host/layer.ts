/**
 * What every layer offers on the host: a way forward, and with it the way back (its vector-Jacobian product). Written by hand because a tape that records and replays a general program costs more than these few kernels.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

export interface Layer {
  /** `weights` are the layer's parameters as tensors, in order. Runs inside `Backend.run`. */
  forward(weights: readonly Tensor[], input: Activations): Pass;
}

/** What came out, and how to go back. */
export interface Pass {
  readonly output: Activations;
  /**
   * Takes the loss's gradient by the output; hands the gradient by parameter i to `collect(i, gradient)`, which reads
   * it at once; returns the gradient by the input, if wanted (the first layer's is not).
   */
  backward(gradient: Activations, collect: Collect, wantsInput: boolean): Activations | undefined;
}

export type Collect = (parameter: number, gradient: Float32Array) => void;

/** A batch's values between layers, as a matrix in either layout; a layout that is asked for is made once. */
export interface Activations {
  /** [samples, features]: images, and what a filter or weight gradient multiplies with. */
  rows(): Tensor2D;
  /** [features, samples]: what dense layers multiply with. */
  columns(): Tensor2D;
}

export function fromRows(matrix: Tensor2D): Activations {
  let transposed: Tensor2D | undefined;
  return { rows: () => matrix, columns: () => (transposed ??= tf.transpose(matrix)) };
}

export function fromColumns(matrix: Tensor2D): Activations {
  let transposed: Tensor2D | undefined;
  return { rows: () => (transposed ??= tf.transpose(matrix)), columns: () => matrix };
}
