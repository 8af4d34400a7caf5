/**
 * Training in the background of a role: one run at a time, on the model asked for last. Asking for another model drops
 * the run under way; asking for the same one changes nothing. What it learns is kept as it is, and becomes an update once
 * the round is known that it is for: scaled as the strategy says, clipped, quantised, weighed, with noise.
 */
import { compress } from "../learning/compression/compress.ts";
import type { UpdateForm } from "../learning/compression/compression.ts";
import { rangesOfLayers } from "../learning/freezing.ts";
import { localUpdate, scaledBy } from "../learning/strategies/localUpdate.ts";
import type { Memory, Plan, SeatedRound } from "../learning/strategies/strategy.ts";
import type { TrainingProgress } from "../learning/train.ts";
import type { TrainingSettings } from "../learning/trainingSettings.ts";
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
  want(key: string, lanes: Int32Array, memory: Memory): void;
  /** What the run with this key has learned; undefined until it is done. */
  learned(key: string): Learned | undefined;
  /**
   * The update for a round, of the run with this key; undefined until it is done. In
   * a task with differential privacy it carries noise of its own for every round, and the same one however often a round
   * asks for it.
   * @param residual What compression left of the trainer's update before.
   */
  updateOn(key: string, round: number, seated: SeatedRound, residual?: Float32Array): Promise<OwnUpdate> | undefined;
  /** What it trains on now, or did last. */
  readonly key: string | undefined;
  /** Whether the run under way rests: then the process has its time for something else. */
  rest(isResting: boolean): void;
  stop(): Promise<void>;
}

export interface Learned {
  /** What came out, before it was scaled. */
  readonly delta: Float32Array;
  /** What the strategy remembered when it began. */
  readonly memory: Memory;
}

export interface OwnUpdate {
  /** Multiplied by the trainer's weight, as it is committed to and summed. */
  readonly delta: Int32Array;
  /** How it is written, in a task that compresses updates; as lanes unless given. */
  readonly coded?: Uint8Array;
  /** What compression left for the next update. */
  readonly residual?: Float32Array;
}

export interface LocalTrainingOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly training: TrainingSettings;
  readonly plan: Plan;
  /** The numbers of layers that do not learn; none unless given. */
  readonly freeze?: readonly number[];
  readonly rules: TaskRules;
  readonly weight: number;
  readonly seed: number | string;
  /** How it clips and adds noise, where the task asks for differential privacy. */
  readonly noise?: NoisePlan;
  /** How it compresses its updates, and what names that of a round to all who read it; plain lanes unless given. */
  readonly compression?: { readonly form: UpdateForm; label(round: number): string };
  /** For tests; the system's cryptographic generator unless given. Never derived from the seed. */
  readonly noiseWords?: RandomWords;
  readonly stopwatch: Stopwatch;
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onDone: (loss: number, seconds: number) => void;
  /** Told when training failed for good: diverged, or a fault in the data. */
  readonly onFailure: (error: unknown) => void;
}

export function createLocalTraining(options: LocalTrainingOptions): LocalTraining {
  const { model, dataset, training, plan, rules, seed, noise, stopwatch, onProgress, onDone, onFailure } = options;
  const { freeze = [], compression } = options;
  const frozen = rangesOfLayers(model.architecture, freeze);
  const weight = laneWeight(rules, options.weight);
  const { fractionBits } = rules;
  const fixedPoint = { fractionBits, clip: rules.bound / 2 ** fractionBits };
  let resting: PromiseWithResolvers<void> | undefined;
  let run: { key: string; cancel: AbortController; learned?: Learned; ended: Promise<void> } | undefined;
  /** The update of the round that was asked for last. */
  let update: { key: string; round: number; made: Promise<OwnUpdate> } | undefined;

  async function trainOn(key: string, lanes: Int32Array, memory: Memory, signal: AbortSignal): Promise<Learned> {
    const { loss, seconds, delta } = await localUpdate(model, dataset, dequantise(lanes, fractionBits), {
      ...{ plan, training, memory, freeze, declaredRows: options.weight * rules.weightUnit },
      ...{ seed: `${seed}/${key}`, signal, onProgress },
      rest: () => resting?.promise,
    });
    onDone(loss, seconds);
    return { delta, memory };
  }

  /** Never the same noise in two rounds: their difference would be free of it. */
  async function updateOf(
    { delta }: Learned,
    round: number,
    seated: SeatedRound,
    residual: Float32Array | undefined,
    signal: AbortSignal,
  ): Promise<OwnUpdate> {
    const factor = plan.local?.scale?.(delta, seated) ?? 1;
    const scaled = factor === 1 ? delta : scaledBy(factor, delta);
    const kept = noise === undefined ? scaled : clipToNorm(scaled, noise.clipNorm);
    const quantised = quantise(kept, fixedPoint);
    if (compression !== undefined) {
      const turn = { residual, bound: rules.bound, label: compression.label(round) };
      const { lanes, ...rest } = compress(compression.form, quantised, turn);
      return { delta: weigh(lanes, weight), ...rest };
    }
    const weighted = weigh(quantised, weight);
    if (noise === undefined) return { delta: weighted };
    const range = rules.bound * weight;
    const noisy = await stopwatch.time("train", () => withNoise(weighted, noise, range, signal, options.noiseWords));
    // They are 0 whatever the data, and need no noise.
    for (const { from, to } of frozen) noisy.fill(0, from, to);
    return { delta: noisy };
  }

  return {
    get key() {
      return run?.key;
    },
    want(key, lanes, memory) {
      if (run?.key === key) return;
      run?.cancel.abort();
      const before = run?.ended ?? Promise.resolve();
      const cancel = new AbortController();
      const mine: NonNullable<typeof run> = { key, cancel, ended: before };
      mine.ended = before
        .then(async () => {
          cancel.signal.throwIfAborted();
          mine.learned = await stopwatch.time("train", () => trainOn(key, lanes, memory, cancel.signal));
        })
        .catch((error: unknown) => {
          if (!cancel.signal.aborted) onFailure(error);
        });
      run = mine;
    },
    learned: (key) => (run?.key === key ? run.learned : undefined),
    updateOn(key, round, seated, residual) {
      if (run?.key !== key || run.learned === undefined) return undefined;
      if (update?.key !== key || update.round !== round) {
        const made = updateOf(run.learned, round, seated, residual, run.cancel.signal);
        made.catch(() => (update = undefined)); // told to whoever asked
        update = { key, round, made };
      }
      return update.made;
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
