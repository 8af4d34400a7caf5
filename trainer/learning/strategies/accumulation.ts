/**
 * How far so many steps go along a gradient that stays the same, in units of the rate: |a| of Wang et al. 2020, "Tackling the
 * Objective Inconsistency Problem in Heterogeneous Federated Optimization" (https://arxiv.org/abs/2007.07481), section 4.1. For
 * plain descent that is their number tau, with momentum rho it is (tau - rho (1 - rho^tau) / (1 - rho)) / (1 - rho).
 */
import type { TrainingSettings } from "../trainingSettings.ts";
import { UnsuitableStrategy } from "./strategy.ts";

/**
 * @param strategy Who asks.
 * @returns the distance for a number of steps.
 * @throws UnsuitableStrategy where steps do not go equally far for equal gradients.
 */
export function accumulationOf(
  strategy: string,
  { optimizer, schedule = "constant", momentum = 0.9 }: TrainingSettings,
): (steps: number) => number {
  if (optimizer === "adam" || schedule !== "constant") {
    throw new UnsuitableStrategy(
      `${strategy} has to know how far steps go, and of ${optimizer} with a ${schedule} schedule it does not. ` +
        'Set training.optimizer to "sgd" or "momentum" and training.schedule to "constant".',
      { fault: "needsOtherSteps", strategy, optimizer, schedule, optimizers: ["sgd", "momentum"] },
    );
  }
  const rho = optimizer === "momentum" ? momentum : 0;
  return (steps) => (steps - (rho * (1 - rho ** steps)) / (1 - rho)) / (1 - rho);
}
