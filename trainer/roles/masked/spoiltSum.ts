/** Whether a masked round's sum is out of range: beyond what all its members' updates within the bound can add up to. */
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import type { Sample } from "../../protocol/judgement.ts";

type Ruled = Pick<TaskState, "rules">;

/** The first chunk of a sum, or of a sample of its chunks, that is out of range. */
export function chunkOutOfRange(state: Ruled, round: RoundState, sum: Int32Array, sample?: Sample): number | undefined {
  const range = rangeOf(state, round);
  const beyond = sum.findIndex((lane) => lane > range || lane < -range);
  if (beyond === -1) return undefined;
  const place = Math.floor(beyond / CHUNK_LANES);
  return sample === undefined ? place : sample[place];
}

/** Whether this chunk of a whole sum is. */
export function isOutOfRange(state: Ruled, round: RoundState, sum: Int32Array, chunk: number): boolean {
  const lanes = sum.subarray(chunk * CHUNK_LANES, (chunk + 1) * CHUNK_LANES);
  return chunkOutOfRange(state, round, lanes) !== undefined;
}

function rangeOf({ rules }: Ruled, { weight, revealed }: RoundState): number {
  return rules.bound * (rules.serverRule === "Uniform" ? revealed : weight);
}
