import { expect } from "chai";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { seatsToStrike } from "../../trainer/roles/seatsToStrike.ts";
import type { KnownUpdates } from "../../trainer/roles/seatsToStrike.ts";
import { RULES, after, seenAt, strikes, upToReveals } from "./aTask.ts";

const SEATS = [0, 1, 2, 3];
const REVEALED = upToReveals(1, SEATS);
const ATTESTING = after(REVEALED);
const HALFWAY = seenAt(ATTESTING, roundNow(ATTESTING).endsAt - RULES.attestSeconds / 2);
const JUST_BEFORE = seenAt(ATTESTING, roundNow(ATTESTING).endsAt - RULES.attestSeconds / 2 - 1);

function struckOf(state: typeof ATTESTING, read: number[], failed: number[], selection?: KnownUpdates["selection"]) {
  const struck = seatsToStrike(state, {
    has: (seat) => read.includes(seat),
    failed: new Set(failed),
    ...(selection === undefined ? {} : { selection }),
  });
  return struck && [...struck];
}

describe("which seats to strike", () => {
  it("says nothing of a round in which every update was read", () => {
    for (const state of [ATTESTING, HALFWAY]) expect(struckOf(state, SEATS, [])).to.equal(undefined);
  });

  it("does not speak of one that cannot be had while another is still on its way", () => {
    expect(struckOf(ATTESTING, [0, 1], [2])).to.equal(undefined);
    expect(struckOf(JUST_BEFORE, [0, 1], [2])).to.equal(undefined);
    expect(struckOf(ATTESTING, [0, 1], [2, 3])).to.deep.equal([2, 3]);
  });

  it("strikes at half of the time what is not there, failed or not", () => {
    expect(struckOf(HALFWAY, [0, 1], [2])).to.deep.equal([2, 3]);
    expect(struckOf(HALFWAY, [0, 1, 3], [])).to.deep.equal([2]);
  });

  it("counts what failed before and was read since", () => {
    expect(struckOf(HALFWAY, SEATS, [2])).to.equal(undefined);
  });

  it("speaks of no seat that others have struck", () => {
    const struck = after([...REVEALED, strikes(1, 2)]);
    expect(struckOf(struck, [0, 1, 3], [2])).to.equal(undefined);
  });

  it("where a strategy selects, strikes everything that it has not selected, read or not, and nothing before", () => {
    expect(struckOf(HALFWAY, [0, 1, 2], [3], "undecided")).to.equal(undefined);
    expect(struckOf(ATTESTING, [0, 1, 2], [], new Set([0, 2]))).to.deep.equal([1, 3]);
    expect(struckOf(ATTESTING, SEATS, [], new Set(SEATS))).to.deep.equal([]);
    expect(struckOf(ATTESTING, SEATS, [], new Set())).to.deep.equal(SEATS);
  });
});
