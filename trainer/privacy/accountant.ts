/**
 * What rounds of Gaussian noise cost in privacy, by Rényi differential privacy (Mironov 2017): each round has a Rényi
 * divergence for every order, rounds add up order by order, and the best order gives (epsilon, delta) at the end.
 * Conversion as in Canonne, Kamath and Steinke 2020, proposition 12; sampled rounds as in Mironov, Talwar and Zhang
 * 2019. Discrete Gaussian noise costs no more than the continuous one that is counted here.
 */

/** One kind of round, repeated. */
export interface GaussianRounds {
  /** Standard deviation of the noise in a round's sum over the sum's sensitivity. */
  readonly noiseMultiplier: number;
  /** Chance of each to take part in a round, independently and unseen (Poisson); 1, all in every round, unless given. */
  readonly samplingRate?: number;
  /** Chance that the promise does not hold. */
  readonly delta: number;
}

/** Fine where the best order usually lies, and up to where only very many rounds or very much noise go. */
const ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => i + 11),
  ...Array.from({ length: 73 }, (_, i) => Math.round(64 * 1.05 ** i)),
];

/**
 * Epsilon after so many rounds.
 * @throws RangeError naming the number that is out of range.
 */
export function epsilonAfter(rounds: number, mechanism: GaussianRounds): number {
  if (!Number.isSafeInteger(rounds) || rounds < 0) {
    throw new RangeError(`Rounds are ${rounds}; they must be a whole number from 0.`);
  }
  const costs = costsOf(mechanism);
  return epsilonOf(costs, rounds, mechanism.delta);
}

/**
 * The most rounds whose epsilon is at most `maxEpsilon`; 0 if not even one is.
 * @throws RangeError naming the number that is out of range.
 */
export function roundsWithin(maxEpsilon: number, mechanism: GaussianRounds): number {
  if (!(maxEpsilon > 0 && maxEpsilon < Infinity)) {
    throw new RangeError(`The ceiling of epsilon is ${maxEpsilon}; it must be a positive number.`);
  }
  const costs = costsOf(mechanism);
  const fits = (rounds: number) => epsilonOf(costs, rounds, mechanism.delta) <= maxEpsilon;
  let below = 0;
  let above = 1;
  while (fits(above)) {
    below = above;
    above *= 2;
    if (above > Number.MAX_SAFE_INTEGER) return below;
  }
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (fits(middle)) below = middle;
    else above = middle;
  }
  return below;
}

/** Rényi divergence of a round in which everybody takes part: order / (2 z^2). */
export function gaussianDivergence(order: number, noiseMultiplier: number): number {
  return order / (2 * noiseMultiplier ** 2);
}

/** Rényi divergence of a round in which each takes part with chance `samplingRate` below 1; order above 1. */
export function sampledGaussianDivergence(order: number, noiseMultiplier: number, samplingRate: number): number {
  return logMoment(order, noiseMultiplier, samplingRate) / (order - 1);
}

interface Cost {
  readonly order: number;
  /** Rényi divergence of one round. */
  readonly divergence: number;
}

function costsOf({ noiseMultiplier, samplingRate = 1, delta }: GaussianRounds): Cost[] {
  if (!(noiseMultiplier > 0 && noiseMultiplier < Infinity)) {
    throw new RangeError(`The noise multiplier is ${noiseMultiplier}; it must be a positive number.`);
  }
  if (!(samplingRate > 0 && samplingRate <= 1)) {
    throw new RangeError(`The sampling rate is ${samplingRate}; it must be above 0 and at most 1.`);
  }
  if (!(delta > 0 && delta < 1)) throw new RangeError(`Delta is ${delta}; it must be between 0 and 1.`);
  return ORDERS.map((order) => ({
    order,
    divergence:
      samplingRate === 1
        ? gaussianDivergence(order, noiseMultiplier)
        : sampledGaussianDivergence(order, noiseMultiplier, samplingRate),
  }));
}

function epsilonOf(costs: readonly Cost[], rounds: number, delta: number): number {
  let least = Infinity;
  for (const { order, divergence } of costs) {
    const spent = rounds * divergence;
    // So little that delta alone covers it: the total variation is at most sqrt(1 - exp(-divergence)).
    if (-Math.expm1(-spent) < delta ** 2) return 0;
    least = Math.min(least, spent + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
  }
  return Math.max(0, least);
}

/** log E[((1 - q) + q N(1, z^2) / N(0, z^2))^order] under N(0, z^2): log A of Mironov, Talwar and Zhang 2019. */
function logMoment(order: number, z: number, q: number): number {
  return Number.isInteger(order) ? logMomentOfInteger(order, z, q) : logMomentOfFraction(order, z, q);
}

/** Section 3.3 of the paper, whole orders: a binomial sum. */
function logMomentOfInteger(order: number, z: number, q: number): number {
  let sum = -Infinity;
  let logBinomial = 0;
  for (let k = 0; k <= order; k++) {
    sum = logAdd(sum, logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q) + (k * k - k) / (2 * z * z));
    logBinomial += Math.log((order - k) / (k + 1));
  }
  return sum;
}

const MOST_TERMS = 400;
/** In natural logarithms: what is so much smaller than the sum does not count. */
const NEGLIGIBLE = 35;

/** Section 3.3 of the paper, any order: two binomial series, for either side of z0. */
function logMomentOfFraction(order: number, z: number, q: number): number {
  const z0 = z * z * Math.log(1 / q - 1) + 0.5;
  const side = Math.SQRT2 * z;
  // Terms beyond the order alternate: each sign has its own sum.
  const sums = { positive: -Infinity, negative: -Infinity };
  let logBinomial = 0;
  let sign: keyof typeof sums = "positive";
  let term = 0;
  for (let i = 0; i < MOST_TERMS; i++) {
    const j = order - i;
    const left = i * Math.log(q) + j * Math.log1p(-q) + (i * i - i) / (2 * z * z) + logHalfErfc((i - z0) / side);
    const right = j * Math.log(q) + i * Math.log1p(-q) + (j * j - j) / (2 * z * z) + logHalfErfc((z0 - j) / side);
    term = logBinomial + logAdd(left, right);
    sums[sign] = logAdd(sums[sign], term);
    if (i > order && term < sums.positive - NEGLIGIBLE) break;
    logBinomial += Math.log(Math.abs(j) / (i + 1));
    if (j < 0) sign = sign === "positive" ? "negative" : "positive";
  }
  // What is left of an alternating series is at most its last term: never less than the truth.
  return logAdd(logSubtract(sums.positive, sums.negative), term);
}

/** log(exp(a) + exp(b)). */
function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

/** log(exp(a) - exp(b)), a > b. */
function logSubtract(a: number, b: number): number {
  return a + Math.log1p(-Math.exp(b - a));
}

/** log(erfc(x) / 2), also where erfc underflows. */
function logHalfErfc(x: number): number {
  if (x < 0) return Math.log1p(-Math.exp(logHalfErfc(-x)));
  if (x < 2) {
    // erf's series with positive terms only: 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!
    let sum = 0;
    for (let n = 0, term = x; term > sum * 1e-17; n++, term *= (2 * x * x) / (2 * n + 1)) sum += term;
    return Math.log(0.5 - (Math.exp(-x * x) * sum) / Math.sqrt(Math.PI));
  }
  // Its continued fraction x + (1/2)/(x + 1/(x + (3/2)/(x + ...))), from the inside out.
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return -x * x - Math.log(2 * Math.sqrt(Math.PI) * fraction);
}
