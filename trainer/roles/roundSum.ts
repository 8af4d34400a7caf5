/**
 * The sum of one round's updates, added up as they are revealed. Every trainer computes it for itself: to aggregate when
 * it is its turn, to know a wrong proposal, and to train on while the chain still waits. A few vectors at a time are in
 * memory, however large the cohort; where updates are ranked lane by lane (`trim`) or compared (`isCompared`), all of them.
 */
import { countedSeats, trainersOf } from "../chain/taskState.ts";
import type { RoundState, SeatState } from "../chain/taskState.ts";
import { CHUNK_LANES } from "../protocol/chunkTree.ts";
import type { ReadableUpdate } from "../learning/strategies/strategy.ts";
import { gather } from "../protocol/judgement.ts";
import type { Sample } from "../protocol/judgement.ts";
import { addLanes } from "../protocol/lanes.ts";
import { rankedSum } from "../protocol/laneRanks.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { entriesOf, ownerFirst } from "./directory.ts";
import type { Entry } from "./directory.ts";
import type { Party } from "./party.ts";
import { MalformedUpdate, openUpdate } from "./sealedUpdate.ts";
import type { Traffic } from "./traffic.ts";

/** The sum of one round's updates, of sealed ones or of masked ones (masked/maskedSum.ts). */
export interface RoundSum {
  readonly round: number;
  /** Fetches and adds what counts and is not yet in; forgets the sum if a seat in it was struck. Says if anything came in. */
  collect(round: RoundState): Promise<boolean>;
  /** The sum over exactly the seats that count in `round`, or undefined while one of them is missing. */
  complete(round: RoundState): Int32Array | undefined;
  /** All that count have been tried, and some cannot be had. */
  lacks(round: RoundState): boolean;
  /** The update of this seat is in. */
  has(seat: number): boolean;
  /** The updates that are in, where they are compared; those that have been struck meanwhile included. */
  updates?(round: RoundState): ReadableUpdate[];
  /** Seats that were tried and failed. */
  unavailable(): ReadonlySet<number>;
  /** Of those, the ones that break the task's rules provably. */
  malformed(): ReadonlyMap<number, MalformedUpdate>;
}

const FETCHED_AT_ONCE = 8;

export function createRoundSum(
  party: Pick<Party, "deployment" | "opened" | "sender" | "encryptionKey" | "log" | "signal" | "updateForm">,
  traffic: Traffic,
  stopwatch: Stopwatch,
  round: number,
  sample?: Sample,
  /** The strategy compares single updates. */
  isCompared = false,
): RoundSum {
  const { parameters, attestSeconds, trim } = party.opened.rules;
  const keepsAll = trim > 0 || isCompared;
  const failed = new Set<number>();
  const malformed = new Map<number, MalformedUpdate>();
  let included = new Set<number>();
  const freshSum = () => new Int32Array(sample === undefined ? parameters : sample.length * CHUNK_LANES);
  let sum = freshSum();
  /** By seat, where all of them are needed at once; and what has come of which of them. */
  const lanesOf = new Map<number, Int32Array>();
  let total: { readonly of: string; readonly lanes: Int32Array } | undefined;
  /** Those that are being fetched, and the others that shall be, whose turn comes as the first ones end. */
  const underWay = new Set<number>();
  let waiting: (readonly [number, SeatState])[] = [];
  let newest: RoundState | undefined;

  function stays(seat: SeatState | undefined): boolean {
    return seat?.status === "Revealed" || (isCompared && seat?.status === "Struck");
  }

  /** Whom others have struck meanwhile is compared like all, so that whoever is late selects as they did. */
  function isRead(state: RoundState, seat: SeatState | undefined): boolean {
    return state.phase === "Attesting" ? stays(seat) : seat?.status === "Revealed";
  }

  /** All could be withheld as long as that, and each would still have been tried before half of the time to attest is over. */
  function timeoutMs({ seats }: RoundState): number {
    const turns = Math.max(1, seats.size / FETCHED_AT_ONCE);
    return Math.max(5_000, Math.min(60_000, (attestSeconds * 500) / turns));
  }

  return {
    round,
    unavailable: () => failed,
    malformed: () => malformed,
    has: (seat) => included.has(seat),

    async collect(state) {
      newest = state;
      const gone = [...included].filter((seat) => !stays(state.seats.get(seat)));
      if (gone.length > 0 && keepsAll) {
        for (const seat of gone) {
          included.delete(seat);
          lanesOf.delete(seat);
        }
      } else if (gone.length > 0) {
        included = new Set();
        sum = freshSum();
      }
      const before = included.size;
      const cohort = await entriesOf(party.deployment, trainersOf(state));
      if (newest !== state) return false;
      const wanted = (index: number) => !included.has(index) && !malformed.has(index) && !underWay.has(index);
      const missing = [...state.seats].filter(([index, seat]) => isRead(state, seat) && wanted(index));
      // Several at once and the failed ones last: who withholds its update must not keep the others' from coming in time.
      waiting = missing.sort(([a], [b]) => Number(failed.has(a)) - Number(failed.has(b)));
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await takeIn(...next, cohort);
      };
      await Promise.all(Array.from({ length: FETCHED_AT_ONCE - underWay.size }, work));
      return included.size > before;
    },

    lacks(state) {
      const counted = countedSeats(state);
      return (
        counted.some((seat) => failed.has(seat)) && counted.every((seat) => included.has(seat) || failed.has(seat))
      );
    },

    complete(state) {
      const counted = countedSeats(state);
      if (counted.length === 0 || !counted.every((seat) => included.has(seat))) return undefined;
      if (!keepsAll) return counted.length === included.size ? sum : undefined;
      const of = counted.join();
      if (total?.of === of) return total.lanes;
      const ranked = counted.map((seat) => ({ sum: lanesOf.get(seat)!, divisor: 1 }));
      total = { of, lanes: rankedSum(ranked, trim) };
      return total.lanes;
    },

    updates: (state) =>
      [...lanesOf].map(([seat, lanes]) => ({ seat, trainer: state.seats.get(seat)?.trainer ?? "", lanes })),
  };

  async function takeIn(index: number, seat: SeatState, cohort: readonly Entry[]): Promise<void> {
    underWay.add(index);
    try {
      const delta = await openUpdate(party, traffic, stopwatch, {
        round,
        seat,
        from: ownerFirst(cohort, seat.trainer),
        cohortSize: cohort.length,
        timeoutMs: timeoutMs(newest!),
        signal: party.signal,
      });
      // A model may be on its way from the others' sum already.
      if (!isRead(newest!, newest!.seats.get(index))) return;
      if (keepsAll) lanesOf.set(index, gather(delta, sample));
      else addLanes(sum, gather(delta, sample));
      included.add(index);
      failed.delete(index);
    } catch (error) {
      party.signal.throwIfAborted();
      if (!failed.has(index)) {
        party.log.warn({ round, seat: index, trainer: seat.trainer, err: error }, "this update cannot be used");
      }
      failed.add(index);
      if (error instanceof MalformedUpdate) malformed.set(index, error);
    } finally {
      underWay.delete(index);
    }
  }
}
