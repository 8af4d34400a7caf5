/** What every layer offers on a device: a way forward and the way back in tensors alone, [samples, features] throughout. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

export interface DeviceLayer {
  /** `weights` are the layer's parameters, in order. Runs inside `Backend.run`. */
  forward(weights: readonly Tensor[], input: Tensor2D): DevicePass;
}

export interface DevicePass {
  readonly output: Tensor2D;
  /** From the loss's gradient by the output to those by the parameters, in order, and by the input, if wanted. */
  backward(gradient: Tensor2D, wantsInput: boolean): { parameters: Tensor[]; input: Tensor2D | undefined };
}
