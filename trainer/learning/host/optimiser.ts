/**
 * Steps on a flat vector, in place: plain SGD, SGD with momentum (Polyak 1964, as in PyTorch: v = m v + g, w -= r v),
 * and Adam (Kingma and Ba 2015, with bias correction).
 */
import type { OptimiserSettings } from "../network.ts";

/** Takes one step down `gradient`, changing `weights`. Keeps its own state from step to step. */
export type Step = (weights: Float32Array, gradient: Float32Array, learningRate: number) => void;

/** A fresh optimiser for `size` parameters. */
export function createOptimiser(size: number, settings: OptimiserSettings): Step {
  switch (settings.optimizer) {
    case "sgd":
      return descend;
    case "momentum":
      return momentum(size, settings.momentum ?? 0.9);
    case "adam":
      return adam(size);
  }
}

function descend(weights: Float32Array, gradient: Float32Array, rate: number): void {
  for (let i = 0; i < weights.length; i++) weights[i]! -= rate * (gradient[i] as number);
}

function momentum(size: number, inertia: number): Step {
  const velocity = new Float32Array(size);
  return (weights, gradient, rate) => {
    for (let i = 0; i < weights.length; i++) {
      const v = inertia * (velocity[i] as number) + (gradient[i] as number);
      velocity[i] = v;
      weights[i]! -= rate * v;
    }
  };
}

function adam(size: number): Step {
  const [decay1, decay2, epsilon] = [0.9, 0.999, 1e-8];
  const mean = new Float32Array(size);
  const square = new Float32Array(size);
  let correction1 = 1;
  let correction2 = 1;
  return (weights, gradient, rate) => {
    correction1 *= decay1;
    correction2 *= decay2;
    const scale = rate / (1 - correction1);
    const norm = 1 / Math.sqrt(1 - correction2);
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i] as number;
      const m = decay1 * (mean[i] as number) + (1 - decay1) * g;
      const s = decay2 * (square[i] as number) + (1 - decay2) * g * g;
      mean[i] = m;
      square[i] = s;
      weights[i]! -= (scale * m) / (Math.sqrt(s) * norm + epsilon);
    }
  };
}
