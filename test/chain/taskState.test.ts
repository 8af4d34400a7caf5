import { expect } from "chai";
import { ZeroHash, id, isError } from "ethers";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import { FAULTS } from "../../trainer/chain/taskEvent.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { divisorOf, hasRevealed, roundNow, roundOf, seatOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { useLocalChain } from "../support/localChain.ts";
import type { LocalChain } from "../support/localChain.ts";
import { aTaskOnChain, anUpdate, asTheCourt } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";
import { agrees, readByBlocks } from "./agreesWithChain.ts";

const ACTS = 50;
/** So many acts in the beginning are made as if all were well, so that a round becomes final. */
const SMOOTH = 35;
const TRAINERS = 5;

describe("The state of a task", () => {
  const chain = useLocalChain();

  const happened = new Set<string>();

  for (const story of ["one", "two", "three", "ranked"]) {
    it(`is what the contract says, after every act of random trainers (story ${story})`, async function () {
      this.timeout(30_000);
      const random = seededRandom(`story ${story}`);
      const there = await aTaskOnChain(chain(), {
        staked: TRAINERS,
        rules: {
          ...{ rounds: 2 + random.below(3), minTrainers: 1 + random.below(2), maxTrainers: 3 + random.below(3) },
          minSummed: 1,
          ...(story === "ranked" ? { serverRule: "Uniform", trim: 1 } : {}),
        },
      });
      await asTheCourt(chain(), there);
      const stop = new AbortController();
      const { provider } = chain();
      const following = followTask(provider, there.opened, { confirmations: 0, pollMs: 10, signal: stop.signal });
      let state = (await following.next()).value;
      await agrees(chain(), there, state);
      for (let act = 1; act <= ACTS; act++) {
        const name = await actAtRandom(chain(), there, state, random, act < SMOOTH);
        happened.add(name);
        state = (await following.next()).value;
        await agrees(chain(), there, state).catch((error: unknown) => {
          throw new Error(`After act ${act}, ${name}: ${String(error)}`, { cause: error });
        });
      }
      stop.abort();
      for (const { phase, overturned } of state.rounds.values()) {
        for (const happening of [phase, ...overturned.map(({ fault }) => fault)]) happened.add(happening);
      }

      expect(await readTask(provider, there.opened, { confirmations: 0 }), "read anew").to.deep.equal(state);
      expect(await readByBlocks(chain(), there, state), "read block by block").to.deep.equal(state);
    });
  }

  // Overturned proposals are left to chance here, and have tests of their own below.
  it("was compared where rounds become final and trainers stay", () => {
    expect([...happened]).to.include.members(["commitAndEnter", "propose", "advance", "Final"]);
  });

  it("ends a round whose deadline was missed when that is written down, as the contract has it", async () => {
    const there = await aTaskOnChain(chain(), { staked: 2 });
    const { opened, sponsor, trainers, by } = there;
    await by(trainers[0]!).enter(0, 1);
    const read = () => readTask(chain().provider, opened, { confirmations: 0 });
    const { endsAt } = roundNow(await read());
    await chain().mine(endsAt + 5);
    expect(roundNow(await read())).to.include({ phase: "Void", endsAt });
    await by(sponsor).cancel();
    await by(sponsor).advance();
    const closed = await read();
    expect(closed).to.include({ cancelled: true, closed: true });
    expect(roundNow(closed)).to.include({ phase: "Void", endedIn: "Entering", endsAt: closed.time });
    await agrees(chain(), there, closed);
  });

  it("opens a round that everybody has entered ahead while they commit", async () => {
    const there = await aTaskOnChain(chain(), { staked: 2, rules: { maxTrainers: 2 } });
    const { opened, sponsor, task, trainers, by } = there;
    const read = () => readTask(chain().provider, opened, { confirmations: 0 });
    const deadline = async () => chain().mine(roundNow(await read()).endsAt);
    for (const [seat, trainer] of trainers.entries()) await by(trainer).enter(seat, 1);
    const updates = trainers.map(({ address }) => anUpdate(opened, 1, address));
    for (const [seat, { commitment }] of updates.entries()) {
      await by(trainers[seat]!).commitAndEnter(1, seat, commitment, 2);
    }
    const ahead = await read();
    expect(roundNow(ahead)).to.include({ number: 1, phase: "Revealing" });
    expect(roundOf(ahead, 2)).to.include({ phase: "Idle", entered: 2 });
    for (const [seat, { root, contentKeyHash, contentId }] of updates.entries()) {
      await by(trainers[seat]!).reveal(1, seat, root, contentKeyHash, contentId);
    }
    await deadline();
    const drawn = roundNow(await read()).drawn!;
    await by(trainers[drawn]!).propose(1, drawn, id("sum"), id("model"), ZeroHash, ZeroHash);
    await deadline();
    await by(sponsor).advance();
    const state = await read();
    expect(roundNow(state)).to.include({ number: 2, phase: "Committing" });
    await agrees(chain(), there, state);
    expect(await task.claimable(sponsor.address)).to.equal(opened.rules.advanceTip);
  });

  it("strikes a seat whose content a majority misses, and no other", async () => {
    const there = await aTaskOnChain(chain(), { staked: 3, rules: { maxTrainers: 3 } });
    const { opened, trainers, by } = there;
    for (const [seat, trainer] of trainers.entries()) await by(trainer).enter(seat, seat + 1);
    const updates = trainers.map(({ address }) => anUpdate(opened, 1, address));
    for (const [seat, { commitment }] of updates.entries()) await by(trainers[seat]!).commit(1, seat, commitment);
    for (const [seat, { root, contentKeyHash, contentId }] of updates.entries()) {
      await by(trainers[seat]!).reveal(1, seat, root, contentKeyHash, contentId);
    }
    await by(trainers[0]!).attest(1, 0, 0b110);
    await by(trainers[1]!).attest(1, 1, 0b100);
    const state = await readTask(chain().provider, opened, { confirmations: 0 });
    const { seats, revealed, phase } = roundNow(state);
    expect([...seats.values()].map(({ status }) => status)).to.deep.equal(["Revealed", "Revealed", "Struck"]);
    expect([...seats.values()].map(({ attested }) => attested)).to.deep.equal([true, true, false]);
    expect({ revealed, phase }).to.deep.equal({ revealed: 2, phase: "Attesting" });
    expect(divisorOf(opened.rules, roundNow(state)), "units of data").to.equal(3);
    await agrees(chain(), there, state);
  });
});

describe("The state of a disputed task", () => {
  const chain = useLocalChain();

  /** A task whose three trainers have revealed and one proposed. */
  async function proposed(rules: Partial<TaskRules> = {}) {
    const there = await aTaskOnChain(chain(), { staked: 3, rules: { maxTrainers: 3, minTrainers: 2, ...rules } });
    const { opened, trainers, by } = there;
    const read = () => readTask(chain().provider, opened, { confirmations: 0 });
    const update = (round: number, seat: number) => anUpdate(opened, round, trainers[seat]!.address);
    const commit = (round: number, seat: number) =>
      by(trainers[seat]!).commit(round, seat, update(round, seat).commitment);
    const reveal = (round: number, seat: number) => {
      const { root, contentKeyHash, contentId } = update(round, seat);
      return by(trainers[seat]!).reveal(round, seat, root, contentKeyHash, contentId);
    };
    const deadline = async () => chain().mine(roundNow(await read()).endsAt);
    const propose = (seat: number) =>
      by(trainers[seat]!).propose(1, seat, id(`sum of ${seat}`), id(`model of ${seat}`), id("sum"), id("model"));
    for (const [seat, trainer] of trainers.entries()) await by(trainer).enter(seat, seat + 1);
    for (const seat of trainers.keys()) await commit(1, seat);
    for (const seat of trainers.keys()) await reveal(1, seat);
    await deadline();
    const { drawn } = roundNow(await read());
    if (drawn === undefined) throw new Error("Nobody is drawn.");
    await propose(drawn);
    const others = [0, 1, 2].filter((seat) => seat !== drawn) as [number, number];
    const court = await asTheCourt(chain(), there);
    const challenger = trainers[others[0]]!.address;
    return { there, read, commit, reveal, deadline, propose, court, challenger, drawn, others };
  }

  it("a proven fraud ends the proposal and bars its proposer; another proposes", async () => {
    const { there, read, deadline, propose, court, challenger, drawn, others } = await proposed();
    const { trainers, opened } = there;
    const { fraudFine } = opened.rules;
    await court.overturn(1, FAULTS.indexOf("WrongSum"), challenger);
    const overturned = await read();
    await agrees(chain(), there, overturned);
    const round = roundNow(overturned);
    expect(round).to.include({ phase: "Aggregating", revealed: 3 });
    expect(round.proposal).to.equal(undefined);
    expect(round.endsAt).to.equal(overturned.time + opened.rules.proposeSeconds);
    expect(round.overturned).to.have.length(1);
    expect(round.overturned[0]).to.include({ seat: drawn, ordinal: 1, fault: "WrongSum", fine: fraudFine, challenger });
    expect(round.overturned[0]).to.include({ sumRoot: id(`sum of ${drawn}`), modelRoot: id(`model of ${drawn}`) });
    expect(round.seats.get(drawn)).to.include({ status: "Revealed", barred: true });
    expect(overturned.slashed.get(trainers[drawn]!.address)).to.equal(fraudFine);

    await propose(others[0]);
    const again = await read();
    expect(roundNow(again).proposal).to.include({ seat: others[0], ordinal: 2 });
    await agrees(chain(), there, again);
    await deadline();
    await there.by(there.sponsor).advance();
    const state = await read();
    expect(state.completed).to.equal(1);
    await agrees(chain(), there, state);
  });

  it("silence costs a part of it", async () => {
    const { there, read, court, challenger } = await proposed();
    await court.overturn(1, FAULTS.indexOf("Undisclosed"), challenger);
    const state = await read();
    expect(roundNow(state).overturned[0]).to.include({ fault: "Undisclosed", fine: there.opened.rules.fraudFine / 4n });
    await agrees(chain(), there, state);
  });

  it("a convicted update takes the proposal with it that has it in, at no fault of its proposer", async () => {
    const { there, read, propose, court, challenger, drawn, others } = await proposed();
    const convict = others[1];
    await court.expel(1, convict, challenger);
    const state = await read();
    await agrees(chain(), there, state);
    const round = roundNow(state);
    expect(round).to.include({ phase: "Aggregating", revealed: 2, struck: 1 });
    expect(round.proposal).to.equal(undefined);
    expect(round.overturned[0]).to.include({ seat: drawn, fault: "SetChanged", fine: 0n });
    expect(round.seats.get(drawn)).to.include({ barred: false });
    expect(round.seats.get(convict)).to.include({ status: "Expelled" });
    expect([...state.slashed.values()].filter((lost) => lost > 0n)).to.deep.equal([there.opened.rules.fraudFine]);
    await propose(drawn);
    expect(roundNow(await read()).proposal).to.include({ seat: drawn, ordinal: 2 });
    await agrees(chain(), there, await read());
  });

  it("where updates are ranked, the sum is divided by how many are left, also without a convict", async () => {
    const { there, read, propose, court, challenger, drawn, others } = await proposed({
      ...{ serverRule: "Uniform", trim: 1 },
    });
    const { rules } = there.opened;
    const ranked = await read();
    expect(rules).to.include({ serverRule: "Uniform", trim: 1 });
    expect(divisorOf(rules, roundNow(ranked)), "the median of three").to.equal(1);
    await agrees(chain(), there, ranked);
    await court.expel(1, others[1], challenger);
    await propose(drawn);
    const state = await read();
    expect(divisorOf(rules, roundNow(state)), "both of two").to.equal(2);
    await agrees(chain(), there, state);
  });

  it("the round is void when convicts leave too few", async () => {
    const { there, read, court, challenger, others } = await proposed({ minTrainers: 3 });
    await court.expel(1, others[1], challenger);
    const failed = await read();
    expect(roundNow(failed)).to.include({ phase: "Void", endsAt: failed.time });
    await agrees(chain(), there, failed);
    await there.by(there.sponsor).advance();
    const state = await read();
    expect(roundOf(state, 1)).to.include({ phase: "Void", endedIn: "Attesting" });
    await agrees(chain(), there, state);
  });

  it("the round goes on with minSummed of them, and is void with fewer", async () => {
    const { there, read, propose, court, challenger, drawn, others } = await proposed({ minTrainers: 3, minSummed: 2 });
    await court.expel(1, others[0], challenger);
    await propose(drawn);
    const left = await read();
    expect(roundNow(left)).to.include({ phase: "Proposed", revealed: 2, struck: 1 });
    await agrees(chain(), there, left);
    await court.expel(1, others[1], challenger);
    const failed = await read();
    expect(roundNow(failed)).to.include({ phase: "Void", endsAt: failed.time });
    await agrees(chain(), there, failed);
  });

  it("reveals go on without a convict: the last of the others' ends them", async () => {
    const there = await aTaskOnChain(chain(), { staked: 3, rules: { maxTrainers: 3 } });
    const { opened, trainers, by } = there;
    for (const [seat, trainer] of trainers.entries()) await by(trainer).enter(seat, seat + 1);
    const updates = trainers.map(({ address }) => anUpdate(opened, 1, address));
    for (const [seat, { commitment }] of updates.entries()) await by(trainers[seat]!).commit(1, seat, commitment);
    for (const [seat, { root, contentKeyHash, contentId }] of updates.entries()) {
      await by(trainers[seat]!).reveal(1, seat, root, contentKeyHash, contentId);
      if (seat === 0) await (await asTheCourt(chain(), there)).expel(1, 0, trainers[1]!.address);
    }
    const state = await readTask(chain().provider, opened, { confirmations: 0 });
    expect(roundNow(state)).to.include({ phase: "Attesting", revealed: 2, struck: 1 });
    expect(divisorOf(opened.rules, roundNow(state)), "units of data").to.equal(5);
    await agrees(chain(), there, state);
  });

  it("a model that most say they miss is withheld, which costs nothing but the right to propose", async () => {
    const { there, read, drawn, others } = await proposed();
    const [first, second] = others;
    await there.by(there.trainers[first]!).missModel(1, first);
    const missed = await read();
    expect(roundNow(missed)).to.include({ phase: "Proposed" });
    expect(roundNow(missed).seats.get(first)).to.include({ modelMissed: 1 });
    await agrees(chain(), there, missed);
    await there.by(there.trainers[second]!).missModel(1, second);
    const state = await read();
    const challenger = there.trainers[second]!.address;
    expect(roundNow(state).overturned[0]).to.include({ seat: drawn, fault: "Withheld", fine: 0n, challenger });
    expect(roundNow(state).seats.get(drawn)).to.include({ barred: true });
    await agrees(chain(), there, state);
  });

  it("a chunk that was asked for keeps the proposal open", async () => {
    const { there, read, court } = await proposed();
    await chain().mine(roundNow(await read()).endsAt - 10);
    await court.hold(1);
    const state = await read();
    expect(roundNow(state).endsAt).to.equal(state.time + 2 * there.opened.rules.discloseSeconds);
    await agrees(chain(), there, state);
  });
});

/** One act, mostly one that fits, and whether the contract refused it: then there is a block with nothing in it. */
async function actAtRandom(
  chain: LocalChain,
  there: TaskOnChain,
  state: TaskState,
  random: Random,
  smooth: boolean,
): Promise<string> {
  const { opened, task, trainers, sponsor } = there;
  const { rules } = opened;
  const round = roundNow(state);
  const { number } = round;
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const anySeat = () => random.below(rules.maxTrainers);
  const weight = 1 + random.below(rules.maxWeight);
  const waiting = trainers.filter(({ address }) => seatOf(round, address) === undefined);
  const free = Array.from({ length: rules.maxTrainers }, (_, seat) => seat).filter((seat) => !round.seats.has(seat));
  const due = { Committing: "Entered", Revealing: "Committed" } as Record<string, string>;
  const seated = [...round.seats];
  const need = due[round.phase];
  const acting = seated.filter(([, seat]) => (need === undefined ? hasRevealed(seat) : seat.status === need));
  const [seat, { trainer }] =
    seated.length === 0 ? [0, { trainer: trainers[0]!.address }] : pick(acting.length === 0 ? seated : acting);
  const holder = trainers.find(({ address }) => address === trainer)!;
  const { commitment, root, contentKeyHash, contentId } = anUpdate(opened, number, trainer);

  const send = async (from: { readonly address: string }, act: Promise<{ data: string }>) => {
    const { data } = await act;
    await chain.rpc("eth_sendTransaction", { from: from.address, to: opened.address, data, gas: "0xf4240" });
  };
  const dice = random.below(100);
  const anybody = pick([...trainers, sponsor]);
  const { enter, commit, commitAndEnter, reveal, attest, propose, missModel, advance, settle, claim, cancel, refund } =
    task;
  const court = { address: await chain.deployment.court.getAddress() };
  const acts: Record<string, () => Promise<unknown>> = {
    enter: () =>
      send(pick(waiting.length ? waiting : trainers), enter.populateTransaction(pick(free.concat(0)), weight)),
    commit: () => send(holder, commit.populateTransaction(number, seat, commitment)),
    commitAndEnter: () => send(holder, commitAndEnter.populateTransaction(number, seat, commitment, weight)),
    async reveal() {
      await chain.rpc("hardhat_setPrevRandao", id(`randao ${random.uint32()}`));
      await send(holder, reveal.populateTransaction(number, seat, root, contentKeyHash, contentId));
    },
    attest: () => send(holder, attest.populateTransaction(number, seat, random.below(2 ** rules.maxTrainers))),
    strike: () => {
      const [victim] = seated.find(([other, { status }]) => other !== seat && status === "Revealed") ?? [0];
      return send(holder, attest.populateTransaction(number, seat, 2 ** victim));
    },
    propose: () =>
      send(
        holder,
        propose.populateTransaction(number, seat, id(`sum ${number}`), id(`model ${dice}`), ZeroHash, ZeroHash),
      ),
    missModel: () => send(holder, missModel.populateTransaction(number, seat)),
    overturn: () => send(court, task.overturn.populateTransaction(number, random.below(3), anybody.address)),
    expel: () => send(court, task.expel.populateTransaction(number, seat, anybody.address)),
    hold: () => send(court, task.hold.populateTransaction(number)),
    advance: () => send(anybody, advance.populateTransaction()),
    settle: () => send(anybody, settle.populateTransaction(Math.max(1, number - random.below(2)), anySeat())),
    claim: () => send(anybody, claim.populateTransaction(pick(trainers).address)),
    cancel: () => send(sponsor, cancel.populateTransaction()),
    refund: () => send(anybody, refund.populateTransaction()),
    // A part of what is left of the phase, all of it to the very second, or more.
    wait: () => chain.mine(state.time + 1 + random.below(20)),
    deadline: () => chain.mine(Math.max(state.time + 1, round.endsAt)),
    long: () => chain.mine(state.time + 1 + random.below(1_000)),
  };
  const unfitting = Object.keys(acts).filter((act) => act !== "cancel" && act !== "long");
  const fitting: Record<string, readonly string[]> = {
    Entering: waiting.length && free.length ? ["enter", "enter", "enter", "enter"] : [],
    Committing: ["commit", "commitAndEnter", "commitAndEnter", "commitAndEnter"],
    Revealing: ["reveal"],
    Attesting: seated.some(([, { attested }]) => !attested) ? ["attest", "strike", "strike", "strike"] : [],
    Aggregating: ["propose", "propose", "propose", "wait"],
    // The first proposal of each round is disputed until it falls.
    Proposed: round.overturned.length === 0 ? ["missModel", "missModel", "overturn", "expel", "hold"] : ["deadline"],
    Final: state.closed ? ["settle", "claim"] : ["advance", "advance", "advance", "claim"],
    Void: state.closed ? ["refund", "settle"] : ["advance"],
  };
  const some = fitting[round.phase] ?? [];
  const often = some.length === 0 || (!smooth && dice % 5 === 0) ? ["deadline"] : some;
  const act = smooth || dice < 85 ? pick(often) : dice < 87 ? "cancel" : dice < 89 ? "long" : pick(unfitting);
  try {
    await acts[act]!();
    return act;
  } catch (error) {
    if (isError(error, "UNKNOWN_ERROR") && /revert/i.test(error.message)) return `${act}, refused`;
    throw error;
  }
}
