import { expect } from "chai";
import { roundPicture, taskPicture } from "../../trainer/chain/taskPicture.ts";
import type { RoundPicture } from "../../trainer/chain/taskPicture.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { RULES, START, account, after, allEnter, blames, commits, commitsMasked, draws } from "../roles/aTask.ts";
import { enters, finalises, fixes, opens, proposes, reveals, revealsSeed, shares } from "../roles/aTask.ts";
import type { Untimed } from "../roles/aTask.ts";

const turns = ({ seats }: RoundPicture) => Object.fromEntries(seats.map(({ seat, turn }) => [seat, turn]));
const way = ({ path }: RoundPicture) => path.map(({ phase, at }) => (at === "now" ? `[${phase}]` : phase)).join(" ");

/** Four trainers; all commit, three reveal. */
const COMMITTED = [opens(1), ...allEnter(1, [0, 1, 2, 3]), ...[0, 1, 2, 3].map((seat) => commits(1, seat))];
const AGGREGATING_FROM = START + 8 + RULES.revealSeconds + RULES.attestSeconds;
const PROPOSED: readonly Untimed[] = [
  ...[...COMMITTED, reveals(1, 0, 2), reveals(1, 1, 2), reveals(1, 2, 2)],
  { ...proposes(1, 2), at: AGGREGATING_FROM + 3 },
];

describe("The picture of a sealed round", () => {
  it("says how long a round is entered yet, and how many seats are free", () => {
    const round = roundPicture(after([opens(1), enters(1, 0), enters(1, 3)]));
    expect(round).to.include({ number: 1, phase: "Entering", free: 2, acted: 2, awaited: 0, phaseSeconds: 100 });
    expect(round.secondsLeft).to.equal(RULES.enterSeconds - 2);
    expect(way(round)).to.equal("[Entering] Committing Revealing Attesting Aggregating Proposed Final");
  });

  it("says who has committed and who is waited for", () => {
    const round = roundPicture(after(COMMITTED.slice(0, 7)));
    expect(turns(round)).to.deep.equal({ 0: "acted", 1: "acted", 2: "awaited", 3: "awaited" });
    expect(round).to.include({ phase: "Committing", acted: 2, awaited: 2, free: 0 });
  });

  it("waits for the drawn seat to propose, and for nobody who did not reveal", () => {
    const state = after([...COMMITTED, reveals(1, 0, 2), reveals(1, 1, 2), reveals(1, 2, 2)]);
    const revealing = roundPicture(state);
    expect(turns(revealing)).to.deep.equal({ 0: "acted", 1: "acted", 2: "acted", 3: "awaited" });
    const attesting = roundPicture(state, AGGREGATING_FROM - 1);
    expect(attesting).to.include({ phase: "Attesting", awaited: 0, secondsLeft: 1 });
    const aggregating = roundPicture(state, AGGREGATING_FROM + 1);
    expect(aggregating.phase).to.equal("Aggregating");
    expect(turns(aggregating)).to.deep.equal({ 0: "idle", 1: "idle", 2: "awaited", 3: "out" });
    expect(aggregating.seats[2]).to.include({ drawn: true, proposed: false });
    expect(way(aggregating)).to.equal("Entering Committing Revealing Attesting [Aggregating] Proposed Final");
  });

  it("says in which phase a round has failed, also before anybody has written that on chain", () => {
    const events = [opens(1), ...allEnter(1, [0, 1])];
    const late = roundPicture(after(events), START + 1_000);
    expect(way(late)).to.equal("Entering Committing [Void]");
    expect(late).to.include({ secondsLeft: 0, awaited: 0 });
    const written = taskPicture(after([...events, { name: "RoundVoided", round: 1, endedIn: "Committing" }]));
    expect(written.rounds).to.deep.equal({ wanted: 3, final: 0, void: 1 });
    expect(written.history).to.have.length(1);
    expect(written.history[0]).to.include({ outcome: "void", endedIn: "Committing", seats: 2, updates: 0 });
  });
});

describe("The picture of a masked round", () => {
  const MASKED: TaskRules = {
    ...RULES,
    ...({ privacy: "masked", minTrainers: 3, maxTrainers: 6, cohorts: 2, shareThreshold: 2 } as const),
    ...{ shareSeconds: 50, recoverSeconds: 40, blameSeconds: 30 },
  };
  const SEATS = [0, 1, 2, 3, 4, 5];
  const drawn = [opens(1), ...allEnter(1, SEATS), draws(1, [[0, 2, 4], [1, 3, 5]])]; // prettier-ignore

  it("says who is in which cohort and has shared", () => {
    const round = roundPicture(after([...drawn, shares(1, 0), shares(1, 3)], MASKED));
    expect(round).to.include({ phase: "Sharing", acted: 2, awaited: 4 });
    expect(round.seats.map(({ cohort }) => cohort)).to.deep.equal([0, 1, 0, 1, 0, 1]);
    expect(round.cohorts.map(({ shared }) => shared)).to.deep.equal([1, 1]);
    expect(way(round)).to.equal("Entering Drawing [Sharing] Committing Agreeing Revealing Aggregating Proposed Final");
  });

  it("waits for nobody who fell out, and shows a detour only when it is taken", () => {
    const all = [...drawn, ...SEATS.map((seat) => shares(1, seat)), ...SEATS.map((seat) => commitsMasked(1, seat))];
    const agreed = [...all, fixes(1, [0, 2, 4]), fixes(1, [1, 3, 5])];
    const round = roundPicture(after([...agreed, ...SEATS.slice(0, 5).map((seat) => revealsSeed(1, seat, 0))], MASKED));
    expect(round.phase).to.equal("Revealing");
    expect(turns(round)[5]).to.equal("awaited");
    const proposed = [...agreed, ...SEATS.map((seat) => revealsSeed(1, seat, 0)), proposes(1, 0)];
    const blamed = roundPicture(after([...proposed, blames(1, 0, START + 500)], MASKED));
    expect(way(blamed)).to.equal(
      "Entering Drawing Sharing Committing Agreeing Revealing Aggregating [Blaming] Proposed Final",
    );
    expect(blamed.secondsLeft).to.be.greaterThan(400);
  });
});

describe("The picture of a task", () => {
  it("adds up what was earned, claimed and is left", () => {
    const { escrowed, ...left } = taskPicture(
      after([
        ...PROPOSED,
        { ...finalises(1), at: AGGREGATING_FROM + 20 },
        { name: "RewardClaimed", trainer: account(1), recipient: account(1), amount: 4n, relayerFee: 0n },
      ]),
    ).budget;
    expect(escrowed).to.equal(3n * 2_011n);
    // One wei for each of 30 units of data and of 3 trainers, and 11 for aggregating and ending it.
    expect(left).to.deep.equal({
      ...{ earned: 44n, claimed: 4n, owed: 40n, unspent: escrowed - 44n, refunded: 0n, fined: 0n },
    });
  });

  it("has given everything back once the sponsor has what was unspent", () => {
    const { budget, stage } = taskPicture(
      after([
        ...[opens(1), { name: "CancelRequested" } as const, { name: "TaskClosed", completed: 0 } as const],
        { name: "BudgetRefunded", amount: 6_033n },
      ]),
    );
    expect(stage).to.equal("closed");
    expect(budget).to.include({ unspent: 0n, refunded: 6_033n });
  });

  it("tells disputes: whose proposal fell, who missed its turn, and what that took", () => {
    const { disputes, budget } = taskPicture(
      after([
        ...PROPOSED,
        {
          name: "ProposalOverturned",
          ...{ round: 1, seat: 2, fault: "WrongSum", fine: 80n, challenger: account(1) },
        },
        { name: "TurnMissed", round: 1, seat: 0 },
      ]),
    );
    expect(disputes).to.deep.equal([
      {
        ...{ round: 1, seat: 2, trainer: account(3), kind: "overturned", fault: "WrongSum", fine: 80n },
        ...{ challenger: account(1), proposedAt: AGGREGATING_FROM + 3 },
      },
      { round: 1, seat: 0, trainer: account(1), kind: "missed turn" },
    ]);
    expect(budget.fined).to.equal(80n);
  });

  it("is there before anything has happened", () => {
    const { round, history, stage } = taskPicture(after([]));
    expect({ round: round.number, phase: round.phase, history, stage }).to.deep.equal({
      ...{ round: 0, phase: "Idle", history: [], stage: "running" },
    });
    expect(round.secondsLeft).to.equal(0);
  });
});
