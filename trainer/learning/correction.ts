/**
 * What a strategy does to each batch's gradient before the step. Most are affine in the weights, gradient + strength *
 * (weights - towards) + offset, and say so: then a GPU does them where the gradient is, instead of fetching both.
 */

/** Changes a gradient in place, given the weights it was taken at. */
export interface GradientCorrection {
  (gradient: Float32Array, weights: Float32Array): void;
  /** The same, if it is affine. */
  readonly affine?: AffineCorrection;
}

export interface AffineCorrection {
  readonly pull?: { readonly strength: number; readonly towards: Float32Array };
  readonly offset?: Float32Array;
}

/** A correction that a GPU can do. The vectors are kept, not copied. */
export function affineCorrection(affine: AffineCorrection): GradientCorrection {
  const { pull, offset } = affine;
  const correct = (gradient: Float32Array, weights: Float32Array): void => {
    if (pull !== undefined) {
      const { strength, towards } = pull;
      for (let i = 0; i < gradient.length; i++) gradient[i]! += strength * (weights[i]! - towards[i]!);
    }
    if (offset !== undefined) for (let i = 0; i < gradient.length; i++) gradient[i]! += offset[i]!;
  };
  return Object.assign(correct, { affine });
}
