/** A masked round after one more of its events: it mirrors MaskedTask.sol act by act. */
import { dealingHash } from "../protocol/commitments.ts";
import { isCohortDone } from "../protocol/roundClock.ts";
import type { ClockRules } from "../protocol/roundClock.ts";
import { seatsIn } from "../protocol/seatSet.ts";
import { seatIn, turnedIf, withSeat } from "./roundState.ts";
import type { AgreedSet, CohortState, RoundState, SeatState } from "./roundState.ts";
import type { MaskedEventValues } from "./taskEvent.ts";

/** When an event was written: seconds since 1970, and the block. */
interface Moment {
  readonly time: number;
  readonly block: number;
}

const NOBODY_HAS_ACTED = {
  ...{ size: 0, shared: 0, committed: 0, seeds: 0 },
  ...{ isAgreed: false, isUnmasked: false, isSpoilt: false },
} as const;

/** Of a masked task with one cohort: where its rounds begin. */
export const ONE_COHORT: readonly CohortState[] = [NOBODY_HAS_ACTED];

/**
 * @param round Carried forward to the event's time.
 * @param task Its rules, and its domain, which its dealings are hashed with.
 */
export function applyMaskedEvent(
  round: RoundState,
  event: MaskedEventValues & Moment,
  { domain, rules }: { readonly domain: string; readonly rules: ClockRules },
): RoundState {
  switch (event.name) {
    case "CohortsDrawn": {
      const rosters = event.rosters.map((roster): CohortState => ({ ...NOBODY_HAS_ACTED, roster: seatsIn(roster) }));
      const drawn: RoundState = {
        ...round,
        phase: "Sharing",
        endsAt: event.time + rules.shareSeconds,
        cohorts: rosters,
      };
      return counted(drawn);
    }
    case "KeyShared": {
      const { trainer } = seatIn(round, event.seat);
      const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = event;
      const hash = dealingHash({ domain, round: round.number, trainer, keyAddress, maskHash, sharesHash });
      const dealing = { keyAddress, maskHash, sharesHash, sharesId, r, vs, hash };
      return turned(withPart(round, event.seat, { status: "Shared", dealing }));
    }
    case "MaskedCommitted": {
      const { root, contentId } = event;
      const part: Part = { status: "Committed", masked: { root, contentId } };
      return turned(withPart({ ...round, committed: round.committed + 1 }, event.seat, part));
    }
    case "SetAgreed": {
      const { cohortView, signature } = event;
      const agreement = { members: seatsIn(event.members), cohortView, signature };
      return withPart(round, event.seat, { attested: true, agreement });
    }
    case "SetFixed": {
      const { cohortView, time, block } = event;
      return turned(withSet(round, { members: seatsIn(event.members), cohortView, time, block }));
    }
    case "SeedRevealed": {
      const { seed, keyShares, drawn } = event;
      const part: Part = { status: "Revealed", seed, keyShares };
      return turned(withPart({ ...round, drawn, revealed: round.revealed + 1 }, event.seat, part));
    }
    case "SeedRebuilt":
      return turned(withPart(round, event.seat, { status: "Rebuilt", seed: event.seed }));
    case "KeyRebuilt":
      return turned(withPart(round, event.seat, { key: event.key }));
    case "SharesGiven": {
      const shares = seatsIn(event.owners).map((owner, index): [number, string] => {
        const share = event.seedShares[index];
        if (share === undefined) throw new Error(`Seat ${event.seat} gives no share for seat ${owner}.`);
        return [owner, share];
      });
      return withPart(round, event.seat, { seedShares: new Map(shares) });
    }
    case "SumBlamed": {
      const { cohort, endsAt } = event;
      const cohorts = round.cohorts?.map((state, index) => (index === cohort ? { ...state, isSpoilt: true } : state));
      return { ...round, phase: "Blaming", endsAt, blamed: { cohort, endsAt }, ...(cohorts && { cohorts }) };
    }
    case "SeatConvicted":
      return withPart(round, event.seat, { convicted: true });
  }

  /** In its next phase when no cohort waits for anybody. */
  function turned(acted: RoundState): RoundState {
    const after = counted(acted);
    const isDone = after.cohorts?.every((cohort) => isCohortDone(cohort, after.phase, rules)) ?? false;
    return turnedIf(isDone, after, rules, event.time);
  }
}

type Part = Partial<SeatState>;

function withPart(round: RoundState, seat: number, part: Part): RoundState {
  return withSeat(round, seat, { ...seatIn(round, seat), ...part });
}

/** The cohort that these members are of, with its set fixed; whom it leaves out is struck. */
function withSet(round: RoundState, set: AgreedSet): RoundState {
  const cohorts = round.cohorts ?? [];
  const own = cohorts.findIndex(({ roster }) => roster === undefined || roster.includes(set.members[0]!));
  const isOfIt = (seat: number) => cohorts[own]?.roster?.includes(seat) ?? true;
  const seats = [...round.seats].map(([seat, state]): [number, SeatState] => {
    const isLeftOut = state.status === "Committed" && isOfIt(seat) && !set.members.includes(seat);
    return [seat, isLeftOut ? { ...state, status: "Struck" } : state];
  });
  return {
    ...round,
    seats: new Map(seats),
    cohorts: cohorts.map((cohort, i) => (i === own ? { ...cohort, set } : cohort)),
  };
}

/** With what the clock depends on counted anew. */
function counted(round: RoundState): RoundState {
  const cohorts = (round.cohorts ?? []).map((cohort): CohortState => {
    const { set, roster } = cohort;
    const seats = roster?.map((seat) => seatIn(round, seat)) ?? [...round.seats.values()];
    const members = set?.members.map((seat) => seatIn(round, seat)) ?? [];
    const sharers = seats.filter(({ dealing }) => dealing !== undefined);
    const seeds = members.filter(({ seed }) => seed !== undefined).length;
    const dropped = sharers.filter((seat) => !members.includes(seat));
    return {
      ...cohort,
      size: seats.length,
      shared: sharers.length,
      committed: seats.filter(({ masked }) => masked !== undefined).length,
      isAgreed: set !== undefined,
      seeds,
      isUnmasked: set !== undefined && seeds === members.length && dropped.every(({ key }) => key !== undefined),
    };
  });
  return { ...round, cohorts };
}
