import { expect } from "chai";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { rangesOfLayers, withFrozen } from "../../trainer/learning/freezing.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { localUpdate } from "../../trainer/learning/strategies/localUpdate.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import { NO_MEMORY } from "../../trainer/learning/strategies/strategy.ts";
import { aTaskWith } from "./strategies/aTask.ts";
import { twoRings } from "./toyData.ts";

const ARCHITECTURE: Architecture = { kind: "mlp", inputs: [2], hidden: [8, 4], classes: 2 };
/** Weights and biases of its layers. */
const [FIRST, SECOND, THIRD] = [2 * 8 + 8, 8 * 4 + 4, 4 * 2 + 2];

describe("layers that do not learn", () => {
  it("lie one after the other in the model's vector, weights and biases", () => {
    expect(rangesOfLayers(ARCHITECTURE, [1, 3])).to.deep.equal([
      { from: 0, to: FIRST },
      { from: FIRST + SECOND, to: FIRST + SECOND + THIRD },
    ]);
    for (const none of [0, 4, 1.5]) expect(() => rangesOfLayers(ARCHITECTURE, [none])).to.throw(RangeError, "1 to 3");
  });

  it("have no gradient, whatever a strategy adds to it", () => {
    const gradient = Float32Array.of(1, 2, 3, 4);
    const correct = withFrozen((each) => void each.fill(9), [{ from: 1, to: 3 }]);
    correct(gradient, gradient);
    expect(gradient).to.deep.equal(Float32Array.of(9, 0, 0, 9));
  });

  for (const optimizer of ["sgd", "momentum", "adam"] as const) {
    it(`have zeros in the delta with ${optimizer}, and the others have none`, async () => {
      const model = createModel(await openBackend(), ARCHITECTURE, 1);
      const { delta } = await localUpdate(model, twoRings(60, "frozen"), model.readWeights(), {
        plan: planOf({ name: "FedProx" }, aTaskWith()),
        training: { epochs: 2, batchSize: 10, learningRate: 0.01, optimizer },
        ...{ declaredRows: 60, memory: NO_MEMORY, seed: 1, freeze: [1, 2] },
      });
      model.dispose();
      expect(delta.subarray(0, FIRST + SECOND).every((moved) => moved === 0)).to.equal(true);
      expect(delta.subarray(FIRST + SECOND).some((moved) => moved !== 0)).to.equal(true);
    });
  }
});
