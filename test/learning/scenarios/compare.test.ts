import { expect } from "chai";
import * as tf from "@tensorflow/tfjs-core";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import { selectRows } from "../../../trainer/learning/datasets/dataset.ts";
import { createModel } from "../../../trainer/learning/model.ts";
import { WrongModelShape } from "../../../trainer/learning/wrongModelShape.ts";
import { compare, summarise } from "../../../trainer/learning/scenarios/compare.ts";
import { ACCURACY, AREA_UNDER_ROC } from "../../../trainer/learning/scenarios/measures.ts";
import { PRIOR } from "../../../trainer/learning/scenarios/priorBaseline.ts";
import type { ScenarioData } from "../../../trainer/learning/scenarios/scenario.ts";
import { rejection } from "../rejection.ts";
import { twoRings } from "../toyData.ts";

const scenario = {
  architecture: { kind: "mlp" as const, inputs: [2] as [number], hidden: [16], classes: 2 },
  training: { epochs: 4, batchSize: 16, learningRate: 0.02, optimizer: "adam" as const },
  rounds: 5,
  baseline: PRIOR,
};

/** One trainer has both rings; the other has only the inner one and can learn nothing from it. */
function toyData(): ScenarioData {
  const pooled = twoRings(300, 1);
  const both = selectRows(
    pooled,
    Uint32Array.from({ length: 200 }, (_, row) => row),
  );
  const inner = selectRows(
    pooled,
    Uint32Array.from({ length: 50 }, (_, i) => 200 + 2 * i),
  );
  return {
    shards: [
      { trainer: "both", dataset: both },
      { trainer: "inner", dataset: inner },
    ],
    pooled,
    test: twoRings(200, 2),
  };
}

describe("compare", () => {
  it("trains each trainer alone and all together for as many epochs, and evaluates the federated model", async () => {
    const backend = await openBackend();
    const before = tf.memory().numTensors;
    const untrained = createModel(backend, scenario.architecture, 3);
    const federated = untrained.readWeights();
    untrained.dispose();
    const told: string[] = [];
    const onTraining = (whose: string) => void told.push(whose);
    const result = await compare(scenario, toyData(), { backend, seed: 1, federated, onTraining });
    expect(told).to.deep.equal(["both", "inner", "all"]);
    const line = summarise(result, ACCURACY);
    expect(line.baseline).to.equal(0.5);
    expect(line.alone).to.deep.include({ least: 0.5 });
    expect(line.alone.largest).to.be.greaterThan(0.97);
    expect(line.alone.mean).to.be.closeTo((0.5 + line.alone.largest) / 2, 1e-12);
    expect(line.pooled).to.be.greaterThan(0.97);
    expect(line.federated).to.be.lessThan(0.9);
    expect(summarise(result, AREA_UNDER_ROC).baseline).to.equal(0.5);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("has no federated column without a federated model", async () => {
    const result = await compare({ ...scenario, rounds: 1 }, toyData(), { backend: await openBackend(), seed: 1 });
    expect(result).to.not.have.property("federated");
    expect(summarise(result, ACCURACY)).to.not.have.property("federated");
  });

  it("refuses a federated model of another network, and stops when told to", async () => {
    const backend = await openBackend();
    const quick = { ...scenario, rounds: 1, training: { ...scenario.training, epochs: 1 } };
    const wrong = compare(quick, toyData(), { backend, seed: 1, federated: new Float32Array(3) });
    expect(await rejection(wrong)).to.be.instanceOf(WrongModelShape);
    const reason = new Error("enough");
    const stopped = compare(quick, toyData(), { backend, seed: 1, signal: AbortSignal.abort(reason) });
    expect(await rejection(stopped)).to.equal(reason);
  });
});
