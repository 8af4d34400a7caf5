/**
 * Seeded random numbers: xoshiro128** 1.1 (Blackman and Vigna 2018, https://prng.di.unimi.it/xoshiro128starstar.c).
 * The same seed gives the same numbers on every machine. For shuffles, shards and initial weights; never for keys.
 */
import { sha256 } from "@noble/hashes/sha2.js";

export interface Random {
  /** The next 32 bits, 0 to 2^32 - 1. */
  uint32(): number;
  /** Uniform in [0, 1) with 32 bits. */
  uniform(): number;
  /** A uniform integer in [0, bound), bound from 1 to 2^32, without bias. */
  below(bound: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /**
   * The logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang 2000). The logarithm, because small shapes give
   * numbers that underflow.
   */
  logGamma(shape: number): number;
  /** Puts the items in uniformly random order, in place (Fisher and Yates). */
  shuffle(items: Uint32Array): void;
}

/**
 * A generator for one purpose. Derive independent ones by naming the purpose in the seed: `createRandom("7/shuffle/3")`.
 */
export function createRandom(seed: number | string): Random {
  const digest = new DataView(sha256(new TextEncoder().encode(String(seed))).buffer);
  return fromState([0, 4, 8, 12].map((at) => digest.getUint32(at, true)));
}

/** A generator in a given state: four 32-bit words, not all zero. */
export function fromState(words: readonly number[]): Random {
  const state = Uint32Array.from(words);
  if (state.length !== 4 || state.every((word) => word === 0)) {
    throw new RangeError("The state is four 32-bit words that are not all zero.");
  }
  let [a, b, c, d] = state as unknown as [number, number, number, number]; // four words, checked above

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };

  const uniform = (): number => uint32() / 2 ** 32;

  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`The bound is an integer from 1 to 2^32, not ${bound}.`);
    }
    const fair = 2 ** 32 - (2 ** 32 % bound);
    let drawn = uint32();
    while (drawn >= fair) drawn = uint32();
    return drawn % bound;
  };

  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  };

  const logGamma = (shape: number): number => {
    if (!(shape > 0) || !Number.isFinite(shape)) throw new RangeError(`The shape is a positive number, not ${shape}.`);
    // Gamma(s) = Gamma(s + 1) * U^(1/s); the method below needs s >= 1.
    if (shape < 1) return logGamma(shape + 1) + Math.log1p(-uniform()) / shape;
    const third = shape - 1 / 3;
    const width = 1 / Math.sqrt(9 * third);
    for (;;) {
      const x = normal();
      const cube = (1 + width * x) ** 3;
      if (cube <= 0) continue;
      if (Math.log1p(-uniform()) < 0.5 * x * x + third * (1 - cube + Math.log(cube))) {
        return Math.log(third) + Math.log(cube);
      }
    }
  };

  const shuffle = (items: Uint32Array): void => {
    for (let last = items.length - 1; last > 0; last--) {
      const chosen = below(last + 1);
      const moved = items[chosen] as number; // chosen <= last < length
      items[chosen] = items[last] as number;
      items[last] = moved;
    }
  };

  return { uint32, uniform, below, normal, logGamma, shuffle };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
