import { expect } from "chai";
import { JsonRpcSigner, ZeroHash, id, isError, toQuantity } from "ethers";
import type { ContractTransaction } from "ethers";
import { maskedTaskAt } from "../../trainer/chain/contracts.ts";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import { FAULTS } from "../../trainer/chain/taskEvent.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import {
  countedSeats,
  droppedSeats,
  isUnmasked,
  roundNow,
  roundOf,
  sharedSeats,
} from "../../trainer/chain/taskState.ts";
import type { RoundState, SeatStatus, TaskState } from "../../trainer/chain/taskState.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seatBits } from "../../trainer/protocol/seatSet.ts";
import { useLocalChain } from "../support/localChain.ts";
import type { LocalChain } from "../support/localChain.ts";
import { madeUpDealing } from "../support/madeUpTask.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { agrees, readByBlocks } from "./agreesWithChain.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

const MASKED: Partial<TaskRules> = {
  privacy: "masked",
  minTrainers: 3,
  maxTrainers: 5,
  shareThreshold: 3,
  shareSeconds: 60,
  recoverSeconds: 60,
  blameSeconds: 90,
};
const TRAINERS = 5;
const ACTS = 48;
/** So many acts in the beginning are made by everybody but one, who stays away from a phase, so that a round gets far. */
const SMOOTH = 38;

describe("The state of a masked task", () => {
  const chain = useLocalChain();
  const happened = new Set<string>();

  for (const missed of ["Committing", "Revealing"] as const) {
    it(`is what the contract says, after every act of random trainers, one of whom misses the ${missed}`, async function () {
      this.timeout(60_000);
      const random = seededRandom(`masked story, ${missed}`);
      const there = await aTaskOnChain(chain(), {
        staked: TRAINERS,
        rules: { ...MASKED, rounds: 2, maxTrainers: 4 + random.below(2) },
      });
      await fundCourt(chain());
      const stop = new AbortController();
      const { provider } = chain();
      const following = followTask(provider, there.opened, { confirmations: 0, pollMs: 10, signal: stop.signal });
      let state = (await following.next()).value;
      await agrees(chain(), there, state);
      for (let act = 1; act <= ACTS; act++) {
        const name = await actAtRandom(chain(), there, state, random, act < SMOOTH ? missed : undefined);
        happened.add(name);
        state = (await following.next()).value;
        await agrees(chain(), there, state).catch((error: unknown) => {
          throw new Error(`After act ${act}, ${name}: ${String(error)}`, { cause: error });
        });
      }
      stop.abort();

      expect(await readTask(provider, there.opened, { confirmations: 0 }), "read anew").to.deep.equal(state);
      expect(await readByBlocks(chain(), there, state), "read block by block").to.deep.equal(state);
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
    expect(shared).to.deep.include({ phase: "Sharing", cohort: { shared: 4, isAgreed: false, isUnmasked: false } });
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
    expect(voted.set).to.equal(undefined);
    expect(voted.seats.get(3)).to.deep.include({ status: "Committed", attested: true });
    expect(voted.seats.get(3)?.agreement).to.deep.include({ members: [0, 1, 3], cohortView: id("view") });
    expect(droppedSeats(voted)).to.deep.equal([]);
    const agreed = await all([1], (seat) => acts.agree(1, seat, [0, 1, 3], []));
    const { block, time } = await read();
    expect(agreed.set).to.deep.equal({ members: [0, 1, 3], cohortView: id("view"), block, time });
    expect(agreed).to.deep.include({ phase: "Revealing", cohort: { shared: 4, isAgreed: true, isUnmasked: false } });
    expect(droppedSeats(agreed)).to.deep.equal([2]);

    const revealed = await all([1, 0, 3], (seat) => acts.revealSeed(1, seat, agreed));
    expect(revealed).to.include({ phase: "Revealing", revealed: 3, weight: 1 + 2 + 4 });
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
    expect(isUnmasked(rebuilt)).to.equal(true);
    expect(countedSeats(rebuilt)).to.deep.equal([0, 1, 3]);

    await all([rebuilt.drawn!], (seat) => acts.propose(1, seat));
    await deadline();
    await all([0], () => acts.advance());
    const state = await read();
    expect(state.completed).to.equal(1);
    expect(roundOf(state, 1).phase).to.equal("Final");
    expect((await now()).number).to.equal(2);
  });

  it("recovers without who committed and then vanished: it counts, its seed rebuilt by others", async () => {
    const { now, deadline, acts, all, read } = await aCohort();
    await all([0, 1, 2, 3, 4], (seat) => acts.share(1, seat));
    await all([0, 1, 2, 3, 4], (seat) => acts.commitMasked(1, seat));
    const agreed = await all([4, 2, 0], (seat) => acts.agree(1, seat, [0, 1, 2, 4], [3]));
    expect(agreed.seats.get(3)).to.include({ status: "Struck", attested: false });
    expect(droppedSeats(agreed)).to.deep.equal([3]);
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
    expect(rebuilt).to.include({ phase: "Aggregating", revealed: 4, weight: 1 + 2 + 3 + 5 });
    expect(rebuilt.seats.get(1)).to.include({ status: "Rebuilt" });
    expect(countedSeats(rebuilt)).to.deep.equal([0, 1, 2, 4]);

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
    expect(blamed).to.deep.include({ phase: "Blaming", blamed: { endsAt: time + rules.blameSeconds! } });
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
    expect(ahead).to.include({ phase: "Idle", entered: 3 }).and.not.have.property("cohort");
    // Two views, none of which has enough votes.
    await all([0, 1], (seat) => acts.agree(1, seat, [0, 1, 2], []));
    await all([2], (seat) => acts.agree(1, seat, [0, 1, 2], [], "another view"));
    await deadline();
    await all([0], () => acts.advance());
    const state = await read();
    expect(roundOf(state, 1)).to.include({ phase: "Void", endedIn: "Agreeing" }).and.not.have.property("set");
    expect(roundNow(state)).to.include({ number: 2, phase: "Entering", entered: 3 });
  });
});

/** A transaction and who sends it. */
interface Sent {
  readonly from: string;
  readonly request: ContractTransaction;
}

/** The acts of a masked round, by the accounts that must send them: the seat's number is its trainer's, unless it says so. */
function actsIn(
  chain: LocalChain,
  there: TaskOnChain,
  holders: (seat: number) => string = (seat) => there.trainers[seat]!.address,
) {
  const { opened, trainers, sponsor } = there;
  const task = maskedTaskAt(opened.address, chain.provider);
  const dealt = (round: number, seat: number) => madeUpDealing(opened.domain, round, holders(seat));
  const by = async (from: string, request: Promise<ContractTransaction>): Promise<Sent> => ({
    from,
    request: await request,
  });
  const byCourt = async (request: Promise<ContractTransaction>) => by(await courtOf(chain), request);
  return {
    enter: (seat: number, weight: number, from = holders(seat)) =>
      by(from, task.enter.populateTransaction(seat, weight)),
    share(round: number, seat: number) {
      const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = dealt(round, seat);
      const request = task.share.populateTransaction(round, seat, keyAddress, maskHash, sharesHash, sharesId, r, vs);
      return by(holders(seat), request);
    },
    commitMasked(round: number, seat: number) {
      const { root, contentId } = dealt(round, seat);
      return by(holders(seat), task.commitMasked.populateTransaction(round, seat, root, contentId));
    },
    commitMaskedAndEnter(round: number, seat: number, weight: number) {
      const { root, contentId } = dealt(round, seat);
      const request = task.commitMaskedAndEnter.populateTransaction(round, seat, root, contentId, weight);
      return by(holders(seat), request);
    },
    async agree(round: number, seat: number, members: readonly number[], missing: readonly number[], view = "view") {
      const { chainId } = await chain.provider.getNetwork();
      const domain = { name: "Foedus", version: "1", chainId, verifyingContract: opened.address };
      const vote = { round, members: seatBits(members), cohortView: id(view) };
      const voter = new JsonRpcSigner(chain.provider, holders(seat));
      const signature = await voter.signTypedData(domain, AGREEMENT, vote);
      // Anybody may bring it.
      const request = task.agree.populateTransaction(round, seat, seatBits(missing), vote.cohortView, signature);
      return by(sponsor.address, request);
    },
    revealSeed(round: number, seat: number, state: RoundState) {
      const { seed, keyAddress, sharesHash } = dealt(round, seat);
      const shares = droppedSeats(state).map((owner) => id(`${seat} of ${owner}`));
      return by(holders(seat), task.revealSeed.populateTransaction(round, seat, seed, keyAddress, sharesHash, shares));
    },
    rebuildKey(round: number, seat: number) {
      const { key, maskHash, sharesHash } = dealt(round, seat);
      return by(sponsor.address, task.rebuildKey.populateTransaction(round, seat, key, maskHash, sharesHash));
    },
    giveShares(round: number, seat: number, owners: readonly number[]) {
      const shares = owners.map((owner) => id(`${seat} of ${owner}`));
      return by(holders(seat), task.giveShares.populateTransaction(round, seat, seatBits(owners), shares));
    },
    rebuildSeed(round: number, seat: number) {
      const { seed, keyAddress, sharesHash } = dealt(round, seat);
      return by(sponsor.address, task.rebuildSeed.populateTransaction(round, seat, seed, keyAddress, sharesHash));
    },
    propose: (round: number, seat: number) =>
      by(
        holders(seat),
        task.propose.populateTransaction(round, seat, id(`sum ${round}`), id(`model ${round}`), ZeroHash, ZeroHash),
      ),
    missModel: (round: number, seat: number) => by(holders(seat), task.missModel.populateTransaction(round, seat)),
    advance: () => by(sponsor.address, task.advance.populateTransaction()),
    settle: (round: number, seat: number) => by(sponsor.address, task.settle.populateTransaction(round, seat)),
    claim: (trainer: string) => by(sponsor.address, task.claim.populateTransaction(trainer)),
    cancel: () => by(sponsor.address, task.cancel.populateTransaction()),
    blame: (round: number) => byCourt(task.blame.populateTransaction(round)),
    convict: (round: number, seat: number) =>
      byCourt(task.convict.populateTransaction(round, seat, trainers[1]!.address)),
    overturn: (round: number) =>
      byCourt(task.overturn.populateTransaction(round, FAULTS.indexOf("WrongSum"), trainers[1]!.address)),
    hold: (round: number) => byCourt(task.hold.populateTransaction(round)),
  };
}

const AGREEMENT = {
  Agreement: [
    { name: "round", type: "uint32" },
    { name: "members", type: "uint256" },
    { name: "cohortView", type: "bytes32" },
  ],
};

async function courtOf({ deployment }: LocalChain): Promise<string> {
  return deployment.maskCourt.getAddress();
}

/** Lets the mask court, which alone may, send transactions. */
async function fundCourt(chain: LocalChain): Promise<void> {
  const court = await courtOf(chain);
  await chain.rpc("hardhat_impersonateAccount", court);
  await chain.rpc("hardhat_setBalance", court, toQuantity(10n ** 21n));
}

async function send(chain: LocalChain, { opened }: TaskOnChain, { from, request }: Sent): Promise<void> {
  await chain.rpc("eth_sendTransaction", { from, to: opened.address, data: request.data, gas: "0xf4240" });
}

/** One act, mostly one that fits (always while one trainer misses a phase and all else is well), and whether the contract refused it: then there is a block with nothing in it. */
async function actAtRandom(
  chain: LocalChain,
  there: TaskOnChain,
  state: TaskState,
  random: Random,
  missed: "Committing" | "Revealing" | undefined,
): Promise<string> {
  const { opened, trainers } = there;
  const { rules } = opened;
  const round = roundNow(state);
  const { number, phase, set } = round;
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const seats = Array.from({ length: rules.maxTrainers }, (_, seat) => seat);
  const taken = (seat: number) => round.seats.get(seat);
  const smooth = missed !== undefined;
  const absent = phase === missed ? Math.max(...round.seats.keys()) : undefined;
  const having = (status: SeatStatus) =>
    seats.filter((seat) => taken(seat)?.status === status && (seat !== absent || status === "Revealed"));
  const waiting = trainers.filter(({ address }) => ![...round.seats.values()].some((seat) => seat.trainer === address));
  const free = seats.filter((seat) => taken(seat) === undefined);
  const holder = (seat: number) => taken(seat)?.trainer ?? trainers[0]!.address;
  const acts = actsIn(chain, there, holder);
  const some = (from: readonly number[]) => pick(from.length === 0 ? seats : from);
  const committed = having("Committed");
  const unknown = (set?.members ?? seats).filter((seat) => taken(seat)?.seed === undefined);
  const unknownKeys = droppedSeats(round).filter((seat) => taken(seat)?.key === undefined);
  const dice = random.below(100);
  const weight = 1 + random.below(rules.maxWeight);

  /** A vote of the committed seats less one now and then. */
  function vote(): Promise<Sent> {
    const missing = committed.length > rules.minTrainers && number % 2 === 0 ? [committed[0]!] : [];
    const members = committed.filter((seat) => !missing.includes(seat));
    const voters = committed.filter((seat) => taken(seat)?.attested === false);
    return acts.agree(
      number,
      some(voters),
      members,
      missing,
      !smooth && random.below(4) === 0 ? "another view" : "view",
    );
  }

  const byName: Record<string, () => Promise<Sent>> = {
    enter: () => acts.enter(pick(free.concat(0)), weight, pick(waiting.length > 0 ? waiting : trainers).address),
    share: () => acts.share(number, some(having("Entered"))),
    commitMasked: () => acts.commitMasked(number, some(having("Shared"))),
    commitMaskedAndEnter: () => acts.commitMaskedAndEnter(number, some(having("Shared")), weight),
    agree: vote,
    async revealSeed() {
      await chain.rpc("hardhat_setPrevRandao", id(`randao ${random.uint32()}`));
      return acts.revealSeed(number, some(committed), round);
    },
    rebuildKey: () => acts.rebuildKey(number, some(unknownKeys)),
    giveShares: () => acts.giveShares(number, some(having("Revealed")), unknown),
    rebuildSeed: () => acts.rebuildSeed(number, some(unknown)),
    propose: () => acts.propose(number, some(having("Revealed"))),
    missModel: () => acts.missModel(number, some(having("Revealed"))),
    overturn: () => acts.overturn(number),
    hold: () => acts.hold(number),
    convict: () => acts.convict(number, pick(seats)),
    blame: () => acts.blame(number),
    advance: () => acts.advance(),
    settle: () => acts.settle(Math.max(1, number - random.below(2)), pick(seats)),
    claim: () => acts.claim(pick(trainers).address),
  };
  const times: Record<string, number> = {
    // A part of what is left of the phase, all of it to the very second, or more.
    wait: state.time + 1 + random.below(20),
    deadline: Math.max(state.time + 1, round.endsAt),
    long: state.time + 1 + random.below(1_000),
  };
  const secrets = unknownKeys.length > 0 ? ["rebuildKey"] : [];
  const fitting: Record<string, readonly string[]> = {
    Entering: waiting.length > 0 && free.length > 0 ? ["enter"] : [],
    Sharing: ["share"],
    Committing: having("Shared").length > 0 ? ["commitMasked", "commitMaskedAndEnter", "commitMaskedAndEnter"] : [],
    Agreeing: committed.some((seat) => taken(seat)?.attested === false) ? ["agree"] : [],
    Revealing: [...secrets, ...(committed.length > 0 ? ["revealSeed", "revealSeed", "convict"] : [])],
    Recovering: [...secrets, "giveShares", "rebuildSeed"],
    Aggregating: ["propose", "propose", "propose", "wait"],
    Proposed:
      round.overturned.length === 0 ? ["overturn", "hold", "missModel", "deadline"] : ["deadline", "deadline", "blame"],
    Blaming: ["convict", "deadline"],
    Final: state.closed ? ["settle", "claim"] : ["advance", "advance", "claim"],
    Void: state.closed ? ["settle"] : ["advance"],
  };
  const likely = fitting[phase] ?? [];
  const often = likely.length === 0 || (!smooth && dice % 4 === 0) ? ["deadline"] : likely;
  const anything = [...Object.keys(byName), "wait"];
  const name = smooth || dice < 85 ? pick(often) : dice < 88 ? "long" : pick(anything);
  try {
    const time = times[name];
    if (time !== undefined) await chain.mine(time);
    else await send(chain, there, await byName[name]!());
    return name;
  } catch (error) {
    if (isError(error, "UNKNOWN_ERROR") && /revert/i.test(error.message)) return `${name}, refused`;
    throw error;
  }
}
