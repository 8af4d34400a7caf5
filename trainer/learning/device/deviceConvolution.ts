/**
 * A convolution ("same" padding), ReLU and 2x2 max pooling on a device. Filters are [height, width, inputs, outputs]; an odd
 * last row or column is not pooled. Of equal cells the first is the maximum, as on the host.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedAttrMap, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import type { ConvolutionShape } from "../architecture.ts";
import type { DeviceLayer } from "./deviceLayer.ts";

const POOLING = { filterSize: [2, 2], strides: [2, 2], pad: "valid" };
const CONVOLUTION = { strides: [1, 1], pad: "same", dataFormat: "NHWC" };

export function deviceConvolution({ height, width, channels, filters, window }: ConvolutionShape): DeviceLayer {
  const filterShape = [window, window, channels, filters];
  return {
    forward(weights, input) {
      const [filter, bias] = weights as [Tensor4D, Tensor1D];
      const samples = input.shape[0];
      const images: Tensor4D = tf.reshape(input, [samples, height, width, channels]);
      const activated = tf.fused.conv2d({ x: images, filter, strides: 1, pad: "same", bias, activation: "relu" });
      const pooled = tf.maxPool(activated, 2, 2, "valid");
      return {
        output: tf.reshape(pooled, [samples, -1]) as Tensor2D,
        backward(gradient, wantsInput) {
          const byPooled: Tensor4D = tf.reshape(gradient, pooled.shape);
          const unpooled = kernel(tf.MaxPoolGrad, { dy: byPooled, input: activated, output: pooled }, POOLING);
          const dy: Tensor4D = tf.mul(unpooled, tf.step(activated));
          const byFilter = kernel(tf.Conv2DBackpropFilter, { x: images, dy }, { ...CONVOLUTION, filterShape });
          const byBias = tf.sum(dy, [0, 1, 2]);
          if (!wantsInput) return { parameters: [byFilter, byBias], input: undefined };
          const attrs = { ...CONVOLUTION, inputShape: images.shape };
          const byInput = kernel(tf.Conv2DBackpropInput, { dy, filter }, attrs);
          return { parameters: [byFilter, byBias], input: tf.reshape(byInput, [samples, -1]) };
        },
      };
    },
  };
}

/** Called directly: TensorFlow.js offers these only as parts of its own differentiation. */
function kernel(name: string, inputs: Record<string, Tensor4D>, attrs: object): Tensor4D {
  return tf.engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor4D;
}
