import { expect } from "chai";
import { id } from "ethers";
import { readTask } from "../../trainer/chain/followTask.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import {
  cohortRounds,
  countedSeats,
  divisorOf,
  droppedSeats,
  isUnmasked,
  roundNow,
  roundOf,
  sharedSeats,
} from "../../trainer/chain/taskState.ts";
import type { RoundState } from "../../trainer/chain/taskState.ts";
import { useLocalChain } from "../support/localChain.ts";
import { madeUpDealing } from "../support/madeUpTask.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import { agrees } from "./agreesWithChain.ts";
import { MASKED, actsIn, fundCourt, send } from "./maskedActs.ts";
import type { Sent } from "./maskedActs.ts";
import { playAgainstContract } from "./maskedStory.ts";

const TRAINERS = 5;

describe("The state of a masked task", () => {
  const chain = useLocalChain();
  const happened = new Set<string>();

  for (const missed of ["Committing", "Revealing"] as const) {
    it(`is what the contract says, after every act of random trainers, one of whom misses the ${missed}`, async function () {
      this.timeout(60_000);
      const random = seededRandom(`story of a masked task, ${missed}`);
      const rules = { ...MASKED, maxTrainers: 4 + random.below(2) };
      const story = { rules, staked: TRAINERS, acts: 48, smooth: 38, missed };
      for (const act of await playAgainstContract(chain(), random, story)) happened.add(act);
    });
  }

  it("was compared where sets are agreed on, seeds shown, and secrets of the vanished rebuilt", () => {
    expect([...happened]).to.include.members(["share", "agree", "revealSeed", "rebuildKey", "rebuildSeed"]);
  });
});

describe("The state of a masked round", () => {
  const chain = useLocalChain();

  /** A task whose five trainers sit in round 1; what each does by seat, after which fold and contract agree. */
  async function aCohort(rules: Partial<TaskRules> = {}) {
    const there = await aTaskOnChain(chain(), { staked: TRAINERS, rules: { ...MASKED, ...rules } });
    await fundCourt(chain());
    const read = async () => {
      const state = await readTask(chain().provider, there.opened, { confirmations: 0 });
      await agrees(chain(), there, state);
      return state;
    };
    const now = async () => roundNow(await read());
    const deadline = async () => chain().mine((await now()).endsAt);
    const acts = actsIn(chain(), there);
    const all = async (seats: readonly number[], act: (seat: number) => Promise<Sent>) => {
      for (const seat of seats) await send(chain(), there, await act(seat));
      return now();
    };
    await all([0, 1, 2, 3, 4], async (seat) => acts.enter(seat, seat + 1));
    return { there, read, now, deadline, acts, all };
  }

  it("has dealings, masked updates, votes and seeds; who shared and vanished is dropped, its key rebuilt", async () => {
    const { there, now, deadline, acts, all, read } = await aCohort();
    const { opened, trainers } = there;
    const dealt = (seat: number) => madeUpDealing(opened.domain, 1, trainers[seat]!.address);

    const shared = await all([0, 1, 2, 3], (seat) => acts.share(1, seat));
    expect(shared.phase).to.equal("Sharing");
    expect(shared.cohorts).to.deep.equal([
      { ...{ size: 5, shared: 4, committed: 0, seeds: 0 }, ...{ isAgreed: false, isUnmasked: false, isSpoilt: false } },
    ]);
    const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = dealt(2);
    expect(shared.seats.get(2)?.dealing).to.deep.include({ keyAddress, maskHash, sharesHash, sharesId, r, vs });
    expect(sharedSeats(shared)).to.deep.equal([0, 1, 2, 3]);
    await deadline();

    const committed = await all([3, 1, 0], (seat) => acts.commitMasked(1, seat));
    expect(committed).to.include({ phase: "Committing", committed: 3 });
    expect(committed.seats.get(1)).to.deep.include({
      status: "Committed",
      masked: { root: dealt(1).root, contentId: dealt(1).contentId },
    });
    await deadline();

    const voted = await all([0, 3], (seat) => acts.agree(1, seat, [0, 1, 3], []));
    expect(voted.phase).to.equal("Agreeing");
    expect(only(voted).set).to.equal(undefined);
    expect(voted.seats.get(3)).to.deep.include({ status: "Committed", attested: true });
    expect(voted.seats.get(3)?.agreement).to.deep.include({ members: [0, 1, 3], cohortView: id("view") });
    expect(droppedSeats(only(voted))).to.deep.equal([]);
    const agreed = await all([1], (seat) => acts.agree(1, seat, [0, 1, 3], []));
    const { block, time } = await read();
    expect(only(agreed).set).to.deep.equal({ members: [0, 1, 3], cohortView: id("view"), block, time });
    expect(agreed.phase).to.equal("Revealing");
    expect(agreed.cohorts![0]).to.include({ shared: 4, committed: 3, isAgreed: true, isUnmasked: false });
    expect(droppedSeats(only(agreed))).to.deep.equal([2]);

    const revealed = await all([1, 0, 3], (seat) => acts.revealSeed(1, seat, agreed));
    expect(revealed).to.include({ phase: "Revealing", revealed: 3 });
    expect(divisorOf(opened.rules, revealed), "nothing is in the sum").to.equal(0);
    expect(revealed.seats.get(0)).to.deep.include({
      status: "Revealed",
      seed: dealt(0).seed,
      keyShares: [id("0 of 2")],
    });
    expect([0, 1, 3]).to.include(revealed.drawn);
    expect(countedSeats(revealed)).to.deep.equal([]);
    const rebuilt = await all([2], (seat) => acts.rebuildKey(1, seat));
    expect(rebuilt.seats.get(2))
      .to.include({ status: "Shared", key: dealt(2).key })
      .and.not.have.property("seed");
    expect(rebuilt.phase).to.equal("Aggregating");
    expect(isUnmasked(only(rebuilt))).to.equal(true);
    expect(countedSeats(rebuilt)).to.deep.equal([0, 1, 3]);
    expect(divisorOf(opened.rules, rebuilt)).to.equal(1 + 2 + 4);

    await all([rebuilt.drawn!], (seat) => acts.propose(1, seat));
    await deadline();
    await all([0], () => acts.advance());
    const state = await read();
    expect(state.completed).to.equal(1);
    expect(roundOf(state, 1).phase).to.equal("Final");
    expect((await now()).number).to.equal(2);
  });

  it("recovers without who committed and then vanished: it counts, its seed rebuilt by others", async () => {
    const { there, now, deadline, acts, all, read } = await aCohort();
    await all([0, 1, 2, 3, 4], (seat) => acts.share(1, seat));
    await all([0, 1, 2, 3, 4], (seat) => acts.commitMasked(1, seat));
    const agreed = await all([4, 2, 0], (seat) => acts.agree(1, seat, [0, 1, 2, 4], [3]));
    expect(agreed.seats.get(3)).to.include({ status: "Struck", attested: false });
    expect(droppedSeats(only(agreed))).to.deep.equal([3]);
    await all([2, 0, 4], (seat) => acts.revealSeed(1, seat, agreed));
    await deadline();
    expect(await now()).to.include({ phase: "Recovering" });

    const given = await all([0, 4], (seat) => acts.giveShares(1, seat, [0, 1]));
    expect([...given.seats.get(4)!.seedShares!]).to.deep.equal([
      [0, id("4 of 0")],
      [1, id("4 of 1")],
    ]);
    await all([3], (seat) => acts.rebuildKey(1, seat));
    const rebuilt = await all([1], (seat) => acts.rebuildSeed(1, seat));
    expect(rebuilt).to.include({ phase: "Aggregating", revealed: 3 });
    expect(rebuilt.seats.get(1)).to.include({ status: "Rebuilt" });
    expect(countedSeats(rebuilt)).to.deep.equal([0, 1, 2, 4]);
    expect(divisorOf(there.opened.rules, rebuilt)).to.equal(1 + 2 + 3 + 5);

    await all([rebuilt.drawn!], (seat) => acts.propose(1, seat));
    await deadline();
    await all([0], () => acts.advance());
    await all([1], (seat) => acts.settle(1, seat));
    expect((await read()).fined.size, "it is paid and fined").to.equal(1);
  });

  it("convicts of a fraud lose their stake and stay; a blamed sum ends in nothing", async () => {
    const { there, now, deadline, acts, all, read } = await aCohort();
    const { rules } = there.opened;
    await all([0, 1, 2, 3, 4], (seat) => acts.share(1, seat));
    await all([0, 1, 2, 3, 4], (seat) => acts.commitMasked(1, seat));
    const agreed = await all([0, 1, 2], (seat) => acts.agree(1, seat, [0, 1, 2, 3, 4], []));
    const convicted = await all([3], (seat) => acts.convict(1, seat));
    expect(convicted.seats.get(3)).to.include({ status: "Committed", convicted: true });
    expect((await read()).slashed.get(there.trainers[3]!.address)).to.equal(rules.fraudFine);
    const revealed = await all([0, 1, 2, 3, 4], (seat) => acts.revealSeed(1, seat, agreed));
    expect(revealed).to.include({ phase: "Aggregating", revealed: 5 });

    await all([revealed.drawn!], (seat) => acts.propose(1, seat));
    const blamed = await all([0], () => acts.blame(1));
    const { time } = await read();
    expect(blamed).to.deep.include({ phase: "Blaming", blamed: { cohort: 0, endsAt: time + rules.blameSeconds! } });
    expect(countedSeats(blamed)).to.deep.equal([]);
    expect(blamed.proposal).to.include({ sumRoot: id("sum 1") });
    await all([0], (seat) => acts.convict(1, seat));
    await deadline();
    expect(await now()).to.include({ phase: "Void" });
    await all([0], () => acts.advance());
    const state = await read();
    expect(roundOf(state, 1)).to.include({ phase: "Void", endedIn: "Blaming" });
    expect(state.slashed.size).to.equal(2);
  });

  it("is void when no set is agreed on, and the next opens for who has entered ahead", async () => {
    const { deadline, acts, all, read } = await aCohort();
    await all([0, 1, 2], (seat) => acts.share(1, seat));
    await deadline();
    const committed = await all([0, 1, 2], (seat) => acts.commitMaskedAndEnter(1, seat, 7));
    expect(committed.phase).to.equal("Agreeing");
    const ahead = roundOf(await read(), 2);
    expect(ahead).to.include({ phase: "Idle", entered: 3 }).and.not.have.property("cohorts");
    // Two views, none of which has enough votes.
    await all([0, 1], (seat) => acts.agree(1, seat, [0, 1, 2], []));
    await all([2], (seat) => acts.agree(1, seat, [0, 1, 2], [], "another view"));
    await deadline();
    await all([0], () => acts.advance());
    const state = await read();
    expect(roundOf(state, 1)).to.include({ phase: "Void", endedIn: "Agreeing" });
    expect(only(roundOf(state, 1))).not.to.have.property("set");
    expect(roundNow(state)).to.include({ number: 2, phase: "Entering", entered: 3 });
  });
});

/** The cohort of a task that has one. */
function only(round: RoundState): RoundState {
  return cohortRounds(round)[0]!;
}
