/**
 * What a task says of its network. A manifest comes from a stranger, so every size is bounded before anything is
 * allocated: at most 2^24 parameters (64 MiB), the size of the largest model a task can commit to comfortably.
 *
 * `mlp` is dense layers only. `cnn` puts convolutions before them, each with ReLU and 2x2 max pooling: filters [32, 64],
 * window 5 and hidden [512] make the network of McMahan et al. 2017 (https://arxiv.org/abs/1602.05629), 1,663,370
 * parameters on MNIST. The last layer gives one logit a class (`classes`), or estimates one number (`regression`).
 */
import { z } from "zod";
import type { Fault } from "../protocol/fault.ts";

export const MAX_PARAMETERS = 2 ** 24;

/** Widths of hidden dense layers. */
const hidden = z.array(z.int().min(1).max(16_384)).max(8);

const head = {
  /** Of a network that tells classes apart, trained with softmax and cross-entropy. */
  classes: z.int().min(2).max(1_000).optional(),
  /**
   * Of a network that estimates a number. The targets are standardised, so Huber's delta, beyond which an error counts
   * only linearly (Huber 1964), is in their standard deviations.
   */
  regression: z
    .discriminatedUnion("loss", [
      z.strictObject({ loss: z.literal("squaredError") }),
      z.strictObject({ loss: z.literal("huber"), delta: z.number().positive().max(1_000) }),
    ])
    .optional(),
};

const mlp = z.strictObject({
  kind: z.literal("mlp"),
  /** Features of one row. */
  inputs: z.tuple([z.int().min(1).max(65_536)]),
  /** None makes it a logistic regression. */
  hidden,
  ...head,
});

const cnn = z.strictObject({
  kind: z.literal("cnn"),
  /** Height, width and channels of one image. */
  inputs: z.tuple([z.int().min(4).max(128), z.int().min(4).max(128), z.int().min(1).max(16)]),
  /** Output channels of each convolution. Each halves height and width. */
  filters: z.array(z.int().min(1).max(256)).min(1).max(5),
  /** Height and width of every filter. */
  window: z.int().min(1).max(11),
  hidden,
  ...head,
});

export interface NetworkFaults {
  imageTooSmall: object;
  needsOneHead: object;
  tooManyParameters: { most: number };
}

export const architectureSchema = z
  .discriminatedUnion("kind", [mlp, cnn])
  .refine(
    (architecture) => architecture.kind === "mlp" || smallestSide(architecture) >> architecture.filters.length > 0,
    {
      error: "The image is halved once for each convolution and nothing would be left of it. Use fewer convolutions.",
      params: { fault: "imageTooSmall" } satisfies Fault<NetworkFaults>,
    },
  )
  .refine(({ classes, regression }) => (classes === undefined) !== (regression === undefined), {
    path: ["classes"],
    error: "A network tells classes apart or estimates a number. Give either classes or regression.",
    params: { fault: "needsOneHead" } satisfies Fault<NetworkFaults>,
  })
  .refine((architecture) => parameterCount(architecture) <= MAX_PARAMETERS, {
    error: `The network has more than ${MAX_PARAMETERS} parameters. Make its layers narrower.`,
    params: { fault: "tooManyParameters", most: MAX_PARAMETERS } satisfies Fault<NetworkFaults>,
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
    return denseLayers([...architecture.inputs, ...architecture.hidden, outputCount(architecture)]);
  }
  let [height, width, channels] = architecture.inputs;
  const convolutions = architecture.filters.map((filters): ConvolutionShape => {
    const shape: ConvolutionShape = {
      kind: "convolution",
      height,
      width,
      channels,
      filters,
      window: architecture.window,
    };
    [height, width, channels] = [height >> 1, width >> 1, filters];
    return shape;
  });
  return [
    ...convolutions,
    ...denseLayers([height * width * channels, ...architecture.hidden, outputCount(architecture)]),
  ];
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

/** Numbers that the last layer gives for one row. */
export function outputCount({ classes }: Architecture): number {
  return classes ?? 1;
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

function smallestSide({ inputs: [height, width] }: z.infer<typeof cnn>): number {
  return Math.min(height, width);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
