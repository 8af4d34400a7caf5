/**
 * The sum of one cohort of a masked round: masked updates are fetched and added as they are committed, and the masks are
 * taken out of the sum once the chain shows everything that does. A few vectors at a time are in memory.
 */
import { committedSeats, isUnmasked, trainersOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import { addStreams } from "../../privacy/maskStream.ts";
import { leftStreams, unmask } from "../../privacy/masking.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import { gather } from "../../protocol/judgement.ts";
import type { Sample } from "../../protocol/judgement.ts";
import { addLanes } from "../../protocol/lanes.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import { entriesOf, ownerFirst } from "../directory.ts";
import type { Entry } from "../directory.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";
import { leftMasks } from "./leftMasks.ts";
import { fetchMaskedUpdate } from "./maskedUpdate.ts";

/** Asked about its cohort's round (`cohortRounds`). */
export interface CohortSum {
  /** Fetches and adds what may be in the sum and is not yet in. Says if anything came in. */
  collect(cohort: RoundState): Promise<boolean>;
  /** The sum over exactly the members, without masks; undefined while something is missing. */
  complete(cohort: RoundState): Int32Array | undefined;
  /** All that may be in the sum have been tried, and some cannot be had. */
  lacks(cohort: RoundState): boolean;
  /** The update of this seat is in. */
  has(seat: number): boolean;
  /** Seats that were tried and failed. */
  unavailable(): ReadonlySet<number>;
}

const FETCHED_AT_ONCE = 4;

export function createCohortSum(
  party: Pick<Party, "deployment" | "opened" | "log" | "signal">,
  traffic: Traffic,
  stopwatch: Stopwatch,
  round: number,
  sample?: Sample,
): CohortSum {
  const { rules, domain } = party.opened;
  const { parameters, attestSeconds } = rules;
  const failed = new Set<number>();
  /** Roots by seats. */
  let included = new Map<number, string>();
  const freshSum = () => new Int32Array(sample === undefined ? parameters : sample.length * CHUNK_LANES);
  let masked = freshSum();
  /** Without masks, over these seats. */
  let plain: { readonly members: string; readonly sum: Int32Array } | undefined;
  // Within the time to agree on the set there is room for two more tries.
  const timeoutMs = Math.max(5_000, Math.min(60_000, attestSeconds * 500));

  return {
    unavailable: () => failed,
    has: (seat) => included.has(seat),

    async collect(state) {
      const wanted = wantedSeats(state);
      // A reorganisation may have brought other vectors.
      const isStill = ([seat, root]: [number, string]) =>
        wanted.includes(seat) && state.seats.get(seat)?.masked?.root === root;
      if (![...included].every(isStill)) {
        included = new Map();
        masked = freshSum();
        plain = undefined;
      }
      const missing = wanted.filter((seat) => !included.has(seat));
      if (missing.length === 0) return takeMasksOut(state);
      const before = included.size;
      // The failed ones last: who withholds its update must not keep the others' from coming in time.
      const queue = missing.sort((a, b) => Number(failed.has(a)) - Number(failed.has(b))).values();
      const cohort = await entriesOf(party.deployment, trainersOf(state));
      const work = async () => {
        for (const seat of queue) await takeIn(seat, state.seats.get(seat)!, cohort);
      };
      await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, work));
      return (await takeMasksOut(state)) || included.size > before;
    },

    lacks: (state) => wantedSeats(state).some((seat) => failed.has(seat)) && wantedSeats(state).every(isTried),

    complete(state) {
      const members = membersAsKey(state);
      return isUnmasked(state) && plain?.members === members ? plain.sum : undefined;
    },
  };

  /** All that may be in the sum: those who committed, until the set is fixed. */
  function wantedSeats(state: RoundState): number[] {
    if (state.set !== undefined) return [...state.set.members];
    return committedSeats(state);
  }

  function isTried(seat: number): boolean {
    return included.has(seat) || failed.has(seat);
  }

  async function takeIn(seat: number, state: SeatState, cohort: readonly Entry[]): Promise<void> {
    try {
      const request = { from: ownerFirst(cohort, state.trainer), timeoutMs, signal: party.signal };
      const vector = await fetchMaskedUpdate(traffic, stopwatch, parameters, state, request);
      addLanes(masked, gather(vector, sample));
      included.set(seat, state.masked!.root);
      failed.delete(seat);
    } catch (error) {
      party.signal.throwIfAborted();
      if (!failed.has(seat)) {
        party.log.warn({ round, seat, trainer: state.trainer, err: error }, "this masked update cannot be used");
      }
      failed.add(seat);
    }
  }

  /** Whether they could be taken out now. */
  async function takeMasksOut(state: RoundState): Promise<boolean> {
    const members = membersOf(state);
    const exact = members.length === included.size && members.every((seat) => included.has(seat));
    if (!isUnmasked(state) || !exact || plain?.members === membersAsKey(state)) return false;
    const masks = leftMasks(domain, state);
    const sum = await stopwatch.time("encrypt", () =>
      sample === undefined ? unmask(masked, masks, { signal: party.signal }) : withoutMasks(sample, leftStreams(masks)),
    );
    plain = { members: membersAsKey(state), sum };
    return true;
  }

  async function withoutMasks(chunks: readonly number[], streams: ReturnType<typeof leftStreams>) {
    const sum = new Int32Array(masked);
    for (const [i, chunk] of chunks.entries()) {
      const first = chunk * CHUNK_LANES;
      // What only fills the last chunk is never masked.
      const lanes = Math.min(CHUNK_LANES, parameters - first);
      if (lanes > 0) addStreams(sum.subarray(i * CHUNK_LANES, i * CHUNK_LANES + lanes), streams, first);
    }
    return sum;
  }
}

function membersOf({ set }: RoundState): readonly number[] {
  return set?.members ?? [];
}

function membersAsKey(cohort: RoundState): string {
  return membersOf(cohort).join(",");
}
