// Fixed point: how a real number becomes a lane of a vector on chain, and back.
// A lane holds q = round(clamp(x, -clip, clip) * 2^fractionBits) as a signed 32-bit integer.

import type { Fault } from "./fault.ts";

/** How reals are written as lanes; both numbers are fixed in the task. */
export interface FixedPoint {
  /** Binary digits after the point, 1 to 30. */
  readonly fractionBits: number;
  /** Largest magnitude kept, in real units; anything beyond is clamped to it. */
  readonly clip: number;
}

export const INT32_MAX = 0x7fffffff;
export const INT32_MIN = -0x80000000;

export interface FixedPointFaults {
  onlyZero: FixedPoint;
  lanesTooLarge: FixedPoint & { bound: number; mostClip: number };
}

/** A clip and fraction bits that make no lane. */
export class UnusableFixedPoint extends RangeError {
  override readonly name = "UnusableFixedPoint";
  readonly fault: Fault<FixedPointFaults>;

  constructor(message: string, fault: Fault<FixedPointFaults>) {
    super(message);
    this.fault = fault;
  }
}

/** A value that is NaN or infinite cannot be written in fixed point. */
export class NotFiniteError extends Error {
  override readonly name = "NotFiniteError";
  /** Position of the first such value. */
  readonly index: number;

  constructor(index: number, value: number) {
    super(
      `Value ${index} is ${value}. Training has diverged: ` +
        "lower the learning rate or clip the gradients, then train this round again.",
    );
    this.index = index;
  }
}

/** A weighted delta does not fit in 32 bits. */
export class LaneOverflowError extends Error {
  override readonly name = "LaneOverflowError";
  /** Position of the first such lane. */
  readonly index: number;

  constructor(index: number, lane: number, weight: number) {
    super(
      `Lane ${index}: ${lane} times weight ${weight} does not fit in 32 bits. ` +
        "Use a smaller clip, fewer fraction bits or a smaller weight.",
    );
    this.index = index;
  }
}

/**
 * The largest magnitude a lane may have: `clip * 2^fractionBits`, rounded. This is what a task stores as its bound.
 *
 * @throws RangeError when fractionBits or clip are out of range, UnusableFixedPoint when the bound is not 1 to 2^31.
 */
export function laneBound({ fractionBits, clip }: FixedPoint): number {
  checkFractionBits(fractionBits);
  if (!(clip > 0 && clip < Infinity)) throw new RangeError(`Clip is ${clip}; it must be a positive number.`);
  const bound = Math.floor(clip * 2 ** fractionBits + 0.5);
  if (bound < 1) {
    throw new UnusableFixedPoint(
      `Clip ${clip} with ${fractionBits} fraction bits leaves only zero. Use a larger clip, or more fraction bits.`,
      { fault: "onlyZero", clip, fractionBits },
    );
  }
  if (bound > 2 ** 31) {
    const mostClip = 2 ** (31 - fractionBits);
    throw new UnusableFixedPoint(
      `Clip ${clip} with ${fractionBits} fraction bits needs lanes up to ${bound}, beyond 2^31. ` +
        `Use a clip up to ${mostClip}, or fewer fraction bits.`,
      { fault: "lanesTooLarge", clip, fractionBits, bound, mostClip },
    );
  }
  return bound;
}

/**
 * Writes reals as lanes, rounding half away from zero and clamping to plus or minus clip. A clip of exactly
 * 2^(31 - fractionBits) is allowed; its positive end then saturates at 2^31 - 1.
 *
 * @throws NotFiniteError at the first NaN or infinity.
 * @throws RangeError when fractionBits or clip are out of range.
 */
export function quantise(values: Float32Array, { fractionBits, clip }: FixedPoint): Int32Array {
  const bound = laneBound({ fractionBits, clip });
  const highest = Math.min(bound, INT32_MAX);
  const scale = 2 ** fractionBits;
  const lanes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    // Exact: a 24-bit significand times a power of two, and one half more, fit in a double wherever it matters.
    const scaled = values[i]! * scale;
    // Math.round takes halves towards +infinity and SDIV truncates; halves go away from zero here.
    const rounded = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5);
    if (rounded >= -bound && rounded <= highest) lanes[i] = rounded;
    else if (Number.isFinite(rounded)) lanes[i] = rounded < 0 ? -bound : highest;
    else throw new NotFiniteError(i, values[i]!);
  }
  return lanes;
}

/** Reads lanes as reals: `lane / 2^fractionBits`, to the nearest float32. */
export function dequantise(lanes: Int32Array, fractionBits: number): Float32Array {
  checkFractionBits(fractionBits);
  const step = 2 ** -fractionBits;
  const values = new Float32Array(lanes.length);
  for (let i = 0; i < lanes.length; i++) values[i] = lanes[i]! * step;
  return values;
}

/**
 * Multiplies a quantised delta by the trainer's integer weight.
 *
 * @throws LaneOverflowError at the first lane that leaves the int32 range.
 * @throws RangeError when weight is not an integer from 1 to 2^31 - 1.
 */
export function weigh(delta: Int32Array, weight: number): Int32Array {
  if (!Number.isInteger(weight) || weight < 1 || weight > INT32_MAX) {
    throw new RangeError(`Weight is ${weight}; it must be an integer from 1 to ${INT32_MAX}.`);
  }
  const weighted = new Int32Array(delta.length);
  for (let i = 0; i < delta.length; i++) {
    const product = delta[i]! * weight; // exact whenever it is in range
    if (product > INT32_MAX || product < INT32_MIN) throw new LaneOverflowError(i, delta[i]!, weight);
    weighted[i] = product;
  }
  return weighted;
}

function checkFractionBits(fractionBits: number): void {
  if (!Number.isInteger(fractionBits) || fractionBits < 1 || fractionBits > 30) {
    throw new RangeError(`Fraction bits are ${fractionBits}; they must be an integer from 1 to 30.`);
  }
}
