import { expect } from "chai";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import { evaluate } from "../../../trainer/learning/evaluate.ts";
import { createModel } from "../../../trainer/learning/model.ts";
import { fedSgd } from "../../../trainer/learning/strategies/fedSgd.ts";
import { localUpdate } from "../../../trainer/learning/strategies/localUpdate.ts";
import { NO_MEMORY } from "../../../trainer/learning/strategies/strategy.ts";
import { noise } from "../toyData.ts";
import { aTaskWith } from "./aTask.ts";

describe("FedSGD", () => {
  it("sends the negative gradient of all rows, by finite differences of the loss", async () => {
    const architecture = { kind: "mlp", inputs: [3], hidden: [], classes: 2 } as const;
    const model = createModel(await openBackend(), { ...architecture, inputs: [3], hidden: [] }, 1);
    const start = model.readWeights();
    const data = noise(50, [3], 2, 1);
    const task = aTaskWith({ batchSize: 8, optimizer: "adam", schedule: "linear" });
    const plan = fedSgd.plan({}, task);
    const run = { plan, training: task.training, declaredRows: 50, memory: NO_MEMORY, seed: 1 };
    const { delta } = await localUpdate(model, data, start, run);
    const lossAt = async (parameter: number, value: number) => {
      model.writeWeights(start.with(parameter, value));
      return (await evaluate(model, data)).loss;
    };
    const step = 1e-2;
    for (const [parameter, weight] of start.entries()) {
      const [above, below] = [await lossAt(parameter, weight + step), await lossAt(parameter, weight - step)];
      expect(delta[parameter]).to.be.closeTo(-(above - below) / (2 * step), 2e-4);
    }
    model.dispose();
  });

  it("leaves the learning rate to the server", () => {
    const { server } = fedSgd.plan({}, aTaskWith({ learningRate: 0.25 }));
    expect(server).to.deep.equal({ rule: "FedAvgM", rate: 0.25, momentum: 0 });
  });
});
