/** A masked round after one more of its events: it mirrors MaskedTask.sol act by act. */
import { dealingHash } from "../protocol/commitments.ts";
import type { ClockRules } from "../protocol/roundClock.ts";
import { seatsIn } from "../protocol/seatSet.ts";
import { droppedSeats, seatIn, sharedSeats, turnedIf, withSeat } from "./roundState.ts";
import type { RoundState, SeatState } from "./roundState.ts";
import type { MaskedEventValues } from "./taskEvent.ts";

/** When an event was written: seconds since 1970, and the block. */
interface Moment {
  readonly time: number;
  readonly block: number;
}

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
    case "KeyShared": {
      const { trainer } = seatIn(round, event.seat);
      const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = event;
      const hash = dealingHash({ domain, round: round.number, trainer, keyAddress, maskHash, sharesHash });
      const dealing = { keyAddress, maskHash, sharesHash, sharesId, r, vs, hash };
      const shared = counted(withPart(round, event.seat, { status: "Shared", dealing }));
      return turned(shared, shared.cohort?.shared === shared.entered);
    }
    case "MaskedCommitted": {
      const { root, contentId } = event;
      const part: Part = { status: "Committed", masked: { root, contentId } };
      const committed = withPart({ ...round, committed: round.committed + 1 }, event.seat, part);
      return turned(committed, committed.committed === committed.cohort?.shared);
    }
    case "SetAgreed": {
      const { cohortView, signature } = event;
      const agreement = { members: seatsIn(event.members), cohortView, signature };
      return withPart(round, event.seat, { attested: true, agreement });
    }
    case "SetFixed": {
      const { cohortView, time, block } = event;
      const members = seatsIn(event.members);
      const seats = [...round.seats].map(([seat, state]): [number, SeatState] => {
        const isLeftOut = state.status === "Committed" && !members.includes(seat);
        return [seat, isLeftOut ? { ...state, status: "Struck" } : state];
      });
      return turned(counted({ ...round, seats: new Map(seats), set: { members, cohortView, time, block } }), true);
    }
    case "SeedRevealed": {
      const { seed, keyShares, drawn } = event;
      return withSeed({ ...round, drawn }, event.seat, { status: "Revealed", seed, keyShares });
    }
    case "SeedRebuilt":
      return withSeed(round, event.seat, { status: "Rebuilt", seed: event.seed });
    case "KeyRebuilt":
      return withSecret(withPart(round, event.seat, { key: event.key }));
    case "SharesGiven": {
      const shares = seatsIn(event.owners).map((owner, index): [number, string] => {
        const share = event.seedShares[index];
        if (share === undefined) throw new Error(`Seat ${event.seat} gives no share for seat ${owner}.`);
        return [owner, share];
      });
      return withPart(round, event.seat, { seedShares: new Map(shares) });
    }
    case "SumBlamed":
      return { ...round, phase: "Blaming", endsAt: event.endsAt, blamed: { endsAt: event.endsAt } };
    case "SeatConvicted":
      return withPart(round, event.seat, { convicted: true });
  }

  /** A member's seed is known: its update counts. */
  function withSeed(before: RoundState, seat: number, part: Part): RoundState {
    const { revealed, weight } = before;
    const more = { ...before, revealed: revealed + 1, weight: weight + seatIn(before, seat).weight };
    return withSecret(withPart(more, seat, part));
  }

  function withSecret(known: RoundState): RoundState {
    const after = counted(known);
    return turned(after, after.cohort?.isUnmasked ?? false);
  }

  function turned(after: RoundState, everybodyHasActed: boolean): RoundState {
    return turnedIf(everybodyHasActed, after, rules, event.time);
  }
}

type Part = Partial<SeatState>;

function withPart(round: RoundState, seat: number, part: Part): RoundState {
  return withSeat(round, seat, { ...seatIn(round, seat), ...part });
}

/** With what the clock depends on counted anew. */
function counted(round: RoundState): RoundState {
  const { set, seats } = round;
  const has = (secret: "seed" | "key") => (seat: number) => seats.get(seat)?.[secret] !== undefined;
  const isUnmasked = set !== undefined && set.members.every(has("seed")) && droppedSeats(round).every(has("key"));
  return { ...round, cohort: { shared: sharedSeats(round).length, isAgreed: set !== undefined, isUnmasked } };
}
