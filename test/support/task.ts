import { network } from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type {
  AggregationCourt,
  Foedus,
  FoedusToken,
  MaskCourt,
  MaskedTask,
  SealedTask,
  StakeVault,
  TrainerRegistry,
} from "../../types/ethers-contracts/index.js";
import { PHASES } from "../../trainer/protocol/roundClock.ts";
import type { Phase } from "../../trainer/protocol/roundClock.ts";
import { GENESIS, RULES, SEAT_STATUSES, TOKEN, madeUpUpdate } from "./madeUpTask.ts";

/** One chain in this process; a test file shares it and goes back by snapshots. */
export const { ethers, networkHelpers, ignition } = await network.create();

export { GENESIS, RULES, TOKEN };

/** Phases and what a seat has done, as the contract numbers them. */
export const PHASE = numbered<Phase>(PHASES);
export const STATUS = numbered<(typeof SEAT_STATUSES)[number]>(SEAT_STATUSES);

function numbered<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>;
}

export type Rules = typeof RULES;

export type Signer = HardhatEthersSigner;

/** A task of either kind. */
export type Clocked = Pick<SealedTask | MaskedTask, "clock">;

/** Contracts without any task. The first signer holds all tokens. */
export async function deployParts() {
  const [sponsor, ...others] = await ethers.getSigners();
  if (sponsor === undefined) throw new Error("The chain has no accounts");
  const token = (await ethers.deployContract("FoedusToken", [
    10n ** 9n * TOKEN,
    sponsor.address,
  ])) as unknown as FoedusToken;
  const registry = (await ethers.deployContract("TrainerRegistry")) as unknown as TrainerRegistry;
  const vault = (await ethers.deployContract("StakeVault", [await token.getAddress()])) as unknown as StakeVault;
  const court = (await ethers.deployContract("AggregationCourt")) as unknown as AggregationCourt;
  const maskCourt = (await ethers.deployContract("MaskCourt")) as unknown as MaskCourt;
  const parts = [await vault.getAddress(), await court.getAddress()];
  const implementation = (await ethers.deployContract("SealedTask", parts)) as unknown as SealedTask;
  const maskedImplementation = (await ethers.deployContract("MaskedTask", [
    ...parts,
    await maskCourt.getAddress(),
  ])) as unknown as MaskedTask;
  const foedus = (await ethers.deployContract("Foedus", [
    await implementation.getAddress(),
    await maskedImplementation.getAddress(),
    await vault.getAddress(),
    await registry.getAddress(),
  ])) as unknown as Foedus;
  return { sponsor, others, token, registry, vault, court, maskCourt, implementation, maskedImplementation, foedus };
}

/** The task at an address. */
export async function taskAt(address: string): Promise<SealedTask> {
  return (await ethers.getContractAt("SealedTask", address)) as unknown as SealedTask;
}

interface TaskOptions {
  staked?: number;
  /** As many updates make a sum as make a round, unless they say otherwise. */
  rules?: Partial<Rules>;
  /** Root of the model it starts from, where that is a real one. */
  modelRoot?: string;
  /** Contract name of the token that is paid in; its constructor takes a supply for the sponsor. Else the stake token. */
  payIn?: string;
}

/** A task that is open and funded, with `staked` accounts that may enter it. */
export async function aTaskWith(options: TaskOptions = {}) {
  const parts = await deployParts();
  const { sponsor, others, token, vault, foedus } = parts;
  const merged = { ...RULES, ...options.rules };
  const isSaid = merged.privacy === 0 && options.rules?.minSummed !== undefined;
  const rules = isSaid ? merged : { ...merged, minSummed: merged.minTrainers };
  const paid = options.payIn === undefined ? token : await ethers.deployContract(options.payIn, [10n ** 9n * TOKEN]);
  const rewardToken = await paid.getAddress();
  const config = { ...rules, sponsor: sponsor.address, rewardToken };
  const budget = await foedus.budgetOf(config);
  await (token.attach(rewardToken) as FoedusToken).approve(await foedus.getAddress(), budget);
  await foedus.openTask(config, { ...GENESIS, modelRoot: options.modelRoot ?? GENESIS.modelRoot });
  const address = await foedus.taskAt(1);
  const task = await taskAt(address);
  const trainers = await accounts(others.slice(0, -1), options.staked ?? 3);
  for (const trainer of trainers) {
    await token.transfer(trainer.address, rules.minStake * 2n);
    await token.connect(trainer).approve(await vault.getAddress(), rules.minStake * 2n);
    await vault.connect(trainer).deposit(address, rules.minStake);
  }
  const domain = await task.domain();
  return { ...parts, rules, config, budget, task, taskAddress: address, trainers, outsider: others.at(-1)!, domain };
}

/** As many accounts as wanted: the chain's own, and made-up ones where there are too few. */
async function accounts(own: Signer[], count: number): Promise<Signer[]> {
  const some = own.slice(0, count);
  while (some.length < count) {
    const wallet = new ethers.Wallet(ethers.id(`trainer ${some.length}`));
    await networkHelpers.setBalance(wallet.address, 10n ** 24n);
    const signer = await ethers.getImpersonatedSigner(wallet.address);
    // The chain sends for it without its key, but does not sign anything else.
    const signTypedData: Signer["signTypedData"] = (...said) => wallet.signTypedData(...said);
    some.push(Object.assign(signer, { signTypedData }));
  }
  return some;
}

export type TaskFixture = Awaited<ReturnType<typeof aTaskWith>>;

/** A made-up update of a trainer in a round: what it commits to and later reveals. */
export function anUpdate({ domain }: TaskFixture, round: number, trainer: Pick<Signer, "address">) {
  return madeUpUpdate(domain, round, trainer.address);
}

/** The weight that the trainer in `seat` declares: different for neighbours, so that mix-ups show. */
export function weightOf(seat: number): number {
  return 10 + (seat % 8);
}

/** The acts of a round, by all trainers of a fixture or the ones named; seats are their indices. */
export function actsOf(fixture: TaskFixture) {
  const { task, trainers } = fixture;
  const seats = (some?: number[]) => some ?? trainers.map((_, seat) => seat);
  const by = (seat: number) => task.connect(trainers[seat]!);
  return {
    async enter(some?: number[]) {
      for (const seat of seats(some)) await by(seat).enter(seat, weightOf(seat));
    },
    async commit(round: number, some?: number[]) {
      for (const seat of seats(some))
        await by(seat).commit(round, seat, anUpdate(fixture, round, trainers[seat]!).commitment);
    },
    async commitAndEnter(round: number, some?: number[]) {
      for (const seat of seats(some)) {
        const { commitment } = anUpdate(fixture, round, trainers[seat]!);
        await by(seat).commitAndEnter(round, seat, commitment, weightOf(seat));
      }
    },
    async reveal(round: number, some?: number[]) {
      for (const seat of seats(some)) {
        const { root, contentKeyHash, contentId } = anUpdate(fixture, round, trainers[seat]!);
        await by(seat).reveal(round, seat, root, contentKeyHash, contentId);
      }
    },
    /** Waits until the attest phase is over and who may first proposes. */
    async propose(round: number) {
      await passDeadline(task);
      const seat = await seatThatMay(task, round);
      await by(seat).propose(
        round,
        seat,
        ethers.id(`sum ${round}`),
        ethers.id(`model ${round}`),
        ethers.id(`sum id ${round}`),
        ethers.id(`id ${round}`),
      );
      return seat;
    },
    async finalise() {
      await passDeadline(task);
      return task.connect(fixture.outsider).advance();
    },
    /** A round in which everybody does everything, from entering (those who have not yet) to final. */
    async wholeRound(round: number, options: { stay?: boolean } = {}) {
      const absent: number[] = [];
      for (const seat of seats()) if ((await task.seatAt(round, seat)).inRound !== BigInt(round)) absent.push(seat);
      await this.enter(absent);
      if ((await phaseOf(task)) === "Entering") await passDeadline(task);
      if (options.stay === true) await this.commitAndEnter(round);
      else await this.commit(round);
      await this.reveal(round);
      await this.propose(round);
      await this.finalise();
    },
  };
}

/** The seat drawn to aggregate, as the last reveal of the round said. */
export async function drawnSeat(task: SealedTask, round: number): Promise<number> {
  const reveals = await task.queryFilter(task.filters.UpdateRevealed(round));
  const last = reveals.at(-1);
  if (last === undefined) throw new Error(`Nobody has revealed in round ${round}`);
  return Number(last.args.drawn);
}

/** Who may propose first: the drawn seat or, if that is out of the sum, the first other one, for which nobody waits. */
export async function seatThatMay(task: SealedTask, round: number): Promise<number> {
  const statusOf = async (seat: number) => Number((await task.seatAt(round, seat)).status);
  const drawn = await drawnSeat(task, round);
  // Struck or not, it is waited for.
  if (([STATUS.Revealed, STATUS.Struck] as number[]).includes(await statusOf(drawn))) return drawn;
  let seat = 0;
  while ((await statusOf(seat)) !== STATUS.Revealed) seat++;
  return seat;
}

export async function phaseOf(task: Clocked) {
  const [, phase] = await task.clock();
  return PHASES[Number(phase)];
}

/** Lets the phase under way end by the clock. */
export async function passDeadline(task: Clocked): Promise<void> {
  const [, , endsAt] = await task.clock();
  await networkHelpers.time.increaseTo(endsAt);
}
