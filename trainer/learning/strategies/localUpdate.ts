/** A trainer's part in a round: training from a global model as the strategy has it, and the delta that comes out. */
import type { Dataset } from "../datasets/dataset.ts";
import { rangesOfLayers, withFrozen } from "../freezing.ts";
import type { Model } from "../model.ts";
import { train } from "../train.ts";
import type { TrainingResult, TrainingRun } from "../train.ts";
import type { TrainingSettings } from "../trainingSettings.ts";
import type { Memory, Plan } from "./strategy.ts";

export interface LocalRun extends Pick<TrainingRun, "seed" | "signal" | "rest" | "onProgress"> {
  readonly plan: Plan;
  /** The task's own settings. */
  readonly training: TrainingSettings;
  readonly declaredRows: number;
  readonly memory: Memory;
  /** The numbers of layers that do not learn. */
  readonly freeze?: readonly number[];
}

export interface LocalUpdate extends TrainingResult {
  /** The weights after training less those before; not yet scaled (`scaled`). */
  readonly delta: Float32Array;
}

/**
 * Trains `model` from the weights `start`, which it has afterwards no more.
 * @throws as `train` and `Model.writeWeights` do.
 */
export async function localUpdate(
  model: Model,
  dataset: Dataset,
  start: Float32Array,
  { plan: { local }, training, declaredRows, memory, freeze = [], ...run }: LocalRun,
): Promise<LocalUpdate> {
  model.writeWeights(start);
  const steps = local?.steps?.(declaredRows);
  const corrected = local?.correct?.(start, memory);
  const frozen = rangesOfLayers(model.architecture, freeze);
  const correct = frozen.length === 0 ? corrected : withFrozen(corrected, frozen);
  const result = await train(model, dataset, {
    ...(local?.training ?? training),
    ...run,
    ...(steps === undefined ? {} : { steps }),
    ...(correct === undefined ? {} : { correct }),
    wholeBatch: local?.wholeBatch ?? false,
  });
  return { ...result, delta: model.readWeights().map((weight, i) => weight - start[i]!) };
}

/** A delta times the strategy's factor; a copy. */
export function scaledBy(factor: number, delta: Float32Array): Float32Array {
  return delta.map((moved) => factor * moved);
}
