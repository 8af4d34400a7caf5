/** A model at work in this page: the trainers' own network, on TensorFlow.js. Loaded when a model is tried. */
import { startCpu } from "../../trainer/learning/backends/cpu.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { predict } from "../../trainer/learning/predict.ts";
import type { VerifiedModel } from "./verifiedModel.ts";

export interface Runnable {
  /** What the model says of one row: the classes' probabilities, or one standardised number. */
  predict(row: Float32Array): Promise<Float32Array>;
  dispose(): void;
}

export async function runnable({ manifest, weights }: VerifiedModel): Promise<Runnable> {
  const model = createModel(await startCpu(), manifest.architecture, 0);
  model.writeWeights(weights);
  return {
    async predict(row) {
      const [said] = await predict(model, row);
      return said ?? new Float32Array();
    },
    dispose: () => model.dispose(),
  };
}
