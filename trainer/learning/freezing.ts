/** Layers that do not learn, for a model that starts from another one: their gradient is 0, and so is their part of a delta. */
import type { Architecture } from "./architecture.ts";
import type { GradientCorrection } from "./correction.ts";
import { placeLayers } from "./parameters.ts";

/** A part of a model's flat vector. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Where these layers lie.
 * @param layers By their numbers, from 1, in the order that the model is computed in.
 * @throws RangeError if there is no such layer.
 */
export function rangesOfLayers(architecture: Architecture, layers: readonly number[]): Range[] {
  const placed = placeLayers(architecture);
  return layers.map((number) => {
    const parameters = placed[number - 1]?.parameters ?? [];
    const [first, last] = [parameters[0], parameters.at(-1)];
    if (first === undefined || last === undefined) {
      throw new RangeError(`There is no layer ${number}: the network has 1 to ${placed.length}.`);
    }
    return { from: first.offset, to: last.offset + last.size };
  });
}

/** The correction, and then no gradient in these ranges. */
export function withFrozen(correct: GradientCorrection | undefined, ranges: readonly Range[]): GradientCorrection {
  return (gradient, weights) => {
    correct?.(gradient, weights);
    for (const { from, to } of ranges) gradient.fill(0, from, to);
  };
}
