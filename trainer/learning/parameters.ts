/**
 * Where a network's weights lie in its flat vector, and what they are at first: layer after layer and in each layer weights
 * before biases, dense [outputs, inputs] then [outputs], convolution [height, width, inputs, outputs] then [outputs].
 */
import { layerShapes, parameterCount } from "./architecture.ts";
import type { Architecture, LayerShape } from "./architecture.ts";
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** One array of weights or biases. */
export interface Parameter {
  readonly shape: readonly number[];
  /** Its part of the flat vector: from `offset`, so many numbers. */
  readonly offset: number;
  readonly size: number;
}

/** A layer and its parameters, in order. */
export interface PlacedLayer {
  readonly shape: LayerShape;
  readonly parameters: readonly Parameter[];
}

export function placeLayers(architecture: Architecture): PlacedLayer[] {
  let end = 0;
  return layerShapes(architecture).map((shape) => {
    const parameters = parameterShapes(shape).map((each) => {
      const size = each.reduce((product, length) => product * length, 1);
      const offset = end;
      end += size;
      return { shape: each, offset, size };
    });
    return { shape, parameters };
  });
}

/** The flat vector of a new network; the same seed gives the same weights everywhere. */
export function initialWeights(architecture: Architecture, seed: number | string): Float32Array {
  const random = createRandom(`${seed}/initial weights`);
  const flat = new Float32Array(parameterCount(architecture));
  for (const { shape, parameters } of placeLayers(architecture)) {
    const [weights] = parameters; // biases begin at 0
    if (weights !== undefined) draw(flat.subarray(weights.offset, weights.offset + weights.size), shape, random);
  }
  return flat;
}

function parameterShapes(layer: LayerShape): number[][] {
  if (layer.kind === "dense") return [[layer.outputs, layer.inputs], [layer.outputs]];
  return [[layer.window, layer.window, layer.channels, layer.filters], [layer.filters]];
}

/**
 * Before a ReLU normal with variance 2 / inputs (He et al. 2015), in the last layer uniform with variance
 * 2 / (inputs + outputs) (Glorot and Bengio 2010).
 */
function draw(weights: Float32Array, layer: LayerShape, random: Random): void {
  if (layer.kind === "dense" && layer.isLast) {
    const limit = Math.sqrt(6 / (layer.inputs + layer.outputs));
    for (let i = 0; i < weights.length; i++) weights[i] = limit * (2 * random.uniform() - 1);
    return;
  }
  const inputs = layer.kind === "dense" ? layer.inputs : layer.window ** 2 * layer.channels;
  const deviation = Math.sqrt(2 / inputs);
  for (let i = 0; i < weights.length; i++) weights[i] = deviation * random.normal();
}
