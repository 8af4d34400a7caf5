/**
 * Numbers rounded to few levels between the smallest and the largest of a block, up or down at random so that the mean is
 * right: Suresh et al. 2017, "Distributed Mean Estimation with Limited Communication" (https://arxiv.org/abs/1611.00429),
 * section 2.2.
 *
 * With few levels that moves a block further than it is long, and an error that is fed back would grow. So each block is
 * first divided by 1 + omega, where omega is the expected squared error over the squared length: what is left over is then
 * shorter than the block, on average by omega / (1 + omega) (Beznosikov et al. 2020, https://arxiv.org/abs/2002.12410).
 */
import { BLOCK } from "../../protocol/compactUpdate.ts";
import type { LevelBits } from "../../protocol/compactUpdate.ts";
import type { Random } from "../random.ts";

/** @param highest No number gets larger. */
export function roundedToLevels(values: Int32Array, bits: LevelBits, highest: number, random: Random): Int32Array {
  const rounded = new Int32Array(values.length);
  for (let from = 0; from < values.length; from += BLOCK[bits]) {
    const block = values.subarray(from, from + BLOCK[bits]);
    roundBlock(block, rounded.subarray(from, from + block.length), 2 ** bits - 1, highest, random);
  }
  return rounded;
}

/** @param steps One less than there are levels. */
function roundBlock(block: Int32Array, rounded: Int32Array, steps: number, highest: number, random: Random): void {
  let [least, most, square] = [block[0]!, block[0]!, 0];
  for (const value of block) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    square += value * value;
  }
  if (square === 0) return;
  const shrink = square / (square + expectedError(block, least, (most - least) / steps));
  // Whole numbers, so that every level is a lane.
  const first = Math.floor(least * shrink);
  const step = Math.ceil((most * shrink - first) / steps);
  for (let i = 0; i < block.length; i++) {
    const level = step === 0 ? 0 : Math.min(steps, (block[i]! * shrink - first) / step);
    const down = first + Math.floor(level) * step;
    const isUp = random.uniform() < level - Math.floor(level) && down + step <= highest;
    rounded[i] = isUp ? down + step : down;
  }
}

/** Of rounding to multiples of `step` above `least`, squared: the sum of (up - x) (x - down). */
function expectedError(block: Int32Array, least: number, step: number): number {
  if (step === 0) return 0;
  let error = 0;
  for (const value of block) {
    const above = (value - least) % step;
    error += above * (step - above);
  }
  return error;
}
