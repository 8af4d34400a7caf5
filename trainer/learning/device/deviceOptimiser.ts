/** The steps of host/optimiser.ts in tensors, on flat vectors. */
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import type { OptimiserSettings } from "../network.ts";

/** The weights after a step, and the state for the next one. */
export interface Stepped {
  readonly weights: Tensor1D;
  readonly state: readonly Tensor1D[];
}

/** A step down the gradient; the first one's state is undefined. Runs inside `Backend.run`. */
export type DeviceStep = (
  weights: Tensor1D,
  gradient: Tensor1D,
  learningRate: number,
  state: readonly Tensor1D[] | undefined,
) => Stepped;

export function createDeviceOptimiser(settings: OptimiserSettings): DeviceStep {
  switch (settings.optimizer) {
    case "sgd":
      return (weights, gradient, rate) => ({ weights: tf.sub(weights, tf.mul(gradient, rate)), state: [] });
    case "momentum":
      return momentum(settings.momentum ?? 0.9);
    case "adam":
      return adam();
  }
}

function momentum(inertia: number): DeviceStep {
  return (weights, gradient, rate, [before] = []) => {
    const velocity = before === undefined ? tf.clone(gradient) : tf.add(tf.mul(before, inertia), gradient);
    return { weights: tf.sub(weights, tf.mul(velocity, rate)), state: [velocity as Tensor1D] };
  };
}

function adam(): DeviceStep {
  const [decay1, decay2, epsilon] = [0.9, 0.999, 1e-8];
  let correction1 = 1;
  let correction2 = 1;
  return (weights, gradient, rate, [before1, before2] = []) => {
    correction1 *= decay1;
    correction2 *= decay2;
    const mean = decayed(before1, decay1, gradient);
    const square = decayed(before2, decay2, tf.square(gradient));
    const norm = tf.add(tf.mul(tf.sqrt(square), 1 / Math.sqrt(1 - correction2)), epsilon);
    const moved = tf.div(tf.mul(mean, rate / (1 - correction1)), norm);
    return { weights: tf.sub(weights, moved), state: [mean, square] };
  };
}

function decayed(before: Tensor1D | undefined, decay: number, now: Tensor1D): Tensor1D {
  const part = tf.mul(now, 1 - decay) as Tensor1D;
  return before === undefined ? part : tf.add(tf.mul(before, decay), part);
}
