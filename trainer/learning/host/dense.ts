/**
 * A dense layer, with ReLU unless it is the last. Its weights are [outputs, inputs], so that forward and back both have
 * the large matrix where no product has to turn it: on the left, as the result, or on the right as it lies.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { DenseShape } from "../architecture.ts";
import type { HostBackend } from "../backend.ts";
import { fromColumns, fromRows } from "./layer.ts";
import type { Layer } from "./layer.ts";

export function dense(backend: HostBackend, shape: DenseShape): Layer {
  const { outputs, isLast } = shape;
  return {
    forward(weights, input) {
      const [kernel, bias] = weights as [Tensor2D, Tensor2D];
      const product: Tensor2D = backend.kernels.product(kernel, input.columns());
      const samples = product.shape[1];
      const activated = isLast
        ? addBias(backend.view(product), backend.view(bias), samples)
        : rectify(addBias(backend.view(product), backend.view(bias), samples));
      const output = tf.tensor2d(activated, [outputs, samples]);

      return {
        output: fromColumns(output),
        backward(gradient, collect, wantsInput) {
          let byProduct = gradient.columns();
          if (!isLast) {
            byProduct = tf.tensor2d(maskInactive(backend.view(byProduct), activated), [outputs, samples]);
          }
          collect(1, rowSums(backend.view(byProduct), outputs, samples));
          collect(0, backend.view(backend.kernels.product(byProduct, input.rows())));
          if (!wantsInput) return undefined;
          // Rows, because the weights then stand on the right as they are.
          return fromRows(backend.kernels.product(byProduct, kernel, "left"));
        },
      };
    },
  };
}

function addBias(product: Float32Array, bias: Float32Array, samples: number): Float32Array {
  const sums = new Float32Array(product.length);
  for (let output = 0, at = 0; output < bias.length; output++) {
    const offset = bias[output] as number;
    for (const end = at + samples; at < end; at++) sums[at] = (product[at] as number) + offset;
  }
  return sums;
}

function rectify(values: Float32Array): Float32Array {
  // Not Math.max: NaN must stay NaN to be noticed.
  for (let i = 0; i < values.length; i++) if ((values[i] as number) < 0) values[i] = 0;
  return values;
}

function maskInactive(gradient: Float32Array, activated: Float32Array): Float32Array {
  const masked = new Float32Array(gradient.length);
  for (let i = 0; i < masked.length; i++) masked[i] = (activated[i] as number) > 0 ? (gradient[i] as number) : 0;
  return masked;
}

function rowSums(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const sums = new Float32Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (const end = at + columns; at < end; at++) sum += matrix[at] as number;
    sums[row] = sum;
  }
  return sums;
}
