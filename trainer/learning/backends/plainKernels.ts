/** The kernels of the host as TensorFlow.js has them, for the reference. */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { HostKernels } from "../host/kernels.ts";

const ATTRIBUTES = { strides: [1, 1], pad: "same", dataFormat: "NHWC" };

export const plainKernels: HostKernels = {
  product: (left, right, transpose) => tf.matMul(left, right, transpose === "left", transpose === "right"),

  convolve: (images, filter, bias) =>
    tf.fused.conv2d({ x: images, filter, strides: 1, pad: "same", bias, activation: "relu" }),

  filterGradient(images, gradient, window) {
    const filterShape = [window, window, images.shape[3], gradient.shape[3]];
    return run(tf.Conv2DBackpropFilter, { x: images, dy: gradient }, { ...ATTRIBUTES, filterShape });
  },

  imageGradient(gradient, filter) {
    const inputShape = [...gradient.shape.slice(0, 3), filter.shape[2]];
    return run(tf.Conv2DBackpropInput, { dy: gradient, filter }, { ...ATTRIBUTES, inputShape });
  },
};

function run(name: string, inputs: Record<string, Tensor4D>, attributes: Record<string, unknown>): Tensor4D {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as Tensor4D;
}
