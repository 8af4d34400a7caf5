/**
 * Local training: some epochs of mini-batch descent on private data. Cuts its work into slices of about 30 ms and lets
 * the event loop run between them, because the same process serves blocks and answers the chain meanwhile.
 */
import { z } from "zod";
import { forwardMacs } from "./architecture.ts";
import type { Architecture } from "./architecture.ts";
import { TensorLeak } from "./backend.ts";
import type { GradientCorrection } from "./correction.ts";
import { assertSuits, classesOf, gatherRows } from "./datasets/dataset.ts";
import type { Dataset } from "./datasets/dataset.ts";
import { lossOfGuessing } from "./loss.ts";
import { allFinite } from "./model.ts";
import type { Model } from "./model.ts";
import type { Descent } from "./network.ts";
import { createRandom } from "./random.ts";
import { balancedRows } from "./sampling.ts";
import { trainingSchema } from "./trainingSettings.ts";
import type { TrainingSettings } from "./trainingSettings.ts";
import { eventLoopTurn } from "./turn.ts";

export interface TrainingRun extends TrainingSettings {
  /** So many steps instead of `epochs`: as many epochs as that takes, the last one cut short. */
  readonly steps?: number;
  /** Every step is on all rows, whatever `batchSize` says. */
  readonly wholeBatch?: boolean;
  /** What is done to each batch's gradient before the optimiser steps. */
  readonly correct?: GradientCorrection;
  /** Orders the rows; the same seed on the same machine gives the same weights, bit for bit. */
  readonly seed: number | string;
  readonly signal?: AbortSignal;
  /** Called whenever the event loop had its turn; what it returns is waited for. */
  readonly rest?: () => Promise<void> | undefined;
  /** Called about ten times a second and at the end of each epoch. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface TrainingProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Rows seen so far, and in the whole run. */
  readonly seen: number;
  readonly total: number;
  /** Mean over this epoch so far, in nats. */
  readonly loss: number;
}

export interface TrainingResult {
  /** Rows trained on: what federated averaging weights an update by. */
  readonly samples: number;
  /** Mean over the last epoch, in nats. */
  readonly loss: number;
  readonly seconds: number;
  /** Tensors alive before and after the run that nobody holds. They are equal, or the run throws TensorLeak. */
  readonly tensors: { readonly before: number; readonly after: number };
}

/** The numbers ran away. The model has the weights it had before the run. */
export class TrainingDiverged extends Error {
  override name = "TrainingDiverged";
  readonly epoch: number;
  readonly batch: number;

  constructor(what: string, epoch: number, batch: number, learningRate: number) {
    super(
      `Training diverged: ${what} in epoch ${epoch}, batch ${batch}. The model is unchanged. ` +
        `Lower the learning rate (now ${learningRate}) and check the data for NaN, infinite or unscaled features.`,
    );
    this.epoch = epoch;
    this.batch = batch;
  }
}

/** The event loop gets its turn after this long, in milliseconds. */
const TURN_MS = 10;
const PROGRESS_MS = 100;
/** A device may be told so many steps ahead of what it has done: it never waits for work, and an abort not long for it. */
const MOST_STEPS_AHEAD = 32;

/** An epoch's mean loss so many times that of the first batch, or of guessing, means that the numbers ran away. */
const RUNAWAY = 5;

/**
 * Trains the model in place with a fresh optimiser. On any error, abort included, the model keeps the weights it had.
 * @throws TrainingDiverged, UnsuitableData, TensorLeak, or the signal's reason.
 */
export async function train(model: Model, dataset: Dataset, run: TrainingRun): Promise<TrainingResult> {
  z.object({ ...trainingSchema.shape, steps: z.int().min(1).optional() }).parse(run);
  assertSuits(dataset, model.architecture);
  run.signal?.throwIfAborted();

  const started = performance.now();
  const before = model.backend.strayTensors();
  const initial = model.readWeights();
  let loss: number;
  try {
    loss = await descend(model, dataset, run);
  } catch (error) {
    model.writeWeights(initial);
    throw error;
  }
  const after = model.backend.strayTensors();
  if (after !== before) throw new TensorLeak(before, after);
  return { samples: dataset.rows, loss, seconds: (performance.now() - started) / 1000, tensors: { before, after } };
}

async function descend(model: Model, dataset: Dataset, run: TrainingRun): Promise<number> {
  const { optimizer, momentum, correct } = run;
  const rows = rowsOfEpoch(dataset, run);
  const logPriors = run.calibrateLogits === true ? logFrequencies(dataset, rows, model.architecture) : undefined;
  const descent = model.descent({ optimizer, momentum, correct, logPriors });
  try {
    return await stepDown(descent, model, dataset, rows, run);
  } finally {
    descent.dispose();
  }
}

/** Which rows an epoch trains on. */
function rowsOfEpoch(dataset: Dataset, { balance, seed }: TrainingRun): Uint32Array {
  if (balance !== undefined) return balancedRows(classesOf(dataset), balance, seed);
  return Uint32Array.from({ length: dataset.rows }, (_, row) => row);
}

/** @param order the rows of an epoch; shuffled here. */
async function stepDown(
  descent: Descent,
  model: Model,
  dataset: Dataset,
  order: Uint32Array,
  run: TrainingRun,
): Promise<number> {
  const { learningRate, signal, rest, onProgress } = run;
  const batchSize = run.wholeBatch === true ? order.length : Math.min(run.batchSize, order.length);
  const { epochs, total } = lengthOf(run, order.length, batchSize);
  const random = createRandom(`${run.seed}/shuffle`);

  const rowSize = dataset.features.length / dataset.rows;
  const sliceSize = sliceRows(model, batchSize);
  const features = new Float32Array(sliceSize * rowSize);
  const labels = new Float32Array(sliceSize); // classes up to 2^24 are exact, too

  let turn = performance.now();
  let reported = turn;
  let stepsAhead = 0;
  let batch = 0;
  let epochLoss = NaN;
  let tolerated = Infinity;

  for (let epoch = 1; epoch <= epochs; epoch++) {
    random.shuffle(order);
    let lossSum = 0;
    const rowsBefore = (epoch - 1) * order.length;
    const rowsNow = Math.min(order.length, total - rowsBefore);
    batch = 0;
    for (let start = 0; start < rowsNow; start += batchSize) {
      batch++;
      const end = Math.min(start + batchSize, order.length);
      for (let from = start; from < end; from += sliceSize) {
        const rows = order.subarray(from, Math.min(from + sliceSize, end));
        gatherRows(dataset, rows, features, labels);
        descent.add(features.subarray(0, rows.length * rowSize), labels.subarray(0, rows.length), 1 / (end - start));
        if (performance.now() - turn > TURN_MS) {
          await eventLoopTurn();
          await rest?.();
          signal?.throwIfAborted();
          turn = performance.now();
        }
      }
      const rate = run.schedule === "linear" ? learningRate * (1 - (rowsBefore + start) / total) : learningRate;
      await descent.step(rate);

      const isFirst = epoch === 1 && batch === 1;
      const isLast = end === rowsNow;
      const isDue = performance.now() - reported > PROGRESS_MS;
      stepsAhead++;
      if (!descent.lossIsAtHand && !isFirst && !isLast && !isDue && stepsAhead < MOST_STEPS_AHEAD) continue;
      lossSum += await descent.takeLoss();
      stepsAhead = 0;
      if (!Number.isFinite(lossSum)) throw new TrainingDiverged("the loss is not finite", epoch, batch, learningRate);
      // A ReLU network may survive an absurd learning rate with dead units and finite nonsense.
      if (isFirst) tolerated = RUNAWAY * Math.max(lossSum / end, lossOfGuessing(model.architecture));
      if (isLast && lossSum / end > tolerated) {
        const [now, most] = [lossSum / end, tolerated].map((value) => value.toPrecision(3));
        throw new TrainingDiverged(`the loss is ${now}, more than ${most}`, epoch, batch, learningRate);
      }
      if (isLast || isDue) {
        reported = performance.now();
        onProgress?.({ epoch, epochs, seen: rowsBefore + end, total, loss: lossSum / end });
      }
    }
    epochLoss = lossSum / rowsNow;
  }
  await descent.finish();
  if (!allFinite(model.readWeights())) {
    throw new TrainingDiverged("weights are not finite", epochs, batch, learningRate);
  }
  return epochLoss;
}

/** Epochs, the last of them perhaps not whole, and rows in all of a run. */
function lengthOf({ epochs, steps }: TrainingRun, rows: number, batchSize: number): { epochs: number; total: number } {
  if (steps === undefined) return { epochs, total: epochs * rows };
  const inEpoch = Math.ceil(rows / batchSize);
  const whole = Math.floor(steps / inEpoch);
  return { epochs: Math.ceil(steps / inEpoch), total: whole * rows + (steps % inEpoch) * batchSize };
}

/** Of each class, the logarithm of its share of the rows: -Infinity for an absent one, which then takes no part. */
function logFrequencies({ labels }: Dataset, rows: Uint32Array, { classes }: Architecture): Float32Array {
  if (classes === undefined) {
    throw new RangeError(
      "Only logits of classes can be calibrated. Leave calibrateLogits off when estimating a number.",
    );
  }
  const counts = new Float32Array(classes);
  for (const row of rows) counts[labels[row]!]! += 1;
  return counts.map((count) => Math.log(count / rows.length));
}

/** Rows that train in about 30 ms, in slices of even size. */
function sliceRows(model: Model, batchSize: number): number {
  const most = Math.max(1, Math.floor(model.backend.sliceMacs / (3 * forwardMacs(model.architecture))));
  return Math.ceil(batchSize / Math.ceil(batchSize / most));
}
