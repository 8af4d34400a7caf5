/** What the trainers of a masked task might do, at random, and after each act the folded state against the contract's views. */
import { expect } from "chai";
import { id, isError } from "ethers";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { cohortRounds, droppedSeats, roundNow } from "../../trainer/chain/taskState.ts";
import type { SeatStatus, TaskState } from "../../trainer/chain/taskState.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { isCohortDone } from "../../trainer/protocol/roundClock.ts";
import type { LocalChain } from "../support/localChain.ts";
import { agrees, readByBlocks } from "./agreesWithChain.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";
import { actsIn, cohortWith, fundCourt, send } from "./maskedActs.ts";
import type { Sent } from "./maskedActs.ts";

export interface Story {
  readonly rules: Partial<TaskRules>;
  readonly staked: number;
  readonly acts: number;
  /** So many acts in the beginning are made by everybody but one, who stays away from a phase, so that a round gets far. */
  readonly smooth: number;
  readonly missed: "Committing" | "Revealing";
}

/** Plays a story and compares after every act. @returns what has happened, by the acts' names. */
export async function playAgainstContract(chain: LocalChain, random: Random, story: Story): Promise<string[]> {
  const { staked, rules, acts, smooth, missed } = story;
  const there = await aTaskOnChain(chain, { staked, rules: { ...rules, rounds: 2 } });
  await fundCourt(chain);
  const { provider } = chain;
  const stop = new AbortController();
  const following = followTask(provider, there.opened, { confirmations: 0, pollMs: 10, signal: stop.signal });
  let state = (await following.next()).value;
  await agrees(chain, there, state);
  const happened: string[] = [];
  for (let act = 1; act <= acts; act++) {
    const name = await actAtRandom(chain, there, state, random, act < smooth ? missed : undefined);
    happened.push(name);
    state = (await following.next()).value;
    await agrees(chain, there, state).catch((error: unknown) => {
      throw new Error(`After act ${act}, ${name}: ${String(error)}`, { cause: error });
    });
  }
  stop.abort();

  expect(await readTask(provider, there.opened, { confirmations: 0 }), "read anew").to.deep.equal(state);
  expect(await readByBlocks(chain, there, state), "read block by block").to.deep.equal(state);
  return happened;
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
  const { number, phase } = round;
  const cohorts = cohortRounds(round);
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const seats = Array.from({ length: rules.maxTrainers }, (_, seat) => seat);
  const taken = (seat: number) => round.seats.get(seat);
  const smooth = missed !== undefined;
  // Of the largest cohort, which goes on without.
  const absent = phase === missed ? Math.max(...(cohorts[0] ?? round).seats.keys()) : undefined;
  const having = (status: SeatStatus) =>
    seats.filter((seat) => taken(seat)?.status === status && (seat !== absent || status === "Revealed"));
  const waiting = trainers.filter(({ address }) => ![...round.seats.values()].some((seat) => seat.trainer === address));
  const free = seats.filter((seat) => taken(seat) === undefined);
  const holder = (seat: number) => taken(seat)?.trainer ?? trainers[0]!.address;
  const acts = actsIn(chain, there, holder);
  const some = (from: readonly number[]) => pick(from.length === 0 ? seats : from);
  const committed = having("Committed");
  const unknown = cohorts.flatMap(({ set }) => set?.members ?? []).filter((seat) => taken(seat)?.seed === undefined);
  const unknownKeys = cohorts.flatMap(droppedSeats).filter((seat) => taken(seat)?.key === undefined);
  const voting = committed.filter((seat) => {
    const isWaitedFor = !isCohortDone(cohortWith(round, seat).cohorts![0]!, "Agreeing", rules);
    return phase === "Agreeing" && taken(seat)?.attested === false && isWaitedFor;
  });
  const revealing = committed.filter((seat) => unknown.includes(seat));
  const indexOf = (seat: number) => cohortWith(round, seat).cohort ?? 0;
  const dice = random.below(100);
  const weight = 1 + random.below(rules.maxWeight);

  /** A vote for the committed seats of a cohort, less one now and then. */
  function vote(): Promise<Sent> {
    const voter = some(voting);
    const own = having("Committed").filter((seat) => cohortWith(round, voter).seats.has(seat));
    const missing = own.length > rules.minTrainers && number % 2 === 0 ? [own[0]!] : [];
    const members = own.filter((seat) => !missing.includes(seat));
    return acts.agree(number, voter, members, missing, !smooth && random.below(4) === 0 ? "another view" : "view");
  }

  const byName: Record<string, () => Promise<Sent>> = {
    enter: () => acts.enter(pick(free.concat(0)), weight, pick(waiting.length > 0 ? waiting : trainers).address),
    async draw() {
      await chain.rpc("hardhat_setPrevRandao", id(`randao ${random.uint32()}`));
      return acts.draw(number);
    },
    share() {
      const seat = some(having("Entered"));
      return acts.share(number, seat, indexOf(seat));
    },
    commitMasked: () => acts.commitMasked(number, some(having("Shared"))),
    commitMaskedAndEnter: () => acts.commitMaskedAndEnter(number, some(having("Shared")), weight),
    agree: vote,
    async revealSeed() {
      await chain.rpc("hardhat_setPrevRandao", id(`randao ${random.uint32()}`));
      return acts.revealSeed(number, some(revealing), round);
    },
    rebuildKey: () => acts.rebuildKey(number, some(unknownKeys)),
    giveShares() {
      const giver = some(having("Revealed"));
      return acts.giveShares(...([number, giver, unknown.filter((seat) => indexOf(seat) === indexOf(giver))] as const));
    },
    rebuildSeed: () => acts.rebuildSeed(number, some(unknown)),
    propose: () => acts.propose(number, some(having("Revealed"))),
    missModel: () => acts.missModel(number, some(having("Revealed"))),
    overturn: () => acts.overturn(number),
    hold: () => acts.hold(number),
    convict: () => acts.convict(number, pick(seats)),
    blame: () => acts.blame(number, random.below(Math.max(1, cohorts.length))),
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
    Drawing: ["draw"],
    Sharing: having("Entered").length > 0 ? ["share"] : [],
    Committing: having("Shared").length > 0 ? ["commitMasked", "commitMaskedAndEnter", "commitMaskedAndEnter"] : [],
    Agreeing: voting.length > 0 ? ["agree"] : [],
    Revealing: [...secrets, ...(revealing.length > 0 ? ["revealSeed", "revealSeed", "convict"] : [])],
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
