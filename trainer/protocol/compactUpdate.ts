/**
 * An update in few bytes: which numbers are kept, and their values as steps on a grid of a block's own. One vector has one
 * coding, and whoever knows the task's form knows the most bytes that it takes.
 *
 *   version 1, one byte
 *   positions  only where the largest are kept: the zeros between them in a Rice code (Golomb 1966; Rice and Plaunt 1971), as
 *              Sattler et al. 2019 have them (https://arxiv.org/abs/1903.02891): a quotient in unary, r bits of remainder; then
 *              zeros up to a whole byte
 *   values     with all 32 bits: big-endian, as lanes are anywhere. With fewer, for each block of BLOCK values: its least one
 *              (int32), the greatest step that leads from it to all others (uint32; 0 if they are equal), and the number of
 *              steps of each; the last block is shorter and ends with zeros up to a whole byte
 *
 * No number is multiplied by its trainer's weight here: the seat says that.
 */
import { BitsEnded, createBitReader, createBitWriter } from "./bits.ts";
import type { BitReader, BitWriter } from "./bits.ts";
import { INT32_MAX } from "./quantise.ts";

export type LevelBits = 8 | 4 | 1;

/** What all who read a task's updates agree on. */
export interface CompactForm {
  /** Of the vector, frozen layers left out. */
  readonly lanes: number;
  /** Which are written: all, those that the coding names, or those that every reader draws. */
  readonly keep: "all" | "largest" | "random";
  /** How many are written; all of `lanes` if all are kept. */
  readonly kept: number;
  /** Digits of a value; 32 unless they are rounded. */
  readonly bits: LevelBits | 32;
}

export interface CompactUpdate {
  /** Ascending, one for each value; undefined where all are kept, or where readers draw them. */
  readonly positions: Uint32Array | undefined;
  readonly values: Int32Array;
}

/** The bytes are no update in this form, or not as it is written. */
export class NotCompact extends Error {
  override readonly name = "NotCompact";
}

const VERSION = 1;
/** Values that share a grid. Each grid takes 8 bytes; the fewer share it, the closer it is (docs/compression.md). */
export const BLOCK: Readonly<Record<LevelBits, number>> = { 8: 256, 4: 128, 1: 64 };
const GRID_BYTES = 8;

/** The most bytes that an update takes; exactly so many unless the largest are kept. */
export function mostCompactBytes(form: CompactForm): number {
  return 1 + mostPositionBytes(form) + valueBytes(form);
}

/** @throws RangeError if the values do not lie on grids of so few bits, or positions and values do not fit the form. */
export function encodeCompact(form: CompactForm, { positions, values }: CompactUpdate): Uint8Array<ArrayBuffer> {
  const { keep, kept, bits } = form;
  if (values.length !== kept || (keep === "largest") !== (positions !== undefined)) {
    throw new RangeError(
      `${values.length} values and ${positions?.length ?? "no"} positions are no update of ${kept}.`,
    );
  }
  const out = createBitWriter(mostCompactBytes(form));
  out.write(VERSION, 8);
  if (positions !== undefined) writePositions(out, form, positions);
  if (bits === 32) values.forEach((value) => writeWord(out, value));
  else for (const block of blocksOf(values, bits)) writeBlock(out, bits, block);
  return out.bytes();
}

/**
 * Reads what `encodeCompact` writes, and nothing else. It keeps no more than the form has numbers.
 * @throws NotCompact
 */
export function decodeCompact(form: CompactForm, bytes: Uint8Array): CompactUpdate {
  const most = mostCompactBytes(form);
  if (bytes.length > most) throw new NotCompact(`${bytes.length} bytes are more than the ${most} of this form.`);
  const update = read(form, bytes);
  const canonical = encodeCompact(form, update);
  if (canonical.length === bytes.length && canonical.every((byte, i) => byte === bytes[i])) return update;
  throw new NotCompact("The bytes are not as this update is written: it has one coding.");
}

function read(form: CompactForm, bytes: Uint8Array): CompactUpdate {
  const { keep, kept, bits } = form;
  const from = createBitReader(bytes);
  try {
    const version = from.read(8);
    if (version !== VERSION) throw new NotCompact(`The coding has version ${version}, and ${VERSION} is known.`);
    const positions = keep === "largest" ? readPositions(from, form) : undefined;
    if (from.left < valueBytes(form)) throw new BitsEnded("The values are missing.");
    const values = new Int32Array(kept);
    if (bits === 32) for (let i = 0; i < kept; i++) values[i] = readWord(from) | 0;
    else for (const block of blocksOf(values, bits)) readBlock(from, bits, block);
    return { positions, values };
  } catch (error) {
    if (error instanceof BitsEnded) throw new NotCompact(error.message);
    throw error;
  }
}

/** The r of the Rice code: 2^r is at most the mean distance of two kept numbers. */
function riceBits({ lanes, kept }: CompactForm): number {
  let r = 0;
  while (2 ** (r + 1) * kept <= lanes) r++;
  return Math.min(r, 24);
}

function mostPositionBytes(form: CompactForm): number {
  const { keep, lanes, kept } = form;
  if (keep !== "largest") return 0;
  const r = riceBits(form);
  return Math.ceil((kept * (1 + r) + Math.floor((lanes - kept) / 2 ** r)) / 8);
}

function valueBytes({ kept, bits }: CompactForm): number {
  return bits === 32 ? 4 * kept : GRID_BYTES * Math.ceil(kept / BLOCK[bits]) + Math.ceil((kept * bits) / 8);
}

function writePositions(out: BitWriter, form: CompactForm, positions: Uint32Array): void {
  const r = riceBits(form);
  let next = 0;
  for (const position of positions) {
    const between = position - next;
    if (between < 0 || position >= form.lanes) throw new RangeError("Positions are ascending, and within the vector.");
    for (let quotient = Math.floor(between / 2 ** r); quotient > 0; quotient--) out.write(1, 1);
    out.write(0, 1);
    out.write(between % 2 ** r, r);
    next = position + 1;
  }
  out.align();
}

function readPositions(from: BitReader, form: CompactForm): Uint32Array {
  const r = riceBits(form);
  const positions = new Uint32Array(form.kept);
  let next = 0;
  for (let i = 0; i < positions.length; i++) {
    while (from.read(1) === 1) next += 2 ** r;
    next += from.read(r);
    if (next >= form.lanes) throw new NotCompact(`Position ${i} is behind the vector's ${form.lanes} numbers.`);
    positions[i] = next++;
  }
  from.align();
  return positions;
}

function writeBlock(out: BitWriter, bits: LevelBits, values: Int32Array): void {
  let least = INT32_MAX;
  for (const value of values) least = Math.min(least, value);
  let [step, most] = [0, 0];
  for (const value of values) {
    const above = value - least;
    if (step === 0 || above % step !== 0) step = greatestCommonDivisor(above, step);
    most = Math.max(most, above);
  }
  if (most > step * (2 ** bits - 1)) throw new RangeError(`These values lie on no grid of ${bits} bits.`);
  writeWord(out, least);
  writeWord(out, step);
  for (const value of values) out.write(step === 0 ? 0 : (value - least) / step, bits);
  out.align();
}

function readBlock(from: BitReader, bits: LevelBits, values: Int32Array): void {
  const least = readWord(from) | 0;
  const step = readWord(from);
  for (let i = 0; i < values.length; i++) {
    const value = least + from.read(bits) * step;
    if (value > INT32_MAX) throw new NotCompact(`A value is ${value}, beyond 32 bits.`);
    values[i] = value;
  }
  from.align();
}

function* blocksOf(values: Int32Array, bits: LevelBits): Generator<Int32Array> {
  const size = BLOCK[bits];
  for (let from = 0; from < values.length; from += size) yield values.subarray(from, from + size);
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function writeWord(out: BitWriter, word: number): void {
  out.write((word >>> 16) & 0xffff, 16);
  out.write(word & 0xffff, 16);
}

/** Unsigned. */
function readWord(from: BitReader): number {
  return from.read(16) * 2 ** 16 + from.read(16);
}
