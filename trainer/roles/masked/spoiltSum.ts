/** Whether a cohort's sum is out of range: beyond what its members' updates within the bound can add up to. */
import { divisorOfSeats } from "../../chain/taskState.ts";
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import type { Sample } from "../../protocol/judgement.ts";

type Ruled = Pick<TaskState, "rules">;

/** The first chunk of a sum, or of a sample of its chunks, that is out of range. */
export function chunkOutOfRange(
  state: Ruled,
  cohort: RoundState,
  sum: Int32Array,
  sample?: Sample,
): number | undefined {
  const range = rangeOf(state, cohort);
  const beyond = sum.findIndex((lane) => lane > range || lane < -range);
  if (beyond === -1) return undefined;
  const place = Math.floor(beyond / CHUNK_LANES);
  return sample === undefined ? place : sample[place];
}

/** Whether this chunk of a whole sum is. */
export function isOutOfRange(state: Ruled, cohort: RoundState, sum: Int32Array, chunk: number): boolean {
  const lanes = sum.subarray(chunk * CHUNK_LANES, (chunk + 1) * CHUNK_LANES);
  return chunkOutOfRange(state, cohort, lanes) !== undefined;
}

function rangeOf({ rules }: Ruled, cohort: RoundState): number {
  return rules.bound * divisorOfSeats(rules, cohort, cohort.set?.members ?? []);
}
