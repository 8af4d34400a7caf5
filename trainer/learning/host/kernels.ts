/** The heavy part of a network on the host: products of matrices and convolutions. All run inside `Backend.run`. */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";

export interface HostKernels {
  /** [rows, depth] times [depth, columns]; with `transpose` the named one lies the other way round. */
  product(left: Tensor2D, right: Tensor2D, transpose?: "left" | "right"): Tensor2D;

  /**
   * Stride 1, "same" padding and ReLU.
   * @param images [samples, height, width, channels].
   * @param filter [window, window, channels, filters].
   */
  convolve(images: Tensor4D, filter: Tensor4D, bias: Tensor1D): Tensor4D;

  /** The gradient by the filter, of `gradient` by what came out before ReLU. */
  filterGradient(images: Tensor4D, gradient: Tensor4D, window: number): Tensor4D;

  /** The gradient by the images. */
  imageGradient(gradient: Tensor4D, filter: Tensor4D): Tensor4D;
}
