import { expect } from "chai";
import { createOptimiser } from "../../../trainer/learning/host/optimiser.ts";
import type { OptimiserSettings } from "../../../trainer/learning/network.ts";

/** Where a weight of 1 is after constant gradients of 2 at a learning rate of 0.1. */
function walk(settings: OptimiserSettings, steps: number): number {
  const weights = Float32Array.of(1);
  const step = createOptimiser(1, settings);
  for (let i = 0; i < steps; i++) step(weights, Float32Array.of(2), 0.1);
  return weights[0] as number;
}

describe("optimiser", () => {
  it("goes down the gradient (sgd)", () => {
    expect(walk({ optimizer: "sgd" }, 3)).to.be.closeTo(1 - 3 * 0.2, 1e-6);
  });

  it("gathers speed (momentum): v = m v + g", () => {
    expect(walk({ optimizer: "momentum", momentum: 0.5 }, 3)).to.be.closeTo(1 - 0.1 * (2 + 3 + 3.5), 1e-6);
    expect(walk({ optimizer: "momentum" }, 2), "0.9 unless given").to.be.closeTo(1 - 0.1 * (2 + 3.8), 1e-6);
  });

  it("steps by the learning rate while the gradient stays the same (adam, bias corrected)", () => {
    expect(walk({ optimizer: "adam" }, 1)).to.be.closeTo(0.9, 1e-6);
    expect(walk({ optimizer: "adam" }, 5)).to.be.closeTo(0.5, 1e-5);
  });

  it("steps less after a gradient that turned (adam): second step by hand", () => {
    const weights = Float32Array.of(0);
    const step = createOptimiser(1, { optimizer: "adam" });
    step(weights, Float32Array.of(1), 0.1);
    step(weights, Float32Array.of(-2), 0.1);
    const mean = (0.9 * 0.1 - 0.1 * 2) / (1 - 0.81);
    const square = (0.999 * 0.001 + 0.001 * 4) / (1 - 0.999 ** 2);
    expect(weights[0]).to.be.closeTo(-0.1 - (0.1 * mean) / Math.sqrt(square), 1e-6);
  });
});
