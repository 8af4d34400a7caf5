/**
 * What a task says of its network. A manifest comes from a stranger, so every size is bounded before anything is
 * allocated: at most 2^24 parameters (64 MiB), the size of the largest model a task can commit to comfortably.
 *
 * `cnn` is the network of McMahan et al. 2017 (https://arxiv.org/abs/1602.05629): two 5x5 convolutions of 32 and 64
 * channels, each with ReLU and 2x2 max pooling, a dense layer of 512 and the classes; 1,663,370 parameters on MNIST.
 */
import { z } from "zod";

export const MAX_PARAMETERS = 2 ** 24;

const width = z.int().min(1).max(16_384);
const classes = z.int().min(2).max(1_000);

const mlp = z.strictObject({
  kind: z.literal("mlp"),
  /** Features of one row. */
  inputs: z.tuple([z.int().min(1).max(65_536)]),
  /** Widths of the hidden layers; none makes it a logistic regression. */
  hidden: z.array(width).max(8),
  classes,
});

const cnn = z.strictObject({
  kind: z.literal("cnn"),
  /** Height, width and channels of one image. */
  inputs: z.tuple([z.int().min(4).max(128), z.int().min(4).max(128), z.int().min(1).max(16)]),
  classes,
});

export const architectureSchema = z
  .discriminatedUnion("kind", [mlp, cnn])
  .refine((architecture) => parameterCount(architecture) <= MAX_PARAMETERS, {
    error: `The network has more than ${MAX_PARAMETERS} parameters. Make its layers narrower.`,
  });

export type Architecture = z.infer<typeof mlp> | z.infer<typeof cnn>;

/** A dense layer, `outputs = ReLU(weights * inputs + bias)` (no ReLU on the last). */
export interface DenseShape {
  readonly kind: "dense";
  readonly inputs: number;
  readonly outputs: number;
  readonly isLast: boolean;
}

/** A convolution with ReLU and 2x2 max pooling. Sizes of its input. */
export interface ConvolutionShape {
  readonly kind: "convolution";
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  /** Height and width of the filters. */
  readonly window: number;
}

export type LayerShape = DenseShape | ConvolutionShape;

/** The layers in the order their weights lie in a model's vector. */
export function layerShapes(architecture: Architecture): LayerShape[] {
  if (architecture.kind === "mlp") {
    return denseLayers([...architecture.inputs, ...architecture.hidden, architecture.classes]);
  }
  const [height, width, channels] = architecture.inputs;
  const first: ConvolutionShape = { kind: "convolution", height, width, channels, filters: 32, window: 5 };
  const second: ConvolutionShape = {
    kind: "convolution",
    height: first.height >> 1,
    width: first.width >> 1,
    channels: first.filters,
    filters: 64,
    window: 5,
  };
  const flat = (second.height >> 1) * (second.width >> 1) * second.filters;
  return [first, second, ...denseLayers([flat, 512, architecture.classes])];
}

function denseLayers(widths: readonly number[]): DenseShape[] {
  return widths.slice(1).map((outputs, i) => ({
    kind: "dense",
    inputs: widths[i] as number, // i is one behind the slice, so always there
    outputs,
    isLast: i === widths.length - 2,
  }));
}

/** Numbers in the model's vector: weights and biases of all layers. */
export function parameterCount(architecture: Architecture): number {
  return sum(layerShapes(architecture), (layer) =>
    layer.kind === "dense"
      ? layer.outputs * (layer.inputs + 1)
      : layer.filters * (layer.window ** 2 * layer.channels + 1),
  );
}

/** Numbers in one row of the data. */
export function featureCount(architecture: Architecture): number {
  return architecture.inputs.reduce((product, size) => product * size, 1);
}

/** Multiply-adds of one row's way forward; training takes about three times as many. */
export function forwardMacs(architecture: Architecture): number {
  return sum(layerShapes(architecture), (layer) =>
    layer.kind === "dense"
      ? layer.outputs * layer.inputs
      : layer.height * layer.width * layer.filters * layer.window ** 2 * layer.channels,
  );
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
