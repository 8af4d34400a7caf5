import { expect } from "chai";
import { fedProx } from "../../../trainer/learning/strategies/fedProx.ts";
import { NO_MEMORY } from "../../../trainer/learning/strategies/strategy.ts";
import { aTaskWith, apart, descended } from "./aTask.ts";

describe("FedProx", () => {
  it("ends where F(w) + mu/2 |w - w0|^2 is least", () => {
    const mu = 0.5;
    const { local } = fedProx.plan({ mu }, aTaskWith());
    const start = Float32Array.of(4, -2);
    const quadratic = { slope: 2, minimum: [1, 1] };
    const end = descended(quadratic, start, { steps: 200, rate: 0.1, correct: local?.correct?.(start, NO_MEMORY) });
    // slope (w - minimum) + mu (w - w0) = 0
    const least = quadratic.minimum.map((minimum, i) => (2 * minimum + mu * start[i]!) / (2 + mu));
    expect(apart(end, least)).to.be.lessThan(1e-5);
  });

  it("leaves the gradient as it is with mu = 0", () => {
    const { local, server } = fedProx.plan({ mu: 0 }, aTaskWith());
    const gradient = Float32Array.of(0.1, -7);
    local?.correct?.(Float32Array.of(1, 2), NO_MEMORY)(gradient, Float32Array.of(3, 5));
    expect(gradient).to.deep.equal(Float32Array.of(0.1, -7));
    expect(server).to.deep.equal({ rule: "FedAvg" });
  });
});
