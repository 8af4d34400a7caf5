import { expect } from "chai";
import { dutyOf, STAGGER_SECONDS } from "../../trainer/roles/duty.ts";
import type { Duty, Holdings } from "../../trainer/roles/duty.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { PHASES } from "../../trainer/protocol/roundClock.ts";
import { seededRandom } from "../support/seededRandom.ts";
import {
  RULES,
  START,
  account,
  after,
  allEnter,
  commitmentOf,
  commits,
  commitsMasked,
  draws,
  enters,
  finalises,
  fixes,
  opens,
  proposes,
  reveals,
  revealsSeed,
  seenAt,
  shares,
  strikes,
} from "./aTask.ts";
import { MASKED_RULES } from "./masked/aMaskedRound.ts";

/** A trainer that has done all its homework, unless the test says otherwise. */
function trainer(index: number, changes: Partial<Holdings> = {}): Holdings {
  return {
    account: account(index),
    rounds: Infinity,
    privacyCovers: () => true,
    trainsWell: () => true,
    ownPace: false,
    hasUpdateFor: () => true,
    canOpen: () => true,
    toStrike: () => undefined,
    hasMaskedUpdate: () => true,
    rebuildable: () => undefined,
    hasStepped: () => true,
    ...changes,
  };
}

const WAIT: Duty = { kind: "wait" };
const SEATS = [0, 1, 2];
/** Everybody has a seat, and the time to enter is over. */
const COMMITTING = seenAt(after([opens(1), ...allEnter(1, SEATS)]), START + RULES.enterSeconds);
const committed = [opens(1), ...allEnter(1, SEATS), { ...commits(1, 0), at: START + RULES.enterSeconds }] as const;
const REVEALING = after([...committed, commits(1, 1), commits(1, 2)]);
const revealed = [...committed, commits(1, 1), commits(1, 2), ...SEATS.map((seat) => reveals(1, seat, 1))] as const;
const ATTESTING = after(revealed);
const AGGREGATING_SINCE = roundNow(ATTESTING).endsAt;
const AGGREGATING = seenAt(ATTESTING, AGGREGATING_SINCE);
const PROPOSED = after([...revealed, { ...proposes(1, 1), at: AGGREGATING_SINCE + 1 }]);
const FINAL_SINCE = roundNow(PROPOSED).endsAt;

describe("duty: entering", () => {
  const entering = after([opens(1), enters(1, 1)]);

  it("waits while no round has been opened", () => {
    expect(dutyOf(after([]), trainer(1))).to.deep.equal(WAIT);
  });

  it("takes a seat that nobody has", () => {
    for (let index = 1; index <= 20; index++) {
      if (index === 2) continue; // sits in seat 1
      const duty = dutyOf(entering, trainer(index));
      if (duty.kind !== "enter") throw new Error(`trainer ${index} does not enter`);
      expect(duty.round).to.equal(1);
      expect(duty.seat)
        .to.be.within(0, RULES.maxTrainers - 1)
        .and.not.equal(1);
    }
  });

  it("at its own pace comes with a finished update, however late, and does not enter the next round beforehand", () => {
    const halfway = seenAt(entering, START + RULES.enterSeconds / 2);
    const training = { ownPace: true, hasUpdateFor: () => false };
    expect(dutyOf(halfway, trainer(9, training))).to.deep.equal(WAIT);
    expect(dutyOf(entering, trainer(9, { ownPace: true, trainsWell: () => false })).kind).to.equal("enter");
    expect(dutyOf(COMMITTING, trainer(1, { ownPace: true }))).to.include({ kind: "commit", entersNext: false });
  });

  it("begins to look for a seat elsewhere than others do", () => {
    const empty = after([opens(1)]);
    const seats = [1, 2, 3, 4].map((index) => {
      const duty = dutyOf(empty, trainer(index));
      return duty.kind === "enter" ? duty.seat : undefined;
    });
    expect(new Set(seats).size).to.equal(4);
  });

  it("waits until training has gone well for an epoch, or until half the time is over", () => {
    const slow = trainer(9, { trainsWell: () => false });
    const halfway = START + RULES.enterSeconds / 2;
    expect(dutyOf(seenAt(entering, halfway - 1), slow)).to.deep.equal(WAIT);
    expect(dutyOf(seenAt(entering, halfway), slow).kind).to.equal("enter");
    const asked: number[] = [];
    dutyOf(entering, trainer(9, { trainsWell: (round) => asked.push(round) > 0 }));
    expect(asked).to.deep.equal([1]);
  });

  it("waits in its seat until the time to enter is over", () => {
    expect(dutyOf(entering, trainer(2))).to.deep.equal(WAIT);
  });

  it("waits when all seats are taken", () => {
    const full = after([opens(1), ...allEnter(1, [0, 1, 2, 3])]);
    expect(roundNow(full).phase).to.equal("Committing");
    expect(dutyOf(full, trainer(9))).to.deep.equal(WAIT);
  });

  it("waits when it comes too late, and does not enter a round that others play", () => {
    for (const state of [COMMITTING, REVEALING, ATTESTING, AGGREGATING, PROPOSED]) {
      expect(dutyOf(state, trainer(9)), roundNow(state).phase).to.deep.equal(WAIT);
    }
  });
});

describe("duty: committing", () => {
  it("commits to its update and enters the next round with it", () => {
    expect(dutyOf(COMMITTING, trainer(2))).to.deep.equal({ kind: "commit", round: 1, seat: 1, entersNext: true });
  });

  it("waits while it trains", () => {
    expect(dutyOf(COMMITTING, trainer(2, { hasUpdateFor: () => false }))).to.deep.equal(WAIT);
  });

  it("asks for the update of this very round", () => {
    const asked: number[] = [];
    dutyOf(COMMITTING, trainer(2, { hasUpdateFor: (round) => asked.push(round) > 0 }));
    expect(asked).to.deep.equal([1]);
  });

  it("waits once it has committed", () => {
    const state = after([...committed]);
    expect(dutyOf(state, trainer(1))).to.deep.equal(WAIT);
    expect(dutyOf(state, trainer(2)).kind).to.equal("commit");
  });

  it("commits to the last round without entering another", () => {
    const last = { ...COMMITTING, completed: RULES.rounds - 1 };
    expect(dutyOf(last, trainer(1))).to.deep.include({ kind: "commit", entersNext: false });
  });

  it("does not enter another round when it leaves or the sponsor has cancelled", () => {
    expect(dutyOf(COMMITTING, trainer(1, { rounds: 0 }))).to.deep.include({ kind: "commit", entersNext: false });
    const lastOfTwo = { ...COMMITTING, completed: 1 };
    expect(dutyOf(lastOfTwo, trainer(1, { rounds: 2 })), "it has one more to play").to.deep.include({
      entersNext: false,
    });
    expect(dutyOf(COMMITTING, trainer(1, { rounds: 2 })), "it has two more to play").to.deep.include({
      entersNext: true,
    });
    const cancelled = { ...COMMITTING, cancelled: true };
    expect(dutyOf(cancelled, trainer(1))).to.deep.include({ kind: "commit", entersNext: false });
  });
});

describe("duty: revealing", () => {
  it("opens its commitment", () => {
    const duty = { kind: "reveal", round: 1, seat: 2, commitment: commitmentOf(1, 2) };
    expect(dutyOf(REVEALING, trainer(3))).to.deep.equal(duty);
  });

  it("waits if its journal cannot open what stands on chain, rather than reveal something else", () => {
    const asked: unknown[] = [];
    const forgetful = trainer(3, { canOpen: (...of) => asked.push(of) < 0 });
    expect(dutyOf(REVEALING, forgetful)).to.deep.equal(WAIT);
    expect(asked).to.deep.equal([[1, commitmentOf(1, 2)]]);
  });

  it("waits if it missed its own deadline to commit", () => {
    const state = seenAt(after([...committed, commits(1, 1)]), START + RULES.enterSeconds + RULES.commitSeconds);
    expect(roundNow(state).phase).to.equal("Revealing");
    expect(dutyOf(state, trainer(3))).to.deep.equal(WAIT);
    expect(dutyOf(state, trainer(2)).kind).to.equal("reveal");
  });

  it("waits once it has revealed", () => {
    const state = after([...committed, commits(1, 1), commits(1, 2), reveals(1, 2, 2)]);
    expect(dutyOf(state, trainer(3))).to.deep.equal(WAIT);
  });
});

describe("duty: attesting", () => {
  it("keeps silent when it could fetch everything", () => {
    expect(dutyOf(ATTESTING, trainer(1))).to.deep.equal(WAIT);
  });

  it("names the seats whose updates it could not use", () => {
    const duty = { kind: "attest", round: 1, seat: 0, missing: 0b110n };
    expect(dutyOf(ATTESTING, trainer(1, { toStrike: () => new Set([1, 2]) }))).to.deep.equal(duty);
  });

  it("never names itself, a seat that has not revealed, or one that is struck already", () => {
    const all = { toStrike: () => new Set([0, 1, 2, 3]) };
    expect(dutyOf(ATTESTING, trainer(1, all))).to.deep.include({ missing: 0b110n });
    const struck = after([...revealed, strikes(1, 2)]);
    expect(dutyOf(struck, trainer(1, all))).to.deep.include({ missing: 0b010n });
    expect(dutyOf(struck, trainer(2, { toStrike: () => new Set([1, 2]) }))).to.deep.equal(WAIT);
  });

  it("says of its selection also that everybody is in it", () => {
    const all = { kind: "attest", round: 1, seat: 0, missing: 0n };
    expect(dutyOf(ATTESTING, trainer(1, { toStrike: () => new Set() }))).to.deep.equal(all);
  });

  it("attests once, also when struck", () => {
    const attested = after([...revealed, { name: "SeatsAttested", round: 1, seat: 0, missing: 2n }]);
    expect(dutyOf(attested, trainer(1, { toStrike: () => new Set([2]) }))).to.deep.equal(WAIT);
    const struck = after([...revealed, strikes(1, 0)]);
    const all = { kind: "attest", round: 1, seat: 0, missing: 0b100n };
    expect(dutyOf(struck, trainer(1, { toStrike: () => new Set([2]) }))).to.deep.equal(all);
  });

  it("names a seat in the highest place", () => {
    const wide = { ...RULES, maxTrainers: 256 };
    const state = after(
      [
        opens(1),
        enters(1, 0),
        enters(1, 255, account(2)),
        ...[0, 255].map((s, i) => ({ ...commits(1, s), at: START + 100 + i })),
        reveals(1, 0, 0),
        reveals(1, 255, 0),
      ],
      wide,
    );
    expect(dutyOf(state, trainer(1, { toStrike: () => new Set([255]) }))).to.deep.include({ missing: 1n << 255n });
  });
});

describe("duty: aggregating", () => {
  it("is the drawn seat's at once", () => {
    expect(dutyOf(AGGREGATING, trainer(2))).to.deep.equal({ kind: "propose", round: 1, seat: 1 });
    for (const other of [1, 3]) expect(dutyOf(AGGREGATING, trainer(other))).to.deep.equal(WAIT);
  });

  it("waits until it has summed and stepped", () => {
    expect(dutyOf(AGGREGATING, trainer(2, { hasStepped: () => false }))).to.deep.equal(WAIT);
  });

  it("is everybody's after the grace, one after another in the order of seats", () => {
    const openToAllAt = AGGREGATING_SINCE + RULES.graceSeconds;
    const order = [3, 1]; // seat 2 comes after the drawn seat 1, then seat 0
    order.forEach((index, place) => {
      const turn = openToAllAt + STAGGER_SECONDS * place;
      expect(dutyOf(seenAt(AGGREGATING, turn - 1), trainer(index)), `trainer ${index} before`).to.deep.equal(WAIT);
      expect(dutyOf(seenAt(AGGREGATING, turn), trainer(index)), `trainer ${index} at`).to.deep.include({
        kind: "propose",
      });
    });
  });

  it("waits for a drawn seat that was struck as for any other", () => {
    const struck = after([...revealed, strikes(1, 1)]);
    for (const [index, turn] of [
      [2, AGGREGATING_SINCE],
      [3, AGGREGATING_SINCE + RULES.graceSeconds],
      [1, AGGREGATING_SINCE + RULES.graceSeconds + STAGGER_SECONDS],
    ] as const) {
      if (index !== 2) expect(dutyOf(seenAt(struck, turn - 1), trainer(index)), `${index} before`).to.deep.equal(WAIT);
      expect(dutyOf(seenAt(struck, turn), trainer(index)), `${index} at`).to.deep.include({ kind: "propose" });
    }
  });

  it("is nobody's who did not reveal", () => {
    const partly = after([...committed, commits(1, 1), commits(1, 2), reveals(1, 0, 0), reveals(1, 1, 0)]);
    const revealingEnds = roundNow(partly).endsAt;
    const late = seenAt(partly, revealingEnds + RULES.attestSeconds + RULES.graceSeconds + 30);
    expect(roundNow(late).phase).to.equal("Aggregating");
    expect(dutyOf(late, trainer(3))).to.deep.equal(WAIT);
    expect(dutyOf(late, trainer(2))).to.deep.include({ kind: "propose" });
  });

  it("waits in the challenge window", () => {
    for (const index of [1, 2, 3]) expect(dutyOf(PROPOSED, trainer(index))).to.deep.equal(WAIT);
  });
});

describe("duty: proposing after a proposal was overturned", () => {
  const since = AGGREGATING_SINCE + 8;
  type Overturned = Extract<Parameters<typeof after>[0][number], { name: "ProposalOverturned" }>;
  const overturns = (seat: number, fault: Overturned["fault"]): Overturned => ({
    ...{ name: "ProposalOverturned", round: 1, seat, fault, fine: 80n, challenger: account(1), at: since },
  });
  const proposedBy = (seat: number) => [...revealed, { ...proposes(1, seat), at: AGGREGATING_SINCE + 1 }] as const;
  const proposing = { kind: "propose", round: 1 };

  it("is at once the next seat's, then the others' in turn, and never again the same one's", () => {
    const state = after([...proposedBy(1), overturns(1, "WrongSum")]);
    expect(roundNow(state).endsAt).to.equal(since + RULES.proposeSeconds);
    expect(dutyOf(state, trainer(3))).to.deep.include(proposing);
    expect(dutyOf(state, trainer(1))).to.deep.equal(WAIT);
    expect(dutyOf(seenAt(state, since + STAGGER_SECONDS - 1), trainer(1))).to.deep.equal(WAIT);
    expect(dutyOf(seenAt(state, since + STAGGER_SECONDS), trainer(1))).to.deep.include(proposing);
    expect(dutyOf(seenAt(state, since + RULES.proposeSeconds - 1), trainer(2))).to.deep.equal(WAIT);
  });

  for (const fault of ["WrongStep", "Undisclosed", "Withheld"] as const) {
    it(`bars its proposer also for ${fault}`, () => {
      const state = seenAt(after([...proposedBy(1), overturns(1, fault)]), since + 50);
      expect(dutyOf(state, trainer(2))).to.deep.equal(WAIT);
      expect(dutyOf(state, trainer(3))).to.deep.include(proposing);
    });
  }

  it("is the drawn seat's again when only the set has changed", () => {
    const state = after([
      ...proposedBy(1),
      overturns(1, "SetChanged"),
      { name: "SeatExpelled", round: 1, seat: 0, fine: 80n, challenger: account(3), at: since },
    ]);
    expect(dutyOf(state, trainer(2))).to.deep.include({ ...proposing, seat: 1 });
    expect(dutyOf(state, trainer(3))).to.deep.equal(WAIT);
    const expelled = seenAt(state, since + RULES.proposeSeconds - 1);
    expect(dutyOf(expelled, trainer(1)), "the convict").to.deep.equal(WAIT);
    expect(dutyOf(expelled, trainer(3))).to.deep.include(proposing);
  });

  it("does not wait for a drawn seat that missed its turn before, nor for a convict", () => {
    const missed = after([
      ...revealed,
      { name: "TurnMissed", round: 1, seat: 1, at: AGGREGATING_SINCE + RULES.graceSeconds },
      { ...proposes(1, 2), at: AGGREGATING_SINCE + RULES.graceSeconds },
      { ...overturns(2, "WrongSum"), at: AGGREGATING_SINCE + RULES.graceSeconds + 4 },
    ]);
    const now = AGGREGATING_SINCE + RULES.graceSeconds + 4 + STAGGER_SECONDS;
    expect(dutyOf(seenAt(missed, now), trainer(1))).to.deep.include(proposing);
    expect(dutyOf(seenAt(missed, now), trainer(2)), "it may still").to.deep.include(proposing);
    const convicted = after([
      ...revealed,
      { name: "SeatExpelled", round: 1, seat: 1, fine: 80n, challenger: account(3), at: AGGREGATING_SINCE },
    ]);
    expect(dutyOf(convicted, trainer(3))).to.deep.include(proposing);
  });

  it("ends the round void when nobody is left who may", () => {
    const events = [...proposedBy(1), overturns(1, "WrongSum")] as Parameters<typeof after>[0][number][];
    for (const [i, seat] of [2, 0].entries()) {
      events.push(
        { ...proposes(1, seat), at: since + 5 * i + 3 },
        { ...overturns(seat, "WrongSum"), at: since + 5 * i + 5 },
      );
    }
    const state = after(events);
    const { endsAt } = roundNow(state);
    for (const index of [1, 2, 3]) expect(dutyOf(seenAt(state, endsAt - 1), trainer(index))).to.deep.equal(WAIT);
    const late = seenAt(state, endsAt + 100);
    expect(roundNow(late).phase).to.equal("Void");
    expect(dutyOf(late, trainer(3))).to.deep.include({ kind: "advance" });
  });
});

describe("duty: ending a round", () => {
  it("is the proposer's first, then the others' in the order of seats", () => {
    [2, 3, 1].forEach((index, place) => {
      const turn = FINAL_SINCE + STAGGER_SECONDS * place;
      if (place > 0) expect(dutyOf(seenAt(PROPOSED, turn - 1), trainer(index))).to.deep.equal(WAIT);
      expect(dutyOf(seenAt(PROPOSED, turn), trainer(index))).to.deep.equal({ kind: "advance", round: 1 });
    });
  });

  it("is at last anybody's, also of those without a seat", () => {
    const turn = FINAL_SINCE + STAGGER_SECONDS * SEATS.length;
    expect(dutyOf(seenAt(PROPOSED, turn - 1), trainer(9))).to.deep.equal(WAIT);
    expect(dutyOf(seenAt(PROPOSED, turn), trainer(9))).to.deep.equal({ kind: "advance", round: 1 });
  });

  it("ends a round that nobody entered", () => {
    const empty = seenAt(after([opens(1)]), START + RULES.enterSeconds);
    expect(roundNow(empty).phase).to.equal("Void");
    expect(dutyOf(empty, trainer(9))).to.deep.equal({ kind: "advance", round: 1 });
  });

  it("ends a void round from the first seat on", () => {
    const void_ = seenAt(after([opens(1), enters(1, 3)]), START + RULES.enterSeconds);
    expect(dutyOf(void_, trainer(4)).kind).to.equal("advance");
  });

  it("does not end what has ended: the next round is the one under way", () => {
    const next = after([
      ...revealed,
      { ...proposes(1, 1), at: AGGREGATING_SINCE },
      finalises(1),
      { ...opens(2, FINAL_SINCE), at: FINAL_SINCE },
    ]);
    expect(dutyOf(next, trainer(1))).to.deep.include({ kind: "enter", round: 2 });
  });
});

describe("duty: leaving", () => {
  const leaving = { rounds: 0 };

  it("is finished when the task is closed, whatever it holds", () => {
    for (const state of [COMMITTING, REVEALING, PROPOSED]) {
      for (const index of [1, 9])
        expect(dutyOf({ ...state, closed: true }, trainer(index))).to.deep.equal({ kind: "finished" });
    }
  });

  it("is finished at once without a seat", () => {
    expect(dutyOf(after([opens(1)]), trainer(9, leaving))).to.deep.equal({ kind: "finished" });
    expect(dutyOf(COMMITTING, trainer(9, leaving))).to.deep.equal({ kind: "finished" });
  });

  it("plays its round to the end", () => {
    expect(dutyOf(COMMITTING, trainer(1, leaving)).kind).to.equal("commit");
    expect(dutyOf(REVEALING, trainer(1, leaving)).kind).to.equal("reveal");
    expect(dutyOf(ATTESTING, trainer(1, leaving))).to.deep.equal(WAIT);
    expect(dutyOf(AGGREGATING, trainer(2, leaving)).kind).to.equal("propose");
    expect(dutyOf(seenAt(PROPOSED, FINAL_SINCE), trainer(2, leaving)).kind).to.equal("advance");
  });

  it("leaves before the round that would pass the ceiling of epsilon, and commits in the one before", () => {
    const untilRound2 = { privacyCovers: (round: number) => round < 2 };
    expect(dutyOf(COMMITTING, trainer(1, untilRound2))).to.deep.include({ kind: "commit", entersNext: false });
    const second = after([opens(1), opens(2)]);
    expect(dutyOf(second, trainer(9, untilRound2))).to.deep.equal({ kind: "finished" });
    expect(dutyOf(second, trainer(9)).kind).to.equal("enter");
  });

  it("stays for a round that it has entered already", () => {
    const entered = after([...committed, enters(2, 0, account(9))]);
    expect(dutyOf(entered, trainer(9, leaving))).to.deep.equal(WAIT);
  });
});

describe("duty: nobody blocks for ever", () => {
  it("whoever vanishes in whatever phase, somebody who is there ends the round", () => {
    const random = seededRandom("vanishing trainers");
    for (let attempt = 0; attempt < 300; attempt++) {
      const state = randomRound(
        () => random.below(2) === 0,
        () => random.below(SEATS.length),
      );
      const here = random.below(4) + 1; // seats 0 to 2, or none
      const end = seenAt(state, roundNow(state).endsAt + 100_000);
      expect(roundNow(end).phase).to.be.oneOf(["Final", "Void"]);
      expect(
        dutyOf(end, trainer(here, { canOpen: () => false, hasUpdateFor: () => false, hasStepped: () => false })),
      ).to.deep.equal({
        kind: "advance",
        round: 1,
      });
    }
  });

  /** A round in which each trainer may stop at any step. */
  function randomRound(goesOn: () => boolean, drawn: () => number): TaskState {
    const inRound = SEATS.filter(goesOn);
    const committing = START + RULES.enterSeconds;
    const events = [opens(1), ...allEnter(1, inRound)];
    if (inRound.length < RULES.minTrainers) return after(events);
    const inCommit = inRound.filter(goesOn);
    events.push(...inCommit.map((seat) => ({ ...commits(1, seat), at: committing + 1 })));
    if (inCommit.length < RULES.minTrainers) return after(events);
    const everybody = inCommit.length === inRound.length;
    const revealing = everybody ? committing + 1 : committing + RULES.commitSeconds;
    const inReveal = inCommit.filter(goesOn);
    const first = inReveal[drawn() % Math.max(1, inReveal.length)] ?? 0;
    events.push(...inReveal.map((seat) => ({ ...reveals(1, seat, first), at: revealing + 1 })));
    return after(events);
  }
});

describe("duty: rounds of several cohorts", () => {
  const rules = { ...MASKED_RULES, cohorts: 2, maxTrainers: 8 };
  const seats = [0, 1, 2, 3, 4, 6, 7];
  const rosters = [
    [0, 2, 4, 6],
    [1, 3, 7],
  ] as const;
  const entered = [opens(1), ...allEnter(1, seats)];
  const drawingSince = START + rules.enterSeconds;
  const drawn = [...entered, { ...draws(1, rosters), at: drawingSince + 1 }];
  const shared = (some: readonly number[]) => some.map((seat) => shares(1, seat));
  const masked = (some: readonly number[]) => some.map((seat) => commitsMasked(1, seat));
  const shown = (some: readonly number[]) => some.map((seat) => revealsSeed(1, seat, 2));
  const dutyAt = (seat: number, state: TaskState) => dutyOf(state, trainer(seat + 1));
  const kinds = (state: TaskState) => seats.map((seat) => dutyAt(seat, state).kind);

  it("draws in turns: each round another seat begins, the others follow one after another", () => {
    for (const round of [1, 2, 7, 8]) {
      const since = START + rules.enterSeconds;
      const state = after([opens(round), ...allEnter(round, seats)], rules);
      const acting = (time: number) => seats.filter((seat) => dutyAt(seat, seenAt(state, time)).kind === "draw");
      const first = round % seats.length;
      expect(acting(since), "in the block that ended the entering").to.deep.equal([]);
      expect(acting(since + 1)).to.deep.equal([seats[first]]);
      const next = [seats[first]!, seats[(first + 1) % seats.length]!];
      expect(acting(since + STAGGER_SECONDS)).to.have.members(next);
      expect(acting(since + STAGGER_SECONDS * seats.length)).to.deep.equal(seats);
    }
    const drawing = seenAt(after(entered, rules), drawingSince + 1);
    expect(dutyAt(1, drawing)).to.deep.equal({ kind: "draw", round: 1 });
    expect(dutyOf(drawing, trainer(99)), "without a seat").to.deep.equal(WAIT);
  });

  it("shares once it is drawn, in its seat", () => {
    const state = after(drawn, rules);
    expect(roundNow(state).phase).to.equal("Sharing");
    for (const seat of seats) expect(dutyAt(seat, state)).to.deep.equal({ kind: "share", round: 1, seat });
  });

  it("waits in every phase after its cohort has fallen out, while the others go on", () => {
    const small = rosters[1].slice(1);
    const sharing = [...drawn, ...shared([...rosters[0], ...small])];
    const committing = seenAt(after(sharing, rules), drawingSince + 1 + rules.shareSeconds);
    expect(roundNow(committing).phase).to.equal("Committing");
    expect(kinds(committing)).to.deep.equal(goingOn("commitMasked"));
    const inTime = { ...commitsMasked(1, 0), at: committing.time };
    const agreeing = after([...sharing, inTime, ...masked([2, 4, 6])], rules);
    expect(roundNow(agreeing).phase, "nobody waits for the others").to.equal("Agreeing");
    expect(kinds(agreeing)).to.deep.equal(goingOn("agree"));
    const fixed = [...sharing, inTime, ...masked([2, 4, 6]), fixes(1, rosters[0])];
    expect(kinds(after(fixed, rules))).to.deep.equal(goingOn("revealSeed"));
    const known = after([...fixed, ...shown(rosters[0])], rules);
    expect(roundNow(known).phase).to.equal("Aggregating");
    expect(seats.filter((seat) => dutyAt(seat, known).kind !== "wait")).to.deep.equal([2]);
    const last = seenAt(known, roundNow(known).endsAt - 1);
    const proposing = seats.filter((seat) => dutyAt(seat, last).kind === "propose");
    expect(proposing, "who is in the sum").to.deep.equal(rosters[0]);
  });

  it("agrees on, and misses, updates of its own cohort only", () => {
    const everybody = [...drawn, ...shared(seats), ...masked(seats)];
    const state = after(everybody, rules);
    expect(roundNow(state).phase).to.equal("Agreeing");
    const nobodys = seenAt(state, roundNow(state).endsAt - 1);
    const agreed = dutyOf(nobodys, trainer(1, { hasMaskedUpdate: (_, seat) => ![1, 3, 7, 6].includes(seat) }));
    expect(agreed).to.deep.equal({ kind: "agree", round: 1, seat: 0, missing: [6] });
  });

  it("gives shares of its own cohort's seeds only", () => {
    const agreed = [...drawn, ...shared(seats), ...masked(seats), fixes(1, rosters[0]), fixes(1, rosters[1])];
    const revealed = after([...agreed, ...shown([0, 2, 4, 1, 3, 7])], rules);
    const recovering = seenAt(revealed, roundNow(revealed).endsAt);
    expect(roundNow(recovering).phase).to.equal("Recovering");
    expect(dutyAt(0, recovering)).to.deep.equal({ kind: "giveShares", round: 1, seat: 0, owners: [6] });
    expect(dutyAt(6, recovering)).to.deep.equal({ kind: "rebuildSeed", round: 1, seat: 6 });
    for (const seat of rosters[1]) expect(dutyAt(seat, recovering)).to.deep.equal(WAIT);
  });

  it("never has anything to do without a seat but to enter, whatever the phase", () => {
    const states = [entered, drawn, [...drawn, ...shared(seats)]].map((events) => after(events, rules));
    for (const state of states) {
      expect(PHASES).to.include(roundNow(state).phase);
      if (roundNow(state).phase !== "Entering") expect(dutyOf(state, trainer(99))).to.deep.equal(WAIT);
    }
  });

  function goingOn(kind: string): string[] {
    return seats.map((seat) => ((rosters[0] as readonly number[]).includes(seat) ? kind : "wait"));
  }
});
