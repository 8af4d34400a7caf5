/**
 * The gradients of a 2-D convolution on the WASM backend, which ships no filter gradient and a slow input gradient.
 * Both are forward convolutions in disguise, and those are fast there (XNNPACK):
 *
 *   filter gradient[a, b, i, o] = Σ over n, h, w of  x[n, h*s + a*d, w*s + b*d, i] * dy[n, h, w, o]
 *
 * is the convolution of x with dy as its filter, batch and channel axes exchanged, stride and dilation exchanged.
 * The input gradient at stride 1 is dy convolved with the filter turned by 180° and its channels exchanged.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { NamedAttrMap, NamedTensorInfoMap, Tensor4D, TensorInfo } from "@tensorflow/tfjs-core";

type Pair = [number, number];
type ExplicitPadding = [Pair, Pair, Pair, Pair];

/** Attributes that TensorFlow.js passes to both kernels. Dilation is always 1 where gradients are defined. */
interface GradientAttrs {
  strides: Pair | number;
  pad: "valid" | "same" | number | ExplicitPadding;
  dataFormat: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Adds Conv2DBackpropFilter to the WASM backend and replaces its Conv2DBackpropInput. Idempotent. */
export function registerConvolutionGradients(): void {
  // Typed as always there, undefined until it is registered.
  const registered: unknown = tf.getKernel(tf.Conv2DBackpropFilter, "wasm");
  if (registered !== undefined) return;
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => filterGradient(inputs, attrs),
  });

  const stock = tf.getKernel(tf.Conv2DBackpropInput, "wasm");
  tf.unregisterKernel(tf.Conv2DBackpropInput, "wasm");
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) => {
      const { strides } = attributes(call.attrs);
      const [vertical, horizontal] = typeof strides === "number" ? [strides, strides] : strides;
      // With a stride the gradient needs holes between dy's cells; the stock kernel does that, slowly.
      return vertical === 1 && horizontal === 1 ? inputGradient(call.inputs, call.attrs) : stock.kernelFunc(call);
    },
  });
}

function filterGradient(inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined): TensorInfo {
  const { strides, pad, dimRoundingMode } = attributes(attrs);
  const { filterShape } = attrs as { filterShape?: [number, number, number, number] };
  if (filterShape === undefined) throw new Error("Conv2DBackpropFilter needs the shape of the filter.");
  return tf.tidy(() => {
    const x = asTensor(inputs, "x");
    const dy = asTensor(inputs, "dy");
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
    const { top, bottom, left, right } = info.padInfo;
    const padded = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const gradient = tf.conv2d(
      tf.transpose(padded, [3, 1, 2, 0]), // channel, height, width, sample
      tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D, // height, width, sample, channel
      1,
      "valid",
      "NHWC",
      [info.strideHeight, info.strideWidth],
    );
    // A stride that does not divide the input leaves rows at the end that no window reached.
    const [height, width] = filterShape;
    const reached = tf.slice(gradient, [0, 0, 0, 0], [-1, height, width, -1]);
    return tf.transpose(reached, [1, 2, 0, 3]);
  });
}

function inputGradient(inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined): TensorInfo {
  const { strides, pad, dimRoundingMode } = attributes(attrs);
  const { inputShape } = attrs as { inputShape?: [number, number, number, number] };
  if (inputShape === undefined) throw new Error("Conv2DBackpropInput needs the shape of the input.");
  return tf.tidy(() => {
    const dy = asTensor(inputs, "dy");
    const filter = asTensor(inputs, "filter");
    const info = tf.backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
    const { top, bottom, left, right } = info.padInfo;
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
    const [height, width] = [info.filterHeight, info.filterWidth];
    // Full correlation: what padding gave to the forward pass is missing here, and the other way round.
    const around: ExplicitPadding = [
      [0, 0],
      [height - 1 - top, height - 1 - bottom],
      [width - 1 - left, width - 1 - right],
      [0, 0],
    ];
    return tf.conv2d(tf.pad(dy, around), turned, 1, "valid");
  });
}

function attributes(attrs: NamedAttrMap | undefined): GradientAttrs {
  const found = attrs as GradientAttrs | undefined;
  if (found === undefined) throw new Error("A convolution gradient needs its attributes.");
  if (found.dataFormat !== "NHWC") throw new Error(`Data format ${found.dataFormat} is not supported: use NHWC.`);
  return found;
}

/** Kernels receive bare descriptions; the operations above need tensors the engine knows. Those it passes, it knows. */
function asTensor(inputs: NamedTensorInfoMap, name: string): Tensor4D {
  const input = inputs[name];
  if (input === undefined) throw new Error(`Input ${name} is missing.`);
  return input as Tensor4D;
}
