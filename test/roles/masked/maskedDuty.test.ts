import { expect } from "chai";
import type { RoundState, SeatState, SeatStatus, SharedDealing, TaskState } from "../../../trainer/chain/taskState.ts";
import { freshRound, freshSeat } from "../../../trainer/chain/roundState.ts";
import { PHASES } from "../../../trainer/protocol/roundClock.ts";
import type { Phase } from "../../../trainer/protocol/roundClock.ts";
import { maskedDutyOf } from "../../../trainer/roles/masked/maskedDuty.ts";
import type { MaskedDuty, MaskedHoldings } from "../../../trainer/roles/masked/maskedDuty.ts";
import { account, after, seenAt, word } from "../aTask.ts";
import { MASKED_RULES } from "./aMaskedRound.ts";

const OWN = 1;
const ENDS_AT = 2_000_000;

type Seats = Readonly<Record<number, Partial<SeatState> & { readonly status: SeatStatus }>>;

/** A round in a phase, with these seats; the own one is 1. */
function aRound(phase: Phase, seats: Seats, members?: readonly number[]): RoundState {
  const states = Object.entries(seats).map(([seat, changes]): [number, SeatState] => [
    Number(seat),
    { ...freshSeat(account(Number(seat) + 1), 10), ...changes },
  ]);
  const set = members && { set: { members, cohortView: word(1), time: 1, block: 1 } };
  return { ...freshRound(4), phase, endsAt: ENDS_AT, seats: new Map(states), ...set };
}

/** What a trainer that has everything has to do, unless the test says otherwise. */
function dutyIn(round: RoundState, changes: Partial<MaskedHoldings> = {}, secondsLeft = 15): MaskedDuty | undefined {
  const state: TaskState = seenAt(after([], MASKED_RULES), ENDS_AT - secondsLeft);
  return maskedDutyOf(
    state,
    round,
    { seat: OWN, state: round.seats.get(OWN)! },
    {
      hasUpdateFor: () => true,
      hasMaskedUpdate: () => true,
      rebuildable: () => undefined,
      entersNext: false,
      ...changes,
    },
  );
}

const act = (kind: MaskedDuty["kind"], more: object = {}) => ({ kind, round: 4, seat: OWN, ...more });
const others = (status: SeatStatus): Seats => ({ 0: { status }, 2: { status }, 3: { status } });

describe("duty in a masked round", () => {
  const seed = word(7);
  const set = [0, 1, 2, 3];
  const dealing: SharedDealing = {
    ...{ keyAddress: account(99), maskHash: word(1), sharesHash: word(2), sharesId: word(3) },
    ...{ r: word(4), vs: word(5), hash: word(6) },
  };
  const shared: Seats = {
    ...{ 0: { status: "Shared", dealing }, 2: { status: "Shared", dealing } },
    [OWN]: { status: "Shared", dealing },
  };
  const committed: Seats = { ...others("Committed"), [OWN]: { status: "Committed" } };
  const revealed: Seats = { ...others("Revealed"), [OWN]: { status: "Revealed", seed } };
  const recovering: Seats = { ...revealed, 0: { status: "Revealed", seed }, 2: { status: "Revealed", seed } };

  for (const [what, round, expected] of [
    ["deals when it has entered", aRound("Sharing", { [OWN]: { status: "Entered" } }), act("share")],
    ["deals once", aRound("Sharing", { [OWN]: { status: "Shared" } }), undefined],
    ["commits when it has shared", aRound("Committing", shared), act("commitMasked", { entersNext: false })],
    [
      "does not commit without having shared",
      aRound("Committing", { ...shared, [OWN]: { status: "Entered" } }),
      undefined,
    ],
    ["commits once", aRound("Committing", { ...shared, [OWN]: { status: "Committed", dealing } }), undefined],
    [
      "does not commit when its cohort has fallen out, with one too few in the masks",
      aRound("Committing", {
        [OWN]: { status: "Shared", dealing },
        0: { status: "Shared", dealing },
        2: { status: "Entered" },
      }),
      undefined,
    ],
    [
      "does not agree when its cohort has fallen out, with one too few that committed",
      aRound("Agreeing", { [OWN]: { status: "Committed" }, 0: { status: "Committed" }, 2: { status: "Shared" } }),
      undefined,
    ],
    ["shows nothing when its cohort has fallen out without a set", aRound("Revealing", committed), undefined],
    [
      "helps nobody when its cohort has fallen out without a set",
      aRound("Recovering", { ...committed, [OWN]: { status: "Revealed", seed } }),
      undefined,
    ],
    ["agrees on all that committed", aRound("Agreeing", committed), act("agree", { missing: [] })],
    [
      "agrees once",
      aRound("Agreeing", {
        ...committed,
        [OWN]: { status: "Committed", agreement: { members: set, cohortView: word(1), signature: "0x" } },
      }),
      undefined,
    ],
    [
      "does not agree without having committed",
      aRound("Agreeing", { ...committed, [OWN]: { status: "Shared" } }),
      undefined,
    ],
    ["reveals when the set is fixed", aRound("Revealing", committed, set), act("revealSeed")],
    ["reveals once", aRound("Revealing", { ...committed, [OWN]: { status: "Revealed", seed } }, set), undefined],
    [
      "shows nothing when it is struck",
      aRound("Revealing", { ...committed, [OWN]: { status: "Struck" } }, [0, 2, 3]),
      undefined,
    ],
    [
      "shows nothing when it did not commit",
      aRound("Revealing", { ...committed, [OWN]: { status: "Shared" } }, [0, 2, 3]),
      undefined,
    ],
    [
      "shows its seed late when it was too late",
      aRound("Recovering", { ...recovering, [OWN]: { status: "Committed" } }, set),
      act("rebuildSeed"),
    ],
    [
      "gives shares of seeds that are missing",
      aRound("Recovering", { ...recovering, 3: { status: "Committed" } }, set),
      act("giveShares", { owners: [3] }),
    ],
    [
      "gives shares once",
      aRound(
        "Recovering",
        { ...recovering, [OWN]: { status: "Revealed", seed, seedShares: new Map() }, 3: { status: "Committed" } },
        set,
      ),
      undefined,
    ],
    [
      "gives no shares when only keys are missing",
      aRound("Recovering", { ...recovering, 3: { status: "Revealed", seed } }, set),
      undefined,
    ],
    [
      "gives no share of a seat outside the set",
      aRound("Recovering", { ...recovering, 3: { status: "Struck" } }, [0, 1, 2]),
      undefined,
    ],
    [
      "gives no shares when its own seed was rebuilt",
      aRound("Recovering", { ...recovering, [OWN]: { status: "Rebuilt", seed }, 3: { status: "Committed" } }, set),
      undefined,
    ],
  ] as const) {
    it(what, () => {
      expect(dutyIn(round)).to.deep.equal(expected);
    });
  }

  it("waits with its commitment until it has an update, and enters the next round with it if it may", () => {
    const round = aRound("Committing", shared);
    expect(dutyIn(round, { hasUpdateFor: () => false })).to.equal(undefined);
    expect(dutyIn(round, { entersNext: true })).to.deep.equal(act("commitMasked", { entersNext: true }));
  });

  it("waits half the time to agree for an update that is missing, then agrees on the others", () => {
    const round = aRound("Agreeing", committed);
    const without = { hasMaskedUpdate: (_: number, seat: number) => seat !== 2 };
    const half = MASKED_RULES.attestSeconds / 2;
    expect(dutyIn(round, without, half + 1)).to.equal(undefined);
    expect(dutyIn(round, without, half)).to.deep.equal(act("agree", { missing: [2] }));
  });

  it("does not agree on fewer than the task asks for", () => {
    const round = aRound("Agreeing", committed);
    const without = { hasMaskedUpdate: (_: number, seat: number) => seat !== 2 && seat !== 3 };
    expect(dutyIn(round, without, 1)).to.equal(undefined);
  });

  for (const phase of ["Revealing", "Recovering"] as const) {
    it(`rebuilds what it can while ${phase}, but acts for itself first`, () => {
      for (const kind of ["key", "seed"] as const) {
        const rebuildable = () => ({ seat: 3, kind });
        const expected = { kind: kind === "key" ? "rebuildKey" : "rebuildSeed", round: 4, seat: 3 };
        const done = { ...recovering, 3: { status: "Revealed", seed } } as const;
        expect(dutyIn(aRound(phase, done, set), { rebuildable })).to.deep.equal(expected);
        const own = { ...done, [OWN]: { status: "Committed" } } as const;
        const first = phase === "Revealing" ? "revealSeed" : "rebuildSeed";
        expect(dutyIn(aRound(phase, own, set), { rebuildable })).to.deep.equal(act(first));
      }
    });
  }

  it("has nothing to do in any other phase, whatever its seat is", () => {
    const busy: readonly Phase[] = ["Sharing", "Committing", "Agreeing", "Revealing", "Recovering"];
    const statuses: readonly SeatStatus[] = [
      "Entered",
      "Shared",
      "Committed",
      "Revealed",
      "Rebuilt",
      "Struck",
      "Expelled",
    ];
    for (const phase of PHASES.filter((each) => !busy.includes(each))) {
      for (const status of statuses) {
        expect(dutyIn(aRound(phase, { ...committed, [OWN]: { status } }, set)), `${phase} ${status}`).to.equal(
          undefined,
        );
      }
    }
  });

  it("never shows anything of a seat that is out of the round or of the sum", () => {
    for (const phase of ["Revealing", "Recovering"] as const) {
      for (const status of ["Entered", "Shared", "Struck", "Expelled"] as const) {
        const round = aRound(phase, { ...committed, [OWN]: { status } }, [0, 2, 3]);
        expect(dutyIn(round), `${phase} ${status}`).to.equal(undefined);
      }
    }
  });
});
