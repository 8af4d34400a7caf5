/**
 * A masked task with trainers that have real round keys, real proofs of them and real signatures under their votes. Shares,
 * updates and models are made up: the chain takes their hashes, and whether they are right is for a court to say.
 */
import type { ContractTransactionResponse } from "ethers";
import type { MaskedTask } from "../../types/ethers-contracts/index.js";
import { cohortView } from "../../trainer/privacy/dealing.ts";
import type { SeatSeen } from "../../trainer/privacy/dealing.ts";
import { dealingHash } from "../../trainer/protocol/commitments.ts";
import { PHASES } from "../../trainer/protocol/roundClock.ts";
import type { Phase } from "../../trainer/protocol/roundClock.ts";
import { seatBits as bits, seatsIn } from "../../trainer/protocol/seatSet.ts";
import { SEAT_STATUSES, madeUpDealing } from "./madeUpTask.ts";
import { RULES, STATUS, TOKEN, aTaskWith, ethers, networkHelpers, passDeadline, phaseOf, weightOf } from "./task.ts";
import type { Rules, Signer } from "./task.ts";

/** The rules of a masked test task where it does not say otherwise: one cohort of five seats, of which three rebuild a secret. */
export const MASKED_RULES: Rules = {
  ...RULES,
  privacy: 1,
  maxTrainers: 5,
  minTrainers: 3,
  shareThreshold: 3,
  cohorts: 1,
  shareSeconds: 60,
  recoverSeconds: 60,
  blameSeconds: 90,
};

export { bits, seatsIn };

interface MaskedOptions {
  /** How many accounts have staked; those in `acts` are named by their index, which is also their seat. */
  trainers?: number;
  rules?: Partial<Rules>;
}

/** A masked task that is open and funded, with trainers that may enter it. */
export async function aMaskedTaskWith(options: MaskedOptions = {}) {
  const story = await anOpenTask(options);
  return { ...story, acts: actsOf(story) };
}

export type MaskedFixture = Awaited<ReturnType<typeof aMaskedTaskWith>>;

async function anOpenTask(options: MaskedOptions) {
  const staked = options.trainers ?? 5;
  const opened = await aTaskWith({ staked, rules: { ...MASKED_RULES, ...options.rules } });
  const task = (await ethers.getContractAt("MaskedTask", opened.taskAddress)) as unknown as MaskedTask;
  const courtAddress = await opened.maskCourt.getAddress();
  await networkHelpers.setBalance(courtAddress, TOKEN);
  // Speaks for the mask court, whose own file says when it speaks.
  const verdicts = task.connect(await ethers.getImpersonatedSigner(courtAddress));
  return { ...opened, task, verdicts };
}

type Story = Awaited<ReturnType<typeof anOpenTask>>;

/** Who does what until a phase is reached; whoever is not said to stay away acts. */
export interface Cast {
  enter?: number[];
  share?: number[];
  commit?: number[];
  /** Seats whose updates nobody could fetch. */
  missing?: number[];
  reveal?: number[];
}

/** All that the trainer in a seat makes for a round; byte strings as 0x-prefixed hex. */
export function aDealing({ domain, trainers }: Pick<Story, "domain" | "trainers">, round: number, seat: number) {
  return madeUpDealing(domain, round, trainers[seat]!.address);
}

/** What the chain keeps of a dealing. */
export function dealt(story: Pick<Story, "domain" | "trainers">, round: number, seat: number): string {
  const trainer = story.trainers[seat]!.address;
  return dealingHash({ ...aDealing(story, round, seat), domain: story.domain, round, trainer });
}

/** A made-up share of the secret of `owner` as `seat` has it. */
export function aShare(kind: "key" | "seed", round: number, owner: number, seat: number): string {
  return ethers.id(`${kind} share ${round} of ${owner} for ${seat}`);
}

/** The sets of one of a round's cohorts, by name. */
export async function setsOf(task: MaskedTask, round: number, cohort = 0) {
  const all = await task.cohorts(round);
  if (cohort >= all.length) throw new RangeError(`Round ${round} has ${all.length} cohorts, and no cohort ${cohort}`);
  const { shared, members, seeds, roundKeys: keys } = all[cohort]!;
  return { shared, members, seeds, keys };
}

/** The rosters of a round's cohorts, each ascending. */
export async function rostersOf(task: MaskedTask, round: number): Promise<number[][]> {
  return (await task.cohorts(round)).map(({ roster }) => seatsIn(roster));
}

/** In which cohort of a round a seat is: always the first, where a task has one. */
async function cohortFinder({ task, rules }: Pick<Story, "task" | "rules">, round: number) {
  const rosters = rules.cohorts === 1 ? [] : (await task.cohorts(round)).map(({ roster }) => roster);
  return (seat: number) =>
    Math.max(
      0,
      rosters.findIndex((roster) => (roster & bits([seat])) !== 0n),
    );
}

/** What a trainer saw of the seats of its cohort that shared, when it votes. */
export async function viewOf(
  story: Pick<Story, "task" | "domain" | "trainers">,
  round: number,
  cohort = 0,
): Promise<string> {
  const { shared } = await setsOf(story.task, round, cohort);
  const seen = seatsIn(shared).map(async (seat): Promise<SeatSeen> => {
    const { trainer, status, commitment } = await story.task.seatAt(round, seat);
    const root = Number(status) >= STATUS.Committed ? commitment : undefined;
    return { seat, trainer, dealing: await story.task.dealingAt(round, seat), root };
  });
  return cohortView(await Promise.all(seen));
}

/** An account's vote for a set of updates. */
export async function aVote(
  { taskAddress }: Pick<Story, "taskAddress">,
  by: Pick<Signer, "signTypedData">,
  vote: { round: number; members: bigint; cohortView: string },
): Promise<string> {
  const { chainId } = await ethers.provider.getNetwork();
  return by.signTypedData({ name: "Foedus", version: "1", chainId, verifyingContract: taskAddress }, AGREEMENT, vote);
}

/** What is signed, by EIP-712. */
export const AGREEMENT = {
  Agreement: [
    { name: "round", type: "uint32" },
    { name: "members", type: "uint256" },
    { name: "cohortView", type: "bytes32" },
  ],
};

/** The acts of a masked round, by all who can or by the seats named. Each returns its last transaction. */
function actsOf(story: Story) {
  const { task, trainers } = story;
  const everybody = trainers.map((_, seat) => seat);
  const by = (seat: number) => task.connect(trainers[seat]!);
  const made = (round: number, seat: number) => aDealing(story, round, seat);
  const members = async (round: number) => {
    const cohorts = await task.cohorts(round);
    return cohorts.flatMap((sets) => seatsIn(sets.members));
  };
  /** Whose keys are wanted, in each cohort: nobody's before it has agreed. */
  const dropped = async (round: number) => {
    const cohorts = await task.cohorts(round);
    return cohorts.map((sets) => (sets.members === 0n ? [] : seatsIn(sets.shared & ~sets.members)));
  };
  const withStatus = async (round: number, wanted: number) => {
    const found = await Promise.all(everybody.map((seat) => task.seatAt(round, seat)));
    return everybody.filter((seat) => Number(found[seat]!.status) === wanted && found[seat]!.inRound === BigInt(round));
  };

  const acts = {
    async enter(seats = everybody) {
      return each(seats, (seat) => by(seat).enter(seat, weightOf(seat)));
    },
    /** Anybody may, once time has gone on: an outsider does. */
    async draw(round: number) {
      await networkHelpers.time.increase(1);
      return task.connect(story.outsider).draw(round);
    },
    async share(round: number, seats = everybody) {
      const cohortOf = await cohortFinder(story, round);
      return each(seats, (seat) => {
        const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = made(round, seat);
        return by(seat).share(round, seat, cohortOf(seat), keyAddress, maskHash, sharesHash, sharesId, r, vs);
      });
    },
    async commit(round: number, seats = everybody) {
      return each(seats, (seat) => {
        const { root, contentId } = made(round, seat);
        return by(seat).commitMasked(round, seat, root, contentId);
      });
    },
    async commitAndEnter(round: number, seats = everybody) {
      return each(seats, (seat) => {
        const { root, contentId } = made(round, seat);
        return by(seat).commitMaskedAndEnter(round, seat, root, contentId, weightOf(seat));
      });
    },
    /**
     * In each cohort votes for all who committed but `missing`: of as many as decide, unless voters are named. Cohorts with
     * too few to go on do not vote.
     */
    async agree(round: number, { missing = [] as number[], voters = undefined as number[] | undefined } = {}) {
      const cohortOf = await cohortFinder(story, round);
      const committed = Object.groupBy(await withStatus(round, STATUS.Committed), cohortOf);
      let last: ContractTransactionResponse | undefined;
      for (const [index, seats = []] of Object.entries(committed)) {
        const absent = seats.filter((seat) => missing.includes(seat));
        const set = bits(seats.filter((seat) => !missing.includes(seat)));
        const vote = { round, members: set, cohortView: await viewOf(story, round, Number(index)) };
        const decisive = seats.length < story.rules.minTrainers ? [] : seats.slice(0, story.rules.shareThreshold);
        const voting = voters === undefined ? decisive : voters.filter((seat) => cohortOf(seat) === Number(index));
        if (voting.length === 0) continue;
        last = await each(voting, async (seat) => {
          const signature = await aVote(story, trainers[seat]!, vote);
          return by(seat).agree(round, seat, bits(absent), vote.cohortView, signature);
        });
      }
      return last!;
    },
    async revealSeed(round: number, some?: number[]) {
      const cohortOf = await cohortFinder(story, round);
      const owners = await dropped(round);
      return each(some ?? (await members(round)), (seat) => {
        const { seed, keyAddress, sharesHash } = made(round, seat);
        const shares = (owners[cohortOf(seat)] ?? []).map((owner) => aShare("key", round, owner, seat));
        return by(seat).revealSeed(round, seat, seed, keyAddress, sharesHash, shares);
      });
    },
    /** Anybody may: an outsider does. */
    async rebuildKey(round: number, some?: number[]) {
      return each(some ?? (await dropped(round)).flat(), (seat) => {
        const { key, maskHash, sharesHash } = made(round, seat);
        return task.connect(story.outsider).rebuildKey(round, seat, key, maskHash, sharesHash);
      });
    },
    /** Of those of `owners` that are in the seat's own cohort. */
    async giveShares(round: number, owners: number[], seats: number[]) {
      const cohortOf = await cohortFinder(story, round);
      return each(seats, (seat) => {
        const own = owners.filter((owner) => cohortOf(owner) === cohortOf(seat));
        const shares = own.map((owner) => aShare("seed", round, owner, seat));
        return by(seat).giveShares(round, seat, bits(own), shares);
      });
    },
    /** Anybody may: an outsider does. */
    async rebuildSeed(round: number, seats: number[]) {
      return each(seats, (seat) => {
        const { seed, keyAddress, sharesHash } = made(round, seat);
        return task.connect(story.outsider).rebuildSeed(round, seat, seed, keyAddress, sharesHash);
      });
    },
    /** By the seat that is drawn. */
    async propose(round: number) {
      const seat = await drawnSeat(task, round);
      const id = (what: string) => ethers.id(`${what} ${round}`);
      await by(seat).propose(round, seat, id("sum"), id("model"), id("sum id"), id("model id"));
      return seat;
    },
    async finalise() {
      await passDeadline(task);
      return task.connect(story.outsider).advance();
    },
    /** Plays a round until `phase`, past the deadlines of those who stay away. Whoever is in the round already, is. */
    async until(phase: Phase, round: number, cast: Cast = {}) {
      const reached = async (next: Phase) => {
        if (PHASES.indexOf((await phaseOf(task))!) < PHASES.indexOf(next)) await passDeadline(task);
        return next === phase;
      };
      const inAlready = await withStatus(round, STATUS.Entered);
      if (phase === "Entering") return;
      await acts.enter((cast.enter ?? everybody).filter((seat) => !inAlready.includes(seat)));
      if (await reached("Drawing")) return;
      if ((await phaseOf(task)) === "Drawing") await acts.draw(round);
      if (phase === "Sharing") return;
      await acts.share(round, cast.share ?? (await withStatus(round, STATUS.Entered)));
      if (await reached("Committing")) return;
      await acts.commit(round, cast.commit ?? (await withStatus(round, STATUS.Shared)));
      if (await reached("Agreeing")) return;
      await acts.agree(round, { missing: cast.missing ?? [] });
      if (await reached("Revealing")) return;
      await acts.revealSeed(round, cast.reveal);
      if (phase === "Recovering" && (await reached("Recovering"))) return;
      await acts.rebuildKey(round);
      if (cast.reveal !== undefined) {
        await reached("Recovering");
        const absent = (await members(round)).filter((seat) => !cast.reveal!.includes(seat));
        await acts.giveShares(round, absent, cast.reveal);
        await acts.rebuildSeed(round, absent);
      }
      if (phase === "Aggregating") return;
      await acts.propose(round);
    },
    /** A round from entering to final. */
    async wholeRound(round: number, cast: Cast = {}) {
      await acts.until("Proposed", round, cast);
      return acts.finalise();
    },
  };
  return acts;
}

/** The seat drawn to aggregate, as the last seed that its owner showed said. */
export async function drawnSeat(task: MaskedTask, round: number): Promise<number> {
  const last = (await task.queryFilter(task.filters.SeedRevealed(round))).at(-1);
  if (last === undefined) throw new Error(`Nobody has revealed in round ${round}`);
  return Number(last.args.drawn);
}

/** One after another. */
async function each(
  seats: readonly number[],
  act: (seat: number) => Promise<ContractTransactionResponse>,
): Promise<ContractTransactionResponse> {
  let last: ContractTransactionResponse | undefined;
  for (const seat of seats) last = await act(seat);
  return last!;
}

/** What a seat's trainer has done in a round. */
export async function statusOf(task: MaskedTask, round: number, seat: number): Promise<string> {
  return SEAT_STATUSES[Number((await task.seatAt(round, seat)).status)]!;
}
