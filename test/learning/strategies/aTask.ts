/** A task that strategies are planned for, and the quadratics that trainers descend in their tests. */
import type { GradientCorrection } from "../../../trainer/learning/correction.ts";
import type { FederatedTask } from "../../../trainer/learning/strategies/strategy.ts";

export function aTaskWith({
  trainers = { min: 5, max: 10 },
  fractionBits = 20,
  ...training
}: Partial<FederatedTask & FederatedTask["training"]> = {}): FederatedTask {
  const usual = { epochs: 2, batchSize: 10, learningRate: 0.1, optimizer: "sgd" } as const;
  return { training: { ...usual, ...training }, trainers, fractionBits };
}

/** Half the sum of slope (y - minimum)^2. */
export interface Quadratic {
  readonly slope: number;
  readonly minimum: readonly number[];
}

export function gradientOf({ slope, minimum }: Quadratic, at: ArrayLike<number>): number[] {
  return minimum.map((value, i) => slope * (at[i]! - value));
}

/** Where so many steps of descent lead, plain unless it has momentum. */
export function descended(
  quadratic: Quadratic,
  start: Float32Array,
  {
    steps,
    rate,
    momentum = 0,
    correct,
  }: { steps: number; rate: number; momentum?: number; correct?: GradientCorrection | undefined },
): Float32Array {
  const weights = start.slice();
  const velocity = new Float32Array(weights.length);
  for (let step = 0; step < steps; step++) {
    const gradient = Float32Array.from(gradientOf(quadratic, weights));
    correct?.(gradient, weights);
    for (let i = 0; i < weights.length; i++)
      weights[i]! -= rate * (velocity[i] = momentum * velocity[i]! + gradient[i]!);
  }
  return weights;
}

/** The largest difference of two vectors. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}
