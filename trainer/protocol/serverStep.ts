// The server's step in integers: how the sum of a round's updates becomes the next model. Every result is exact, so that
// a contract can recompute any lane of it (contracts/libraries/ServerStep.sol). With mean = sum / divisor, rounded:
//
//   FedAvg, Uniform   w' = w + mean                                (McMahan et al. 2017)
//   FedAvgM           m' = b m + mean            w' = w + rate m'  (Hsu et al. 2019)
//   FedAdam           m' = b m + (1 - b) mean    u' = sqrt(b2 u^2 + (1 - b2) mean^2)
//                     w' = w + rate m' / (u' + tau)                (Reddi et al. 2021, without bias correction)
//   FedYogi           u' = sqrt(u^2 - (1 - b2) mean^2 sign(u^2 - mean^2)), else as FedAdam
//   FedAdagrad        u' = sqrt(u^2 + mean^2), else as FedAdam
//
// Moments carry 8 more binary digits than the model, because what they lose by rounding adds up over the rounds. Of the
// second moment the square root is kept: it has half as many digits, and fits a lane. Results are rounded to the nearest
// integer, halves away from zero, and saturate at the int32 range. Only b m rounds towards zero: to the nearest, a small
// moment would round to itself, and the model would drift for ever after updates have ceased.

import { INT32_MAX, INT32_MIN } from "./quantise.ts";

/** In the order of ITrainingTask.ServerRule. */
export const SERVER_RULES = ["FedAvg", "Uniform", "FedAvgM", "FedAdam", "FedYogi", "FedAdagrad"] as const;
export type ServerRule = (typeof SERVER_RULES)[number];

/** How a task steps its model; the numbers are used only by the rules named. */
export interface StepRule {
  readonly rule: ServerRule;
  /** FedAvgM and those after it: the server's learning rate in units of 2^-16, below 2^32. */
  readonly serverRate: number;
  /** The same: what is kept of the first moment each round, in units of 2^-16, below 2^16. */
  readonly momentum: number;
  /** FedAdam, FedYogi: what is kept of the second moment each round, in units of 2^-16, below 2^16. */
  readonly secondMomentum: number;
  /** FedAdam, FedYogi, FedAdagrad: tau in lanes, 1 to 2^32 - 1. */
  readonly adaptivity: number;
  /** The same: binary digits of a lane after the point, 1 to 30. */
  readonly fractionBits: number;
}

/** The model and what its rule remembers from round to round, vectors of one length. */
export interface ServerState {
  readonly model: Int32Array;
  /** FedAvgM: m. The adaptive rules after it: m, u. In units of 2^-8 lanes. */
  readonly moments: readonly Int32Array[];
}

/** The largest divisor of a step. */
export const MAX_DIVISOR = 2 ** 31;

/** A lane has this many units of a moment. */
const MOMENT_UNITS = 2 ** 8;
/** One, in the units of rates and momenta. */
const ONE = 2 ** 16;

/** How many moment vectors a rule keeps beside the model. */
export function momentCount(rule: ServerRule): 0 | 1 | 2 {
  switch (rule) {
    case "FedAvg":
    case "Uniform":
      return 0;
    case "FedAvgM":
      return 1;
    case "FedAdam":
    case "FedYogi":
    case "FedAdagrad":
      return 2;
  }
}

/** A model before its first step: its moments are zero. */
export function freshState(rule: ServerRule, model: Int32Array): ServerState {
  return { model, moments: Array.from({ length: momentCount(rule) }, () => new Int32Array(model.length)) };
}

/**
 * The next state, in new vectors.
 *
 * @param sum Lanes of the sum of the updates, multiplied by their weights unless the rule is Uniform.
 * @param divisor The total weight, or for Uniform the number of updates: 1 to 2^31.
 * @throws RangeError when lengths differ, a number of the rule or the divisor is out of range, or there are not as many
 * moments as the rule keeps.
 */
export function serverStep(rule: StepRule, state: ServerState, sum: Int32Array, divisor: number): ServerState {
  checkRule(rule);
  checkState(rule.rule, state);
  const { model, moments } = state;
  if (model.length !== sum.length) {
    throw new RangeError(`The model has ${model.length} lanes and the sum ${sum.length}; they must be as many.`);
  }
  checkWhole("The divisor", divisor, 1, MAX_DIVISOR);
  switch (rule.rule) {
    case "FedAvg":
    case "Uniform":
      return averageStep(model, sum, divisor);
    case "FedAvgM":
      return momentumStep(rule, model, moments[0]!, sum, divisor);
    case "FedAdam":
    case "FedYogi":
    case "FedAdagrad":
      return adaptiveStep(rule, model, moments[0]!, moments[1]!, sum, divisor);
  }
}

function averageStep(model: Int32Array, sum: Int32Array, divisor: number): ServerState {
  const next = new Int32Array(model.length);
  for (let i = 0; i < next.length; i++) {
    const stepped = model[i]! + roundDiv(sum[i]!, divisor);
    // Written out, saturate() lets this loop take a quarter less time.
    next[i] = stepped > INT32_MAX ? INT32_MAX : stepped < INT32_MIN ? INT32_MIN : stepped;
  }
  return { model: next, moments: [] };
}

function momentumStep(
  { serverRate, momentum }: StepRule,
  model: Int32Array,
  moment: Int32Array,
  sum: Int32Array,
  divisor: number,
): ServerState {
  const next = new Int32Array(model.length);
  const nextMoment = new Int32Array(model.length);
  for (let i = 0; i < next.length; i++) {
    // Exact: the product stays below 2^47, and dividing by a power of two only moves the point.
    const kept = Math.trunc((momentum * moment[i]!) / ONE);
    const m = saturate(kept + roundDiv(sum[i]!, divisor) * MOMENT_UNITS);
    nextMoment[i] = m;
    next[i] = saturate(model[i]! + rounded(serverRate, m, 1, ONE * MOMENT_UNITS));
  }
  return { model: next, moments: [nextMoment] };
}

function adaptiveStep(
  { rule, serverRate, momentum, secondMomentum, adaptivity, fractionBits }: StepRule,
  model: Int32Array,
  first: Int32Array,
  second: Int32Array,
  sum: Int32Array,
  divisor: number,
): ServerState {
  const next = new Int32Array(model.length);
  const nextFirst = new Int32Array(model.length);
  const nextSecond = new Int32Array(model.length);
  const scale = 2 ** fractionBits;
  for (let i = 0; i < next.length; i++) {
    // Saturated before it is used, the update keeps both moments within lanes whatever the sum is.
    const d = saturate(roundDiv(sum[i]!, divisor) * MOMENT_UNITS);
    // Exact: the products stay below 2^48.
    const m = Math.trunc((momentum * first[i]! + (ONE - momentum) * d) / ONE);
    const u = saturate(secondMoment(rule, secondMomentum, Math.abs(second[i]!), Math.abs(d)));
    nextFirst[i] = m;
    nextSecond[i] = u;
    next[i] = saturate(model[i]! + rounded(serverRate, m, scale, ONE * (u + adaptivity * MOMENT_UNITS)));
  }
  return { model: next, moments: [nextFirst, nextSecond] };
}

/** The nearest integer to a quotient, halves away from zero; of a lane, by 1 to 2^31. */
export function roundDiv(sum: number, divisor: number): number {
  // round(|s| / D) = floor((2|s| + D) / 2D). Doubles are exact here: both are integers below 2^53, so a quotient that is
  // no integer lies at least 1 / 2D below the next one, while the division is off by less than quotient / 2^53.
  const twice = 2 * sum;
  return twice < 0 ? -Math.floor((divisor - twice) / (2 * divisor)) : Math.floor((twice + divisor) / (2 * divisor));
}

/**
 * roundDiv(rate * moment * scale, denominator); beyond 2^33, where it saturates whatever it is added to, only nearly so.
 *
 * @param rate Below 2^32. @param moment A lane. @param scale A power of two. @param denominator Below 2^57, exact.
 */
function rounded(rate: number, moment: number, scale: number, denominator: number): number {
  const magnitude = Math.abs(moment);
  // The product and the quotient round once each, so this is off by at most 2^-52 of itself: by 2^-19 below 2^33.
  const quotient = (rate * magnitude * scale) / denominator;
  let nearest = Math.floor(quotient);
  const fraction = quotient - nearest;
  if (isNearHalf(fraction)) {
    const twice = 2n * BigInt(rate) * BigInt(magnitude) * BigInt(scale);
    if (twice >= BigInt(2 * nearest + 1) * BigInt(denominator)) nearest++;
  } else if (fraction > 0.5) nearest++;
  return moment < 0 ? -nearest : nearest;
}

/** The root of the next second moment, rounded: from that of the last one and the magnitude of an update, both lanes. */
function secondMoment(rule: ServerRule, kept: number, u: number, d: number): number {
  const rest = ONE - kept;
  if (rule === "FedAdagrad") return rootOf(ONE, u * u, ONE, d * d, () => [u, u, d, d]);
  if (rule === "FedAdam") return rootOf(kept, u * u, rest, d * d, () => [u, u, d, d]);
  if (d >= u) return d === u ? u : rootOf(ONE, u * u, rest, d * d, () => [u, u, d, d]);
  // u^2 - (1 - b2) d^2, without a difference of squares, which doubles would lose digits in.
  return rootOf(kept, u * u, rest, (u - d) * (u + d), () => [u, u, u - d, u + d]);
}

/**
 * round(sqrt((a * x + b * y) / 2^16)), halves up, of products x and y of two numbers below 2^32.
 *
 * @param factors Those of x and of y, where doubles leave the rounding open.
 */
function rootOf(a: number, x: number, b: number, y: number, factors: () => [number, number, number, number]): number {
  // Below 2^32, and a few roundings before the root and its own leave it off by at most 2^-50 of itself: by 2^-18 at most.
  const root = Math.sqrt((a * x + b * y) / ONE);
  let nearest = Math.floor(root);
  const fraction = root - nearest;
  if (isNearHalf(fraction)) {
    // root >= nearest + 1/2, squared and without its fractions
    const [x1, x2, y1, y2] = factors().map(BigInt) as [bigint, bigint, bigint, bigint];
    const mean = BigInt(a) * x1 * x2 + BigInt(b) * y1 * y2;
    if (4n * mean >= BigInt(ONE) * BigInt(2 * nearest + 1) ** 2n) nearest++;
  } else if (fraction > 0.5) nearest++;
  return nearest;
}

/** Whether doubles leave open to which side a fraction is to be rounded: both callers are off by at most 2^-18. */
function isNearHalf(fraction: number): boolean {
  return Math.abs(fraction - 0.5) <= 2 ** -17;
}

function saturate(value: number): number {
  return Math.min(Math.max(value, INT32_MIN), INT32_MAX);
}

function checkRule({ rule, serverRate, momentum, secondMomentum, adaptivity, fractionBits }: StepRule): void {
  if (momentCount(rule) === 0) return;
  checkWhole("The server rate", serverRate, 0, 2 ** 32 - 1);
  checkWhole("The momentum", momentum, 0, ONE - 1);
  if (momentCount(rule) === 1) return;
  checkWhole("The second momentum", secondMomentum, 0, ONE - 1);
  checkWhole("The adaptivity", adaptivity, 1, 2 ** 32 - 1);
  checkWhole("The number of fraction bits", fractionBits, 1, 30);
}

function checkState(rule: ServerRule, { model, moments }: ServerState): void {
  const count = momentCount(rule);
  if (moments.length !== count) {
    throw new RangeError(`${rule} keeps ${count} moments, the state has ${moments.length}; it is another rule's.`);
  }
  for (const { length } of moments) {
    if (length === model.length) continue;
    throw new RangeError(`The model has ${model.length} lanes and a moment ${length}; they must be as many.`);
  }
}

function checkWhole(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${what} is ${value}; it must be an integer from ${least} to ${most}.`);
}
