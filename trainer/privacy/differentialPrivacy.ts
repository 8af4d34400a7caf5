/**
 * Differential privacy of a round's sum: every trainer clips its delta to a norm and adds a part of the noise, so that
 * the sum of the smallest set with which a round can end carries all of it (the distributed discrete Gaussian; Kairouz,
 * Liu and Steinke 2021).
 *
 * The unit of privacy is a trainer: all of its data, for as long as it takes part. Two federations are neighbours if one
 * of them has zeros where the other has one trainer's delta; who takes part and with which weight is public. The noise
 * of colluding trainers hides nothing from them, so a plan can leave out a tolerated number of them. Whoever reads a
 * single update (in sealed tasks the cohort does) sees one trainer's part of the noise only: against them the promise
 * holds if all the others count as colluders.
 */
import { z } from "zod";
import type { Fault } from "../protocol/fault.ts";
import { INT32_MAX, laneBound } from "../protocol/quantise.ts";
import type { FixedPoint } from "../protocol/quantise.ts";
import { epsilonAfter, roundsWithin } from "./accountant.ts";
import { gaussianNoise, secureWords } from "./gaussianNoise.ts";
import type { RandomWords } from "./gaussianNoise.ts";

export const differentialPrivacySchema = z
  .strictObject({
    /** L2 norm to which a trainer's delta is clipped, in real units. */
    clipNorm: z.number().positive().max(1e6),
    /** Standard deviation of the noise in the sum over the most that one trainer can change the sum. */
    noiseMultiplier: z.number().min(0.01).max(1e4),
    /** Chance that the promise does not hold; below one over the number of trainers that could take part. */
    delta: z.number().min(1e-18).max(0.1),
    /** A trainer leaves before the round that would make it spend more than this; no ceiling unless given. */
    maxEpsilon: z.number().positive().max(1e6).optional(),
    /** Trainers whose noise does not count, because they may tell it; none unless given. */
    colluders: z.int().min(0).max(255).optional(),
  })
  .superRefine(({ maxEpsilon, ...mechanism }, context) => {
    if (maxEpsilon === undefined || roundsWithin(maxEpsilon, mechanism) > 0) return;
    const first = epsilonAfter(1, mechanism).toPrecision(3);
    const message = `must be at least ${first}, which the first round costs; or raise noiseMultiplier`;
    const params: Fault<NoiseFaults> = { fault: "epsilonTooSmall", first };
    context.addIssue({ code: "custom", path: ["maxEpsilon"], message, params });
  });

/** A task's section of this name. */
export type DifferentialPrivacy = z.infer<typeof differentialPrivacySchema>;

/** The numbers of a task that the noise has to go with. */
export interface NoiseSetting extends FixedPoint {
  readonly parameters: number;
  /** The fewest updates whose noise is in what is published. */
  readonly minSummed: number;
  readonly maxTrainers: number;
  /** The most that a delta is multiplied by: maxWeight, or 1 where every trainer counts the same. */
  readonly mostWeight: number;
  /** The task's maxWeight, which bounds its sums whatever the rule. */
  readonly maxWeight: number;
}

/** What each trainer does in every round. */
export interface NoisePlan {
  readonly clipNorm: number;
  /** The most that one trainer can change the sum, rounding included: an L2 norm in lanes. */
  readonly sensitivity: number;
  /** Sigma of the noise that each trainer adds to its weighted lanes, in lanes. */
  readonly trainerSigma: number;
}

export interface NoiseFaults {
  /** `first`: what the first round costs. */
  epsilonTooSmall: { first: string };
  tooManyColluders: { minSummed: number };
  noiseTooCoarse: { sigma: number; least: number };
  /** `needed` and `sigma` in real units; `fits`: single numbers that would do, each with its name. */
  noiseDoesNotFit: Pick<DifferentialPrivacy, "clipNorm" | "noiseMultiplier"> & {
    clip: number;
    needed: string;
    sigmas: number;
    sigma: string;
    weight: number;
    trainers: number;
    fits: readonly string[];
  };
}

/** The noise needs more room than the task's lanes have. */
export class NoiseDoesNotFit extends Error {
  override readonly name = "NoiseDoesNotFit";
  readonly fault: Fault<NoiseFaults>;

  constructor(message: string, fault: Fault<NoiseFaults>) {
    super(message);
    this.fault = fault;
  }
}

/**
 * A lane has room for the clip norm and so many sigmas of its trainer's noise. Cutting noise off is no harmless
 * post-processing, since one trainer's part protects nobody: so it must not happen. Beyond ten sigmas lies 1.5e-23 of a
 * Gaussian; with a million parameters, 32 trainers and a thousand rounds that adds less than 1e-12 to delta.
 */
export const ROOM_SIGMAS = 10;

/**
 * From here on a sum of discrete Gaussians is as good as one: it adds less than exp(-2500) to the Rényi divergence
 * (Kairouz, Liu and Steinke 2021, theorem 1).
 */
export const LEAST_SIGMA = 16;

/**
 * The noise of a task's trainers.
 * @throws NoiseDoesNotFit naming the fields of the task file and what would fit.
 */
export function noisePlan(privacy: DifferentialPrivacy, setting: NoiseSetting): NoisePlan {
  const { clipNorm, noiseMultiplier, colluders = 0 } = privacy;
  const { parameters, minSummed, mostWeight } = setting;
  if (colluders >= minSummed) {
    throw new NoiseDoesNotFit(
      `differentialPrivacy.colluders must be below ${minSummed}, the fewest updates in a sum: somebody has to add the noise.`,
      { fault: "tooManyColluders", minSummed },
    );
  }
  // Each lane is rounded by half a unit at most, before it is multiplied by the weight.
  const norm = clipNorm * 2 ** setting.fractionBits + Math.sqrt(parameters) / 2;
  const sensitivity = mostWeight * norm;
  const trainerSigma = Math.ceil((noiseMultiplier * sensitivity) / Math.sqrt(minSummed - colluders));
  if (trainerSigma < LEAST_SIGMA) {
    throw new NoiseDoesNotFit(
      `A trainer's noise would have a sigma of ${trainerSigma} lanes, which is too coarse: ` +
        `use more fixedPoint.fractionBits, so that it has at least ${LEAST_SIGMA}.`,
      { fault: "noiseTooCoarse", sigma: trainerSigma, least: LEAST_SIGMA },
    );
  }
  const plan = { clipNorm, sensitivity, trainerSigma };
  if (laneBound(setting) < roomNeeded(plan, setting)) throw doesNotFit(privacy, setting, plan);
  return plan;
}

/** The bound that a lane of weight 1 needs: the lightest trainer adds as much noise as the heaviest. */
function roomNeeded({ clipNorm, trainerSigma }: NoisePlan, { fractionBits }: FixedPoint): number {
  return Math.ceil(clipNorm * 2 ** fractionBits + 0.5 + ROOM_SIGMAS * trainerSigma);
}

function doesNotFit(privacy: DifferentialPrivacy, setting: NoiseSetting, plan: NoisePlan): NoiseDoesNotFit {
  const { fractionBits, clip, minSummed, maxTrainers, mostWeight, maxWeight } = setting;
  const { clipNorm, noiseMultiplier, colluders = 0 } = privacy;
  const unit = 2 ** fractionBits;
  const needed = roomNeeded(plan, setting) / unit;
  const sigma = plan.trainerSigma / unit;
  const fits: string[] = [];
  // The sum of the largest lanes has to stay below 2^31 as well: a larger clip may need fewer fraction bits.
  const widest = roundedUp(needed * 1.001);
  const bits = Math.min(fractionBits, Math.ceil(Math.log2(2 ** 31 / (maxTrainers * maxWeight * widest))) - 1);
  if (bits >= 1) fits.push(`fixedPoint.clip ${widest}${bits < fractionBits ? ` with fractionBits ${bits}` : ""}`);
  const rounding = needed - clipNorm - ROOM_SIGMAS * sigma;
  const shrink = (clip - Math.abs(rounding)) / needed;
  if (shrink > 0) fits.push(`differentialPrivacy.clipNorm ${roundedDown(clipNorm * shrink * 0.99)}`);
  const left = (clip - clipNorm) / (ROOM_SIGMAS * sigma);
  if (left > 0) fits.push(`differentialPrivacy.noiseMultiplier ${roundedDown(noiseMultiplier * left * 0.99)}`);
  if (left * mostWeight >= 1 && mostWeight > 1) fits.push(`weight.maxUnits ${Math.floor(mostWeight * left * 0.99)}`);
  const numbers = {
    ...{ clip, clipNorm, noiseMultiplier, weight: mostWeight, trainers: minSummed - colluders },
    ...{ needed: needed.toPrecision(4), sigmas: ROOM_SIGMAS, sigma: sigma.toPrecision(4), fits },
  };
  return new NoiseDoesNotFit(
    `fixedPoint.clip is ${clip}, but a lane needs room up to ${numbers.needed}: differentialPrivacy.clipNorm ` +
      `${clipNorm} and ${ROOM_SIGMAS} sigmas of a trainer's noise, ${numbers.sigma} each (noiseMultiplier ` +
      `${noiseMultiplier} x weight ${mostWeight} x clipNorm / sqrt(${numbers.trainers} trainers)). ` +
      (fits.length > 0 ? `Any one of these would fit: ${fits.join(", ")}.` : "Lower several of them.") +
      (mostWeight > 1 ? ' With the strategy "FedAvg" and "weighted" false the weight does not count.' : ""),
    { fault: "noiseDoesNotFit", ...numbers },
  );
}

/** To three digits. */
function roundedUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.ceil(value / unit) * unit).toPrecision(3));
}

/** To three digits. */
function roundedDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / unit) * unit).toPrecision(3));
}

/**
 * The vector, scaled down to the L2 norm if it is longer. Whatever is not finite stays as it is, for the quantisation to
 * refuse.
 */
export function clipToNorm(delta: Float32Array, norm: number): Float32Array {
  let square = 0;
  for (const value of delta) square += value * value;
  const length = Math.sqrt(square);
  if (!(length > norm) || length === Infinity) return delta;
  // A little less, for what float32 rounds up: 2^-24 of each entry.
  const scale = (norm / length) * (1 - 2 ** -22);
  return delta.map((value) => value * scale);
}

/** Lanes after which others get their turn: some ten milliseconds. */
const SLICE = 16_384;

/**
 * A copy of a weighted vector with a trainer's noise of one round on it, fresh with every call. It may take a second for
 * a million lanes, in which the process goes on with other work.
 *
 * @param limit The largest magnitude a lane may have: the task's bound times the trainer's weight.
 * @param word For tests. Noise from a known seed protects nothing.
 */
export async function withNoise(
  lanes: Int32Array,
  { trainerSigma }: NoisePlan,
  limit: number,
  signal: AbortSignal,
  word: RandomWords = secureWords(),
): Promise<Int32Array> {
  const next = gaussianNoise(trainerSigma, word);
  const highest = Math.min(limit, INT32_MAX);
  const noisy = new Int32Array(lanes.length);
  for (let i = 0; i < lanes.length; i++) {
    if (i % SLICE === 0) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
    }
    noisy[i] = Math.max(-limit, Math.min(highest, lanes[i]! + next()));
  }
  return noisy;
}
