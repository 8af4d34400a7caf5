import { expect } from "chai";
import { ZeroHash, id, isError } from "ethers";
import type { JsonRpcSigner } from "ethers";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import { readTaskEvents } from "../../trainer/chain/eventLog.ts";
import { applyEvent, freshTask, rewardOf, roundNow, roundOf, seatOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { PHASES, isOver } from "../../trainer/protocol/roundClock.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { useLocalChain } from "../support/localChain.ts";
import type { LocalChain } from "../support/localChain.ts";
import { STAKE, aTaskOnChain, anUpdate } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

const SEAT_STATUSES = ["Vacant", "Entered", "Committed", "Revealed", "Struck", "Settled"];
const ACTS = 50;
/** So many acts in the beginning are made as if all were well, so that a round becomes final. */
const SMOOTH = 25;
const TRAINERS = 5;

describe("The state of a task", () => {
  const chain = useLocalChain();

  const happened = new Set<string>();

  for (const story of ["one", "two", "three"]) {
    it(`is what the contract says, after every act of random trainers (story ${story})`, async function () {
      this.timeout(30_000);
      const random = seededRandom(`story ${story}`);
      const there = await aTaskOnChain(chain(), {
        staked: TRAINERS,
        rules: { rounds: 2 + random.below(3), minTrainers: 1 + random.below(2), maxTrainers: 3 + random.below(3) },
      });
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
      for (const { phase } of state.rounds.values()) happened.add(phase);

      expect(await readTask(provider, there.opened, { confirmations: 0 }), "read anew").to.deep.equal(state);
      expect(await readByBlocks(chain(), there, state), "read block by block").to.deep.equal(state);
    });
  }

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
    await by(trainers[drawn]!).propose(1, drawn, id("sum"), id("model"), ZeroHash);
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
    const { seats, revealed, weight, phase } = roundNow(state);
    expect([...seats.values()].map(({ status }) => status)).to.deep.equal(["Revealed", "Revealed", "Struck"]);
    expect([...seats.values()].map(({ attested }) => attested)).to.deep.equal([true, true, false]);
    expect({ revealed, weight, phase }).to.deep.equal({ revealed: 2, weight: 3, phase: "Attesting" });
    await agrees(chain(), there, state);
  });
});

/** The log again, in the smallest pages there are. */
async function readByBlocks({ provider }: LocalChain, { opened }: TaskOnChain, { block, time }: TaskState) {
  let folded = freshTask(opened.address, opened.rules, opened.genesis);
  for (let number = opened.block; number <= block; number++) {
    for await (const events of readTaskEvents(provider, opened.address, number, number)) {
      folded = events.reduce(applyEvent, folded);
    }
  }
  return { ...folded, block, time };
}

/** Every view of the contract against the folded state. */
async function agrees({ provider, deployment }: LocalChain, there: TaskOnChain, state: TaskState): Promise<void> {
  const { task, opened, trainers } = there;
  const { rules } = opened;
  const current = roundNow(state);
  const following = roundOf(state, state.current + 1);
  const accounts = [there.sponsor.address, ...trainers.map(({ address }) => address)];
  const [clock, progress, proposal, block, claimable, stakes, ...seats] = await Promise.all([
    task.clock(),
    task.progress(),
    task.proposal().catch(() => undefined),
    provider.getBlock("latest"),
    Promise.all(accounts.map((account) => task.claimable(account))),
    Promise.all(trainers.map(({ address }) => deployment.vault.stakeOf(opened.address, address))),
    ...[current, following].flatMap((round) =>
      Array.from({ length: rules.maxTrainers }, async (_, seat) => ({
        round,
        seat,
        there: await task.seatAt(round.number, seat),
      })),
    ),
  ]);
  expect([state.block, state.time]).to.deep.equal([block?.number, block?.timestamp]);
  expect([current.number, current.phase, current.endsAt], "clock").to.deep.equal([
    Number(clock[0]),
    PHASES[Number(clock[1])],
    Number(clock[2]),
  ]);
  const rounds = [...state.rounds.values()];
  const finals = rounds.filter(({ result }) => result !== undefined);
  const earned = finals.reduce(
    (sum, round) =>
      [...round.seats.values()].reduce((rewards, seat) => rewards + rewardOf(round, seat), sum) +
      rules.aggregatorPay +
      rules.advanceTip,
    0n,
  );
  expect([state.completed, state.closed, state.model.root, earned], "progress").to.deep.equal([
    Number(progress.completed),
    progress.closed,
    progress.modelRoot,
    progress.earned,
  ]);
  // What the contract calls a proposal ends when somebody writes down that it is final.
  if (proposal !== undefined) {
    const { seat, sumRoot, modelRoot } = current.proposal ?? {};
    expect([seat, sumRoot, modelRoot], "proposal").to.deep.equal([
      Number(proposal.seat),
      proposal.sumRoot,
      proposal.modelRoot,
    ]);
  }
  for (const { round, seat, there: place } of seats) {
    const known = round.seats.get(seat);
    const name = `seat ${seat} of round ${round.number}`;
    expect(known !== undefined, `${name} is taken`).to.equal(Number(place.inRound) === round.number);
    if (known === undefined) continue;
    const status = SEAT_STATUSES[Number(place.status)];
    expect([known.trainer, known.weight], name).to.deep.equal([place.trainer, Number(place.weight)]);
    if (status === "Settled") expect(isOver(round.phase), `${name} is settled`).to.equal(true);
    else expect(known.status, name).to.equal(status);
    if (known.commitment !== undefined) expect(known.commitment, name).to.equal(place.commitment);
  }
  accounts.forEach((account, index) => {
    const rewards = finals.reduce((sum, round) => {
      const own = seatOf(round, account);
      const aggregated = own !== undefined && own.seat === round.proposal?.seat ? rules.aggregatorPay : 0n;
      const advanced = round.result?.advancer === account ? rules.advanceTip : 0n;
      return sum + (own === undefined ? 0n : rewardOf(round, own.state)) + aggregated + advanced;
    }, 0n);
    expect(rewards - (state.claimed.get(account) ?? 0n), `claimable by ${index}`).to.equal(claimable[index]);
  });
  trainers.forEach(({ address }, index) => {
    expect(STAKE - (state.fined.get(address) ?? 0n), `stake of ${index}`).to.equal(stakes[index]?.amount);
  });
}

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
  const acting = seated.filter(([, { status }]) => status === (due[round.phase] ?? "Revealed"));
  const [seat, { trainer }] =
    seated.length === 0 ? [0, { trainer: trainers[0]!.address }] : pick(acting.length === 0 ? seated : acting);
  const holder = trainers.find(({ address }) => address === trainer)!;
  const { commitment, root, contentKeyHash, contentId } = anUpdate(opened, number, trainer);

  const send = async (from: JsonRpcSigner, act: Promise<{ data: string }>) => {
    const { data } = await act;
    await chain.rpc("eth_sendTransaction", { from: from.address, to: opened.address, data, gas: "0xf4240" });
  };
  const anybody = pick([...trainers, sponsor]);
  const { enter, commit, commitAndEnter, reveal, attest, propose, advance, settle, claim, cancel, refund } = task;
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
      send(holder, propose.populateTransaction(number, seat, id(`sum ${number}`), id(`model ${number}`), ZeroHash)),
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
    Final: state.closed ? ["settle", "claim"] : ["advance", "advance", "advance", "claim"],
    Void: state.closed ? ["refund", "settle"] : ["advance"],
  };
  const dice = random.below(100);
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
