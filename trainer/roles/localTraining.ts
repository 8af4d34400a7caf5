/**
 * Training in the background of a role: one run at a time, on the model asked for last. Asking for another model drops
 * the run under way; asking for the same one changes nothing.
 */
import { train } from "../learning/train.ts";
import type { TrainingProgress, TrainingSettings } from "../learning/train.ts";
import type { Dataset } from "../learning/datasets/dataset.ts";
import type { Model } from "../learning/model.ts";
import { dequantise, quantise, weigh } from "../protocol/quantise.ts";
import { laneWeight } from "../chain/taskRules.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { clipToNorm, withNoise } from "../privacy/differentialPrivacy.ts";
import type { NoisePlan } from "../privacy/differentialPrivacy.ts";
import type { RandomWords } from "../privacy/gaussianNoise.ts";

export interface LocalTraining {
  /** Makes sure that training on this model is under way or done. Another key is another run, even on the same model. */
  want(key: string, lanes: Int32Array): void;
  /**
   * The weighted delta for a round, of the run with this key; undefined until it is done. In
   * a task with differential privacy it carries noise of its own for every round, and the same one however often a round
   * asks for it.
   */
  deltaOn(key: string, round: number): Promise<Int32Array> | undefined;
  /** What it trains on now, or did last. */
  readonly key: string | undefined;
  /** Whether the run under way rests: then the process has its time for something else. */
  rest(isResting: boolean): void;
  stop(): Promise<void>;
}

export interface LocalTrainingOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly training: TrainingSettings;
  readonly rules: TaskRules;
  readonly weight: number;
  readonly seed: number | string;
  /** How it clips and adds noise, where the task asks for differential privacy. */
  readonly noise?: NoisePlan;
  /** For tests; the system's cryptographic generator unless given. Never derived from the seed. */
  readonly noiseWords?: RandomWords;
  readonly stopwatch: Stopwatch;
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onDone: (loss: number, seconds: number) => void;
  /** Told when training failed for good: diverged, or a fault in the data. */
  readonly onFailure: (error: unknown) => void;
}

export function createLocalTraining(options: LocalTrainingOptions): LocalTraining {
  const { model, dataset, training, rules, seed, noise, stopwatch, onProgress, onDone, onFailure } = options;
  const weight = laneWeight(rules, options.weight);
  let resting: PromiseWithResolvers<void> | undefined;
  let run: { key: string; cancel: AbortController; delta?: Int32Array; ended: Promise<void> } | undefined;
  /** The update of the round that was asked for last. */
  let update: { key: string; round: number; delta: Promise<Int32Array> } | undefined;

  async function trainOn(key: string, lanes: Int32Array, signal: AbortSignal): Promise<Int32Array> {
    const start = dequantise(lanes, rules.fractionBits);
    model.writeWeights(start);
    const { loss, seconds } = await train(model, dataset, {
      ...{ ...training, seed: `${seed}/${key}`, signal, onProgress },
      rest: () => resting?.promise,
    });
    const delta = model.readWeights().map((value, i) => value - (start[i] ?? 0));
    const kept = noise === undefined ? delta : clipToNorm(delta, noise.clipNorm);
    const clip = rules.bound / 2 ** rules.fractionBits;
    const weighted = weigh(quantise(kept, { fractionBits: rules.fractionBits, clip }), weight);
    onDone(loss, seconds);
    return weighted;
  }

  /** Never the same noise in two rounds: their difference would be free of it. */
  async function noisy(delta: Int32Array, signal: AbortSignal): Promise<Int32Array> {
    if (noise === undefined) return delta;
    return stopwatch.time("train", () => withNoise(delta, noise, rules.bound * weight, signal, options.noiseWords));
  }

  return {
    get key() {
      return run?.key;
    },
    want(key, lanes) {
      if (run?.key === key) return;
      run?.cancel.abort();
      const before = run?.ended ?? Promise.resolve();
      const cancel = new AbortController();
      const mine: NonNullable<typeof run> = { key, cancel, ended: before };
      mine.ended = before
        .then(async () => {
          cancel.signal.throwIfAborted();
          mine.delta = await stopwatch.time("train", () => trainOn(key, lanes, cancel.signal));
        })
        .catch((error: unknown) => {
          if (!cancel.signal.aborted) onFailure(error);
        });
      run = mine;
    },
    deltaOn(key, round) {
      if (run?.key !== key || run.delta === undefined) return undefined;
      if (update?.key !== key || update.round !== round) {
        const delta = noisy(run.delta, run.cancel.signal);
        delta.catch(() => (update = undefined)); // told to whoever asked
        update = { key, round, delta };
      }
      return update.delta;
    },
    rest(isResting) {
      if (isResting) resting ??= Promise.withResolvers();
      else {
        resting?.resolve();
        resting = undefined;
      }
    },
    async stop() {
      run?.cancel.abort();
      this.rest(false);
      await run?.ended;
    },
  };
}
