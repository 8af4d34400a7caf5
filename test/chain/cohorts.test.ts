/** Masked tasks with several cohorts, folded from their events; maskedRound.test.ts has those with one. */
import { expect } from "chai";
import { readTask } from "../../trainer/chain/followTask.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import {
  cohortRounds,
  countedSeats,
  divisorOf,
  droppedSeats,
  roundNow,
  roundOf,
} from "../../trainer/chain/taskState.ts";
import type { RoundState } from "../../trainer/chain/taskState.ts";
import { useLocalChain } from "../support/localChain.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import { agrees } from "./agreesWithChain.ts";
import { MASKED, actsIn, fundCourt, send } from "./maskedActs.ts";
import type { Sent } from "./maskedActs.ts";
import { playAgainstContract } from "./maskedStory.ts";

/** Four seats each, so that seven trainers are drawn into two of them. */
const SEVERAL: Partial<TaskRules> = { ...MASKED, maxTrainers: 12, cohorts: 3 };

describe("The state of a task of several cohorts", () => {
  const chain = useLocalChain();
  const happened = new Set<string>();

  for (const missed of ["Committing", "Revealing"] as const) {
    it(`is what the contract says, after every act of random trainers, one of whom misses the ${missed}`, async function () {
      this.timeout(60_000);
      const random = seededRandom(`story of a task of several cohorts, ${missed}`);
      const rules = { ...SEVERAL, trim: random.below(2) };
      const story = { rules, staked: 7, acts: 70, smooth: 50, missed };
      for (const act of await playAgainstContract(chain(), random, story)) happened.add(act);
    });
  }

  it("was compared where cohorts are drawn, sets agreed on, seeds shown, and keys of the vanished rebuilt", () => {
    expect([...happened]).to.include.members(["draw", "share", "agree", "revealSeed", "rebuildKey"]);
  });
});

describe("The state of a round with several cohorts", () => {
  const chain = useLocalChain();

  /** A task of so many cohorts whose trainers sit in these seats of round 1 and have been drawn. */
  async function drawn(seats: readonly number[], rules: Partial<TaskRules>) {
    const there = await aTaskOnChain(chain(), { staked: seats.length, rules: { ...MASKED, ...rules } });
    await fundCourt(chain());
    const { trainers } = there;
    const holder = (seat: number) => trainers[seats.indexOf(seat)]!.address;
    const acts = actsIn(chain(), there, holder);
    const read = async () => {
      const state = await readTask(chain().provider, there.opened, { confirmations: 0 });
      await agrees(chain(), there, state);
      return state;
    };
    const now = async () => roundNow(await read());
    const all = async (some: readonly number[], act: (seat: number, place: number) => Promise<Sent>) => {
      for (const [place, seat] of some.entries()) await send(chain(), there, await act(seat, place));
      return now();
    };
    const deadline = async () => {
      await chain().mine((await now()).endsAt);
      return now();
    };
    await all(seats, (seat, place) => acts.enter(seat, place + 1));
    if ((await now()).phase === "Entering") await deadline();
    const weightOf = (some: readonly number[]) => some.reduce((sum, seat) => sum + seats.indexOf(seat) + 1, 0);
    const step = {
      draw: () => all([0], () => acts.draw(1)),
      share: (some: readonly number[]) => all(some, (seat) => acts.share(1, seat, cohortOf(seat))),
      commit: (some: readonly number[]) => all(some, (seat) => acts.commitMasked(1, seat)),
      /** The first three members vote for the set. */
      agree: (members: readonly number[], missing: readonly number[] = []) =>
        all(members.slice(0, 3), (seat) => acts.agree(1, seat, members, missing)),
      async reveal(some: readonly number[]) {
        const round = await now();
        return all(some, (seat) => acts.revealSeed(1, seat, round));
      },
      async propose() {
        const { drawn: seat } = await now();
        return all([seat!], () => acts.propose(1, seat!));
      },
    };
    let rosters: number[][] = [];
    const cohortOf = (seat: number) => rosters.findIndex((roster) => roster.includes(seat));
    const after = await step.draw();
    rosters = after.cohorts!.map(({ roster }) => [...roster!]);
    return { there, acts, read, now, all, deadline, weightOf, step, rosters, round: after };
  }

  it("is drawn of any seats of the task; a cohort with too few commitments falls out, the other is the sum", async () => {
    const seats = [1, 7, 31, 32, 33, 38, 39];
    const story = await drawn(seats, { maxTrainers: 40, cohorts: 8 });
    const { there, acts, deadline, step, rosters, round, weightOf, all, read } = story;
    const { trainers, opened } = there;
    expect(round.phase).to.equal("Sharing");
    expect(rosters.map(({ length }) => length)).to.deep.equal([4, 3]);
    expect(rosters.flat().sort((a, b) => a - b)).to.deep.equal(seats);
    const [large, small] = rosters as [number[], number[]];

    // With the last share it goes on at once.
    expect((await step.share(seats.slice(1))).phase).to.equal("Sharing");
    expect((await step.share([1])).phase).to.equal("Committing");
    const committed = await step.commit([...large, ...small.slice(1)]);
    expect(committed).to.include({ phase: "Committing", committed: 6 });
    expect(await deadline()).to.include({ phase: "Agreeing" });

    // Nobody waits for the small one any more.
    const [out, ...members] = large as [number, ...number[]];
    const agreed = await step.agree(members, [out]);
    expect(agreed.phase).to.equal("Revealing");
    const [first, second] = cohortRounds(agreed) as [RoundState, RoundState];
    expect([first.set?.members, second.set]).to.deep.equal([members, undefined]);
    expect([droppedSeats(first), droppedSeats(second)]).to.deep.equal([[out], []]);
    expect(second.seats.get(small[1]!)).to.include({ status: "Committed" });
    expect((await step.reveal(members)).phase).to.equal("Revealing");
    const rebuilt = await all([out], (seat) => acts.rebuildKey(1, seat));
    expect(rebuilt).to.include({ phase: "Aggregating", revealed: 3 });
    expect(countedSeats(rebuilt)).to.deep.equal(members);
    expect(divisorOf(opened.rules, rebuilt)).to.equal(weightOf(members));

    await step.propose();
    await deadline();
    await all([0], () => acts.advance());
    await all(seats, (seat) => acts.settle(1, seat));
    const state = await read();
    expect(state.completed).to.equal(1);
    const missed = trainers[seats.indexOf(small[0]!)]!.address;
    expect([...state.fined.keys()], "who fell out with its cohort is not fined").to.deep.equal([missed]);
  });

  it("loses cohorts in the sharing, in the agreement and while secrets are missing, and goes on with the rest", async () => {
    const seats = Array.from({ length: 15 }, (_, seat) => seat);
    const story = await drawn(seats, { maxTrainers: 16, cohorts: 4, trim: 1 });
    const { there, acts, deadline, step, rosters, all, read } = story;
    expect(rosters.map(({ length }) => length)).to.deep.equal([4, 4, 4, 3]);
    const [a, b, c, d] = rosters as [number[], number[], number[], number[]];

    await step.share([...a, ...b, ...c, ...d.slice(1)]); // the fourth falls out
    expect((await deadline()).phase).to.equal("Committing");
    expect((await step.commit([...a, ...b, ...c])).phase).to.equal("Agreeing");
    await step.agree(a);
    await step.agree(b);
    await all(c.slice(0, 2), (seat) => acts.agree(1, seat, c, [])); // and the third, with two votes
    const revealing = await deadline();
    expect(revealing.phase).to.equal("Revealing");
    await step.reveal(a);
    const late = await step.reveal(b.slice(1));
    expect(countedSeats(late)).to.deep.equal(a);
    expect((await deadline()).phase).to.equal("Recovering");
    await all(b.slice(1), (seat) => acts.giveShares(1, seat, [b[0]!])); // but nobody rebuilds: the second
    const aggregating = await deadline();
    expect(aggregating.phase).to.equal("Aggregating");
    expect(countedSeats(aggregating)).to.deep.equal(a);
    expect(divisorOf(there.opened.rules, aggregating), "one mean is left").to.equal(1);

    await step.propose();
    await deadline();
    await all([0], () => acts.advance());
    await all(seats, (seat) => acts.settle(1, seat));
    const state = await read();
    const [first, , , fourth] = cohortRounds(roundOf(state, 1)).map((cohort) => cohort.cohorts![0]!);
    expect(first).to.include({ isUnmasked: true, isSpoilt: false });
    expect(fourth).to.include({ size: 3, shared: 2, committed: 0 });
    expect(state.fined.has(there.trainers[seats.indexOf(d[0]!)]!.address)).to.equal(true);
    expect(state.fined.has(there.trainers[seats.indexOf(d[1]!)]!.address)).to.equal(false);
  });

  it("recovers what is missing in one cohort while another is whole", async () => {
    const seats = [0, 2, 4, 6, 8, 10, 12, 14];
    const story = await drawn(seats, { maxTrainers: 16, cohorts: 4, serverRule: "Uniform" });
    const { there, acts, deadline, step, rosters, all, now } = story;
    const [a, b] = rosters as [number[], number[]];
    await step.share(seats);
    await step.commit(seats);
    await step.agree(a);
    expect((await step.agree(b)).phase, "both have their sets").to.equal("Revealing");
    await step.reveal(a);
    await step.reveal(b.slice(1));
    expect((await deadline()).phase).to.equal("Recovering");
    await all(b.slice(1), (seat) => acts.giveShares(1, seat, [b[0]!]));
    const whole = await all([b[0]!], (seat) => acts.rebuildSeed(1, seat));
    expect(whole).to.include({ phase: "Aggregating", revealed: 7 });
    expect(countedSeats(whole)).to.deep.equal(seats);
    expect(divisorOf(there.opened.rules, whole)).to.equal(8);
    expect((await step.propose()).phase).to.equal("Proposed");
    expect((await now()).proposal?.ordinal).to.equal(1);
  });

  it("goes on without a cohort whose sum is blamed, until none is left", async () => {
    const seats = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const story = await drawn(seats, { maxTrainers: 12, cohorts: 3, trim: 1 });
    const { there, acts, deadline, step, rosters, all, read, now } = story;
    const { rules } = there.opened;
    expect(rosters.map(({ length }) => length)).to.deep.equal([3, 3, 3]);
    await step.share(seats);
    await step.commit(seats);
    for (const roster of rosters) await step.agree(roster);
    await step.reveal(seats);
    const first = await step.propose();
    const proposer = first.proposal!.seat;
    expect([first.phase, divisorOf(rules, first), countedSeats(first)]).to.deep.equal(["Proposed", 1, seats]);

    for (const [index, left] of [
      [1, 2],
      [0, 1],
    ] as const) {
      const blamed = await all([0], () => acts.blame(1, index));
      expect(blamed).to.deep.include({ phase: "Blaming", blamed: { cohort: index, endsAt: blamed.endsAt } });
      expect(blamed.cohorts![index]).to.include({ isUnmasked: true, isSpoilt: true });
      await all([rosters[index]![0]!], (seat) => acts.convict(1, seat));
      const again = await deadline();
      expect(again.phase).to.equal("Aggregating");
      expect(countedSeats(again).some((seat) => rosters[index]!.includes(seat))).to.equal(false);
      expect(divisorOf(rules, again)).to.equal(left);
      expect(again.seats.get(proposer)).to.include({ barred: false });
      expect((await step.propose()).phase).to.equal("Proposed");
    }
    expect((await now()).proposal).to.include({ ordinal: 3 });
    await all([0], () => acts.blame(1, 2));
    expect((await deadline()).phase).to.equal("Void");
    await all([0], () => acts.advance());
    await all(seats, (seat) => acts.settle(1, seat));
    const state = await read();
    expect(roundOf(state, 1)).to.include({ phase: "Void", endedIn: "Blaming" });
    expect([state.slashed.size, state.fined.size]).to.deep.equal([2, 0]);
  });

  it("pays who is in the sum after a blame, and nobody of the blamed cohort", async () => {
    const seats = [0, 1, 2, 3, 4, 5, 6];
    const story = await drawn(seats, SEVERAL);
    const { there, acts, deadline, step, rosters, all, read } = story;
    await step.share(seats);
    await step.commit(seats);
    for (const roster of rosters) await step.agree(roster);
    await step.reveal(seats);
    await step.propose();
    await all([0], () => acts.blame(1, 0));
    await deadline();
    await step.propose();
    await deadline();
    await all([0], () => acts.advance());
    await all(seats, (seat) => acts.settle(1, seat));
    const paid = countedSeats(roundOf(await read(), 1));
    expect(paid).to.deep.equal(rosters[1]);
    for (const seat of paid) await all([seat], () => acts.claim(there.trainers[seat]!.address));
    expect((await read()).claimed.size).to.equal(paid.length);
  });

  it("is one cohort of all when few have entered, and void if nobody draws it", async () => {
    const seats = [3, 6, 9];
    const story = await drawn(seats, SEVERAL);
    expect(story.rosters).to.deep.equal([seats]);

    const { acts, all, deadline, read } = story;
    await deadline();
    await all([0], () => acts.advance());
    await all(seats, (seat) => acts.enter(seat, 1));
    await deadline();
    const drawing = roundNow(await read());
    expect(drawing).to.include({ number: 2, phase: "Drawing" }).and.not.have.property("cohorts");
    expect((await deadline()).phase).to.equal("Void");
    await all([0], () => acts.advance());
    const state = await read();
    expect(roundOf(state, 2)).to.include({ phase: "Void", endedIn: "Drawing" });
    expect([...state.fined.keys()].length, "only for the round before, in which nobody shared").to.be.at.most(3);
    await all(seats, (seat) => acts.settle(2, seat));
    expect((await read()).fined, "nobody is fined for that").to.deep.equal(state.fined);
  });
});
