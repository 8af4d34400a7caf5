/**
 * A convolution ("same" padding), ReLU and 2x2 max pooling in one layer: forward the first two are one kernel, and back
 * the last two are one loop. Filters are [height, width, inputs, outputs]; an odd last row or column is not pooled.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import type { ConvolutionShape } from "../architecture.ts";
import type { HostBackend } from "../backend.ts";
import { fromRows } from "./layer.ts";
import type { Layer } from "./layer.ts";

export function convolution(backend: HostBackend, shape: ConvolutionShape): Layer {
  const { height, width, channels, filters, window } = shape;
  return {
    forward(weights, input) {
      const [filter, bias] = weights as [Tensor4D, Tensor1D];
      const samples = input.rows().shape[0];
      const images = tf.reshape(input.rows(), [samples, height, width, channels]) as Tensor4D;
      const activated = backend.kernels.convolve(images, filter, bias);
      const pooled = tf.maxPool(activated, 2, 2, "valid");

      return {
        output: fromRows(tf.reshape(pooled, [samples, -1]) as Tensor2D),
        backward(gradient, collect, wantsInput) {
          const sums = new Float64Array(filters);
          const values = unpool(backend.view(activated), backend.view(gradient.rows()), activated.shape, sums);
          collect(1, Float32Array.from(sums));
          const dy = tf.tensor4d(values, activated.shape);
          collect(0, backend.view(backend.kernels.filterGradient(images, dy, window)));
          if (!wantsInput) return undefined;
          const dx = backend.kernels.imageGradient(dy, filter);
          return fromRows(tf.reshape(dx, [samples, -1]) as Tensor2D);
        },
      };
    },
  };
}

/**
 * The gradient before ReLU and pooling: each pooled cell's goes to the first of its four that is the maximum, and
 * nowhere if that is 0 (ReLU was inactive). Even backgrounds make ties common, so "all that are equal" would be wrong.
 * @param sums are increased by what each channel gets.
 */
function unpool(
  activated: Float32Array,
  pooledGradient: Float32Array,
  [samples, height, width, channels]: [number, number, number, number],
  sums: Float64Array,
): Float32Array {
  const gradient = new Float32Array(activated.length);
  const right = channels;
  const below = width * channels;
  let cell = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let row = 0; row + 1 < height; row += 2) {
      for (let column = 0; column + 1 < width; column += 2) {
        const corner = ((sample * height + row) * width + column) * channels;
        for (let channel = 0, at = corner; channel < channels; channel++, at++, cell++) {
          let largest = at;
          let value = activated[at] as number;
          const besides = activated[at + right] as number;
          if (besides > value) {
            value = besides;
            largest = at + right;
          }
          const beneath = activated[at + below] as number;
          if (beneath > value) {
            value = beneath;
            largest = at + below;
          }
          const across = activated[at + below + right] as number;
          if (across > value) {
            value = across;
            largest = at + below + right;
          }
          if (value > 0) {
            gradient[largest] = pooledGradient[cell] as number;
            sums[channel]! += pooledGradient[cell] as number;
          }
        }
      }
    }
  }
  return gradient;
}
