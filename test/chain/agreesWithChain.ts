// What was folded from a task's events against every view of its contract, and against the events read in other pages.
import { expect } from "chai";
import { maskedTaskAt } from "../../trainer/chain/contracts.ts";
import { readTaskEvents } from "../../trainer/chain/eventLog.ts";
import {
  applyEvent,
  cohortRounds,
  countedSeats,
  divisorOf,
  droppedSeats,
  freshTask,
  isUnmasked,
  rewardOf,
  roundNow,
  roundOf,
  seatOf,
  sharedSeats,
  summedCohorts,
} from "../../trainer/chain/taskState.ts";
import type { RoundState, SeatState, TaskState } from "../../trainer/chain/taskState.ts";
import { PHASES, isOver } from "../../trainer/protocol/roundClock.ts";
import { seatBits, seatsIn } from "../../trainer/protocol/seatSet.ts";
import type { LocalChain } from "../support/localChain.ts";
import { SEAT_STATUSES } from "../support/madeUpTask.ts";
import { STAKE } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

/** The log again, in the smallest pages there are. */
export async function readByBlocks({ provider }: LocalChain, { opened }: TaskOnChain, { block, time }: TaskState) {
  let folded = freshTask(opened);
  for (let number = opened.block; number <= block; number++) {
    for await (const events of readTaskEvents(provider, opened.address, number, number)) {
      folded = events.reduce(applyEvent, folded);
    }
  }
  return { ...folded, block, time };
}

/** Every view of the contract against the folded state. */
export async function agrees(chain: LocalChain, there: TaskOnChain, state: TaskState): Promise<void> {
  const { provider, deployment } = chain;
  const { task, opened, trainers } = there;
  const { rules } = opened;
  const current = roundNow(state);
  const following = roundOf(state, state.current + 1);
  const accounts = [there.sponsor.address, ...trainers.map(({ address }) => address)];
  const [clock, progress, proposal, roots, block, claimable, stakes, ...seats] = await Promise.all([
    task.clock(),
    task.progress(),
    task.proposal().catch(() => undefined),
    task.modelRoots(),
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
      [...round.seats.keys()].reduce((rewards, seat) => rewards + rewardOf(round, seat), sum) +
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
  expect(proposal !== undefined, "a proposal stands").to.equal(current.phase === "Proposed");
  if (proposal !== undefined) {
    const { seat, ordinal, sumRoot, modelRoot } = current.proposal ?? {};
    const { round, updates, divisor, trim, endsAt } = proposal;
    const counted = countedSeats(current).length;
    expect(
      [current.number, seat, ordinal, counted, divisorOf(rules, current), rules.trim, current.endsAt],
      "proposal",
    ).to.deep.equal([round, proposal.seat, proposal.ordinal, updates, divisor, trim, endsAt].map(Number));
    expect([sumRoot, state.model.root, modelRoot], "its roots").to.deep.equal([proposal.sumRoot, ...roots]);
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
    const commitment = known.commitment ?? known.masked?.root;
    if (commitment !== undefined) expect(commitment, name).to.equal(place.commitment);
  }
  if (rules.privacy === "masked") for (const round of [current, following]) await agreesOnCohorts(chain, there, round);
  accounts.forEach((account, index) => {
    const rewards = finals.reduce((sum, round) => {
      const own = seatOf(round, account);
      const aggregated = own !== undefined && own.seat === round.proposal?.seat ? rules.aggregatorPay : 0n;
      const advanced = round.result?.advancer === account ? rules.advanceTip : 0n;
      return sum + (own === undefined ? 0n : rewardOf(round, own.seat)) + aggregated + advanced;
    }, 0n);
    expect(rewards - (state.claimed.get(account) ?? 0n), `claimable by ${index}`).to.equal(claimable[index]);
  });
  trainers.forEach(({ address }, index) => {
    const lost = (state.fined.get(address) ?? 0n) + (state.slashed.get(address) ?? 0n);
    expect(STAKE - lost, `stake of ${index}`).to.equal(stakes[index]?.amount);
  });
}

/** What a masked round's cohorts have done. */
async function agreesOnCohorts(chain: LocalChain, there: TaskOnChain, round: RoundState): Promise<void> {
  const { rules } = there.opened;
  const task = maskedTaskAt(there.opened.address, chain.provider);
  const [here, theirs] = [cohortRounds(round), await task.cohorts(round.number)];
  // Rosters that have not been drawn yet are those of an earlier round.
  const isDrawn = rules.cohorts === 1 ? round.phase !== "Idle" : round.cohorts !== undefined;
  if (isDrawn) expect(here, `cohorts of round ${round.number}`).to.have.length(theirs.length);
  const summed = summedCohorts(round).map(({ cohort }) => cohort);
  for (const [index, cohort] of here.entries()) {
    const { roster, isSummed } = theirs[index]!;
    const name = `cohort ${index} of round ${round.number}`;
    const everybody = rules.cohorts === 1 ? 2n ** 256n - 1n : seatBits(cohort.seats.keys());
    expect(everybody, `roster of ${name}`).to.equal(roster);
    expect(summed.includes(index), `${name} is in the sum`).to.equal(isSummed);
    await agreesOnCohort(chain, there, cohort, theirs[index]!, name);
  }
  const seats = here.flatMap((cohort) => [...cohort.seats.keys()]).sort((a, b) => a - b);
  if (isDrawn) expect(seats, "everybody is in one cohort").to.deep.equal([...round.seats.keys()].sort((a, b) => a - b));
}

/** What one of them has done, by its round. */
async function agreesOnCohort(
  { provider }: LocalChain,
  { opened }: TaskOnChain,
  round: RoundState,
  { shared, members, seeds, roundKeys: keys }: Record<"shared" | "members" | "seeds" | "roundKeys", bigint>,
  name: string,
): Promise<void> {
  const task = maskedTaskAt(opened.address, provider);
  const having = (what: keyof SeatState) =>
    [...round.seats].filter(([, state]) => state[what] !== undefined).map(([seat]) => seat);
  expect(
    [sharedSeats(round), round.set?.members ?? [], having("seed"), having("key")].map(seatBits),
    name,
  ).to.deep.equal([shared, members, seeds, keys]);
  expect(seatBits(droppedSeats(round)), `dropped of ${name}`).to.equal(members === 0n ? 0n : shared & ~members);
  const everything = members !== 0n && seeds === members && keys === (shared & ~members);
  expect(isUnmasked(round), `${name} is unmasked`).to.equal(everything);
  const dealt = await task.seatsAt(round.number, shared);
  for (const [index, seat] of seatsIn(shared).entries()) {
    const { trainer, weight, dealing } = round.seats.get(seat)!;
    expect([trainer, BigInt(weight), dealing?.hash], `dealing of seat ${seat}`).to.deep.equal([
      dealt[index]!.trainer,
      dealt[index]!.weight,
      dealt[index]!.dealing,
    ]);
  }
}
