import { expect } from "chai";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { STAGGER_SECONDS } from "../../trainer/roles/duty.ts";
import { isLate, isTurn } from "../../trainer/roles/turns.ts";
import { RULES, START, account, after, proposes, seenAt, upToReveals } from "./aTask.ts";

const SEATS = [0, 1, 2];
const RULES_OF_LONG_CHALLENGES = { ...RULES, challengeSeconds: 60 };
const PROPOSED = after(
  [
    ...upToReveals(1, SEATS, { drawn: 1 }),
    { ...proposes(1, 1), at: START + RULES.enterSeconds + RULES.attestSeconds + 10 },
  ],
  RULES_OF_LONG_CHALLENGES,
);
const { time, endsAt } = { time: PROPOSED.time, endsAt: roundNow(PROPOSED).endsAt };

/** Whose turn it is after so many seconds: seat + 1, and 9 for somebody without a seat. */
const whoseTurn = (seconds: number, since = time) => {
  const state = seenAt(PROPOSED, time + seconds);
  return [1, 2, 3, 9].filter((index) => isTurn(state, roundNow(state), 1, account(index), since));
};

describe("turns", () => {
  it("begin with the next seat and go round, and come last to those without a seat", () => {
    expect(whoseTurn(0)).to.include(3).and.not.include(1).and.not.include(9);
    expect(whoseTurn(STAGGER_SECONDS - 1)).not.to.include(1);
    expect(whoseTurn(STAGGER_SECONDS)).to.include.members([1, 3]).and.not.include(9);
    expect(whoseTurn(2 * STAGGER_SECONDS)).to.include.members([1, 3, 9]);
  });

  it("are counted from a time of their own", () => {
    expect(whoseTurn(10, time + 10)).not.to.include(1);
    expect(whoseTurn(10 + STAGGER_SECONDS, time + 10)).to.include(1);
    expect(whoseTurn(0, time + 5)).to.deep.equal([]);
  });

  it("are over in the last third of the time: then everybody acts", () => {
    const late = endsAt - RULES_OF_LONG_CHALLENGES.challengeSeconds / 3;
    for (const [at, expected] of [
      [late - 1, false],
      [late, true],
      [endsAt, true],
    ] as const) {
      const state = seenAt(PROPOSED, at);
      expect(isLate(state, { ...roundNow(PROPOSED) }), `${endsAt - at} s before the end`).to.equal(expected);
    }
    const state = seenAt(PROPOSED, late);
    expect([1, 2, 3, 9].every((index) => isTurn(state, roundNow(state), 1, account(index), late))).to.equal(true);
  });
});
