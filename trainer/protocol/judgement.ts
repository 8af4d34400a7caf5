// Where a proposal is wrong: the first chunk at which its sum is not the sum of the updates, or its model not the step of
// its sum, with the openings that show it on chain. All chunks are looked at, or only a sample of them.

import { CHUNK_LANES, chunkProof } from "./chunkTree.ts";
import type { ChunkProof } from "./chunkTree.ts";
import { firstDifference } from "./chunkDifference.ts";
import { vectorsOf } from "./modelRoot.ts";
import { serverStep } from "./serverStep.ts";
import type { ServerState, StepRule } from "./serverStep.ts";

/** The posted sum is not that of the updates. */
export interface WrongSum {
  readonly kind: "wrongSum";
  readonly chunk: number;
  /** In the posted sum. */
  readonly sum: ChunkProof;
}

/** The posted model is not the step of the posted sum. */
export interface WrongStep {
  readonly kind: "wrongStep";
  readonly chunk: number;
  /** In the posted sum. */
  readonly sum: ChunkProof;
  /** In each vector of the model it steps from, and of the posted one. */
  readonly from: readonly ChunkProof[];
  readonly next: readonly ChunkProof[];
}

/** Chunks that are looked at, in ascending order; undefined for all. */
export type Sample = readonly number[] | undefined;

/** The chunks of a task's vectors that hold parameters, each taken with probability `share`, but at least one. */
export function drawSample(parameters: number, share: number, random: () => number = Math.random): number[] {
  const chunks = Math.ceil(parameters / CHUNK_LANES);
  const drawn = Array.from({ length: chunks }, (_, chunk) => chunk).filter(() => random() < share);
  return drawn.length > 0 ? drawn : [Math.floor(random() * chunks)];
}

/** How likely a sample of `looked` out of `chunks` chunks holds at least one of `wrong` wrong ones (hypergeometric). */
export function detectionProbability(chunks: number, looked: number, wrong: number): number {
  let missed = 1;
  for (let i = 0; i < wrong; i++) missed *= Math.max(0, chunks - looked - i) / (chunks - i);
  return 1 - missed;
}

/** The lanes of the chunks in the sample, one chunk after another; the vector itself when it is all of them. */
export function gather(vector: Int32Array, sample: Sample): Int32Array {
  if (sample === undefined) return vector;
  const lanes = new Int32Array(sample.length * CHUNK_LANES);
  sample.forEach((chunk, i) => {
    lanes.set(vector.subarray(chunk * CHUNK_LANES, (chunk + 1) * CHUNK_LANES), i * CHUNK_LANES);
  });
  return lanes;
}

/**
 * @param own The sum computed from the updates, gathered by the same sample.
 * @param posted The whole sum that the proposal names.
 */
export function wrongSum(own: Int32Array, posted: Int32Array, sample?: Sample): WrongSum | undefined {
  const found = firstDifference(own, gather(posted, sample));
  if (found === undefined) return undefined;
  const chunk = sample?.[found] ?? found;
  return { kind: "wrongSum", chunk, sum: chunkProof(posted, chunk) };
}

/** @param sum The whole sum that the proposal names. @param posted The whole model that it names. */
export function wrongStep(
  rule: StepRule,
  from: ServerState,
  sum: Int32Array,
  divisor: number,
  posted: ServerState,
  sample?: Sample,
): WrongStep | undefined {
  const picked: ServerState = {
    model: gather(from.model, sample),
    moments: from.moments.map((moment) => gather(moment, sample)),
  };
  const right = vectorsOf(serverStep(rule, picked, gather(sum, sample), divisor));
  const found = vectorsOf(posted)
    .map((vector, v) => firstDifference(gather(vector, sample), right[v]!))
    .filter((index) => index !== undefined);
  if (found.length === 0) return undefined;
  const first = Math.min(...found);
  const chunk = sample?.[first] ?? first;
  const openings = (state: ServerState) => vectorsOf(state).map((vector) => chunkProof(vector, chunk));
  return { kind: "wrongStep", chunk, sum: chunkProof(sum, chunk), from: openings(from), next: openings(posted) };
}
