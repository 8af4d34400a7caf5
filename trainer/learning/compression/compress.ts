/**
 * Compression with error feedback: what an update leaves out joins the next one. Seide et al. 2014 (1-bit SGD), Stich et al.
 * 2018, "Sparsified SGD with Memory" (https://arxiv.org/abs/1809.07599), Karimireddy et al. 2019, "Error Feedback Fixes SignSGD"
 * (https://arxiv.org/abs/1901.09847), Algorithm 1: p = delta + e, send C(p), e' = p - C(p).
 *
 * All of it is in lanes, before they are multiplied by the trainer's weight: what is sent is exactly what is summed.
 */
import { decodeCompact, encodeCompact } from "../../protocol/compactUpdate.ts";
import { INT32_MAX } from "../../protocol/quantise.ts";
import { createRandom } from "../random.ts";
import type { Range } from "../freezing.ts";
import type { UpdateForm } from "./compression.ts";
import { drawnLanes, largestLanes } from "./keptLanes.ts";
import { roundedToLevels } from "./stochasticRounding.ts";

/** What a trainer's memory has it under (Memory.own). */
export const RESIDUAL = "residual";

export interface CompressedUpdate {
  /** What readers will read: as many as the model has parameters. */
  readonly lanes: Int32Array;
  /** The same in few bytes. */
  readonly coded: Uint8Array<ArrayBuffer>;
  /** What is left for the next update, in lanes. */
  readonly residual: Float32Array;
}

export interface CompressionTurn {
  /** What the update before left; nothing unless given. */
  readonly residual: Float32Array | undefined;
  /** The largest magnitude that a lane may have. What a lane cannot carry waits, as far as one more can carry it. */
  readonly bound: number;
  /** Names the update, to all who read it: what is drawn is drawn from it. */
  readonly label: string;
}

/** @throws RangeError if delta or residual have another length than the form. */
export function compress(
  form: UpdateForm,
  delta: Int32Array,
  { residual, bound, label }: CompressionTurn,
): CompressedUpdate {
  if (delta.length !== form.parameters || (residual ?? delta).length !== delta.length) {
    throw new RangeError(
      `${delta.length} numbers and ${residual?.length} left over are no update of ${form.parameters}.`,
    );
  }
  // Plain loops: `from` with a function takes ten times as long.
  const wanted = new Float64Array(delta.length);
  for (let i = 0; i < wanted.length; i++) wanted[i] = delta[i]! + (residual?.[i] ?? 0);
  const learning = withoutFrozen(form, wanted);
  const positions = positionsOf(form, label, () => largestLanes(learning, form.kept));
  const highest = Math.min(bound, INT32_MAX);
  const within = (value: number) => Math.max(-bound, Math.min(highest, value));
  const exact = new Int32Array(form.kept);
  for (let i = 0; i < exact.length; i++) exact[i] = within(learning[positions?.[i] ?? i]!);
  const values =
    form.bits === 32 ? exact : roundedToLevels(exact, form.bits, highest, createRandom(`${label}/rounding`));
  const lanes = placed(form, positions, values);
  const left = new Float32Array(delta.length);
  for (let i = 0; i < left.length; i++) left[i] = within(wanted[i]! - lanes[i]!);
  const written = form.keep === "largest" ? positions : undefined;
  return {
    lanes,
    coded: encodeCompact(form, { positions: written, values }),
    residual: left,
  };
}

/**
 * The lanes of a compressed update, as many as the model has parameters; not multiplied by a weight.
 * @throws NotCompact if the bytes are none in this form.
 */
export function expand(form: UpdateForm, coded: Uint8Array, label: string): Int32Array {
  const { positions, values } = decodeCompact(form, coded);
  return placed(
    form,
    positionsOf(form, label, () => positions),
    values,
  );
}

/** Among the lanes that learn; undefined if all are kept. */
function positionsOf(
  { keep, lanes, kept }: UpdateForm,
  label: string,
  largest: () => Uint32Array | undefined,
): Uint32Array | undefined {
  if (keep === "all") return undefined;
  return keep === "random" ? drawnLanes(label, lanes, kept) : largest();
}

function withoutFrozen(form: UpdateForm, vector: Float64Array): Float64Array {
  if (form.frozen.length === 0) return vector;
  const learning = new Float64Array(form.lanes);
  for (const { from, to, at } of learningRanges(form)) learning.set(vector.subarray(from, to), at);
  return learning;
}

function placed(form: UpdateForm, positions: Uint32Array | undefined, values: Int32Array): Int32Array {
  const learning = positions === undefined ? values : new Int32Array(form.lanes);
  positions?.forEach((position, i) => (learning[position] = values[i]!));
  if (form.frozen.length === 0) return learning;
  const vector = new Int32Array(form.parameters);
  for (const { from, to, at } of learningRanges(form)) vector.set(learning.subarray(at, at + to - from), from);
  return vector;
}

/** What lies between the frozen parts of a vector, and where it begins among the lanes that learn. */
function* learningRanges({ frozen, parameters }: UpdateForm): Generator<Range & { readonly at: number }> {
  let [from, at] = [0, 0];
  for (const next of [...frozen, { from: parameters, to: parameters }]) {
    yield { from, to: next.from, at };
    at += next.from - from;
    from = next.to;
  }
}
