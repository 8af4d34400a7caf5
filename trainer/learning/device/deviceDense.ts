/** A dense layer on a device, with ReLU unless it is the last. Its weights are [outputs, inputs]. */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { DenseShape } from "../architecture.ts";
import type { DeviceLayer } from "./deviceLayer.ts";

export function deviceDense({ isLast }: DenseShape): DeviceLayer {
  return {
    forward(weights, input) {
      const [kernel, bias] = weights as [Tensor2D, Tensor1D];
      const activation = isLast ? "linear" : "relu";
      const output = tf.fused.matMul({ a: input, b: kernel, transposeB: true, bias, activation }) as Tensor2D;
      return {
        output,
        backward(gradient, wantsInput) {
          const byProduct = isLast ? gradient : tf.mul<Tensor2D>(gradient, tf.step(output));
          return {
            parameters: [tf.matMul(byProduct, input, true), tf.sum(byProduct, 0)] as Tensor[],
            input: wantsInput ? tf.matMul<Tensor2D>(byProduct, kernel) : undefined,
          };
        },
      };
    },
  };
}
