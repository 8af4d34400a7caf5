/**
 * What every layer offers: its parameters, a way forward, and with it the way back (its vector-Jacobian product).
 * Written by hand because a tape that records and replays a general program costs more than these few kernels.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { Random } from "../random.ts";

/** One array of weights or biases. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly initialise: (values: Float32Array, random: Random) => void;
}

export interface Layer {
  /** In the order they lie in the model's vector. */
  readonly parameters: readonly Parameter[];
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

/** For weights before a ReLU: normal with variance 2 / inputs (He et al. 2015). */
export function heNormal(inputs: number): Parameter["initialise"] {
  const deviation = Math.sqrt(2 / inputs);
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
  };
}

/** For weights before a softmax: uniform with variance 2 / (inputs + outputs) (Glorot and Bengio 2010). */
export function glorotUniform(inputs: number, outputs: number): Parameter["initialise"] {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
  };
}

export const zeros: Parameter["initialise"] = (values) => void values.fill(0);
