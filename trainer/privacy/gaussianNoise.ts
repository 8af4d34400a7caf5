/**
 * Exact discrete Gaussian noise (Canonne, Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy",
 * algorithms 1 to 3): P(y) is proportional to exp(-y^2 / (2 sigma^2)) on the integers. No floating point takes part, so
 * no rounding can leak what the noise should hide (Mironov 2012).
 *
 * With a whole sigma every coin of the algorithm is a product of coins with chance r / sigma or 1 / k: y = r + v sigma
 * is accepted with exp(-(v - 1 + r/sigma)^2 / 2), and the square splits into a half, a linear and a quadratic part. So
 * 32-bit words suffice, and nothing needs big integers. It is not constant-time: who can time single samples learns
 * something of their size.
 */

/** The next uniform 32 bits, 0 to 2^32 - 1. */
export type RandomWords = () => number;

/** The largest sigma: a sample is a lane of 32 bits. */
export const MAX_SIGMA = 2 ** 31 - 1;

/** As many as are given at once. */
const POOL_WORDS = 16_384;

/** Words from the system's cryptographic generator, drawn many at a time. */
export function secureWords(): RandomWords {
  const pool = new Uint32Array(POOL_WORDS);
  let used = POOL_WORDS;
  return () => {
    if (used === POOL_WORDS) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    const word = pool[used] as number; // used < POOL_WORDS
    pool[used++] = 0; // a noise that is known is none
    return word;
  };
}

/**
 * A sampler of the discrete Gaussian with mean 0.
 * @param sigma a whole number from 1 to MAX_SIGMA (of the continuous Gaussian with this density; the standard deviation
 * is the same to many digits).
 * @throws RangeError for another sigma.
 */
export function gaussianNoise(sigma: number, word: RandomWords = secureWords()): () => number {
  if (!Number.isInteger(sigma) || sigma < 1 || sigma > MAX_SIGMA) {
    throw new RangeError(`Sigma is ${sigma}; it must be a whole number from 1 to ${MAX_SIGMA}.`);
  }
  const fairBelow = (bound: number): number => 2 ** 32 - (2 ** 32 % bound);
  const fair = fairBelow(sigma);

  /** Uniform in [0, sigma). */
  const belowSigma = (): number => {
    let drawn = word();
    while (drawn >= fair) drawn = word();
    return drawn % sigma;
  };

  /** True with chance 1 / k, for a small k. */
  const oneIn = (k: number): boolean => {
    const limit = fairBelow(k);
    let drawn = word();
    while (drawn >= limit) drawn = word();
    return drawn % k === 0;
  };

  /** True with chance exp(-1/scale). Algorithm 1: the length of a run of coins with chance 1 / (scale k), k = 1, 2, ... */
  const expOneOver = (scale: number): boolean => {
    let k = 1;
    while (oneIn(scale * k)) k++;
    return k % 2 === 1;
  };

  /** True with chance exp(-r / sigma), r from 0 to sigma. */
  const expLinear = (r: number): boolean => {
    let k = 1;
    while (belowSigma() < r && oneIn(k)) k++;
    return k % 2 === 1;
  };

  /** True with chance exp(-(r / sigma)^2 / 2), r from 0 to sigma. */
  const expQuadratic = (r: number): boolean => {
    let k = 1;
    while (belowSigma() < r && belowSigma() < r && oneIn(2 * k)) k++;
    return k % 2 === 1;
  };

  /** True with chance exp(-(v - 1 + r/sigma)^2 / 2). */
  const isAccepted = (v: number, r: number): boolean => {
    if (v === 0) return expQuadratic(sigma - r);
    const whole = v - 1;
    for (let i = 0; i < whole * whole; i++) if (!expOneOver(2)) return false;
    for (let i = 0; i < whole; i++) if (!expLinear(r)) return false;
    return expQuadratic(r);
  };

  return () => {
    for (;;) {
      // Algorithm 2: magnitude and sign of a discrete Laplace variate with scale sigma.
      const r = belowSigma();
      if (!expLinear(r)) continue;
      let v = 0;
      while (expOneOver(1)) v++;
      const isNegative = word() % 2 === 1;
      if (isNegative && v === 0 && r === 0) continue; // zero has one sign only
      // Algorithm 3: bent into a Gaussian.
      if (!isAccepted(v, r)) continue;
      const magnitude = r + v * sigma;
      return isNegative ? -magnitude : magnitude;
    }
  };
}
