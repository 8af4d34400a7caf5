/** One round as the events tell it, its seats, and questions to it. */
import { leftByTrim } from "../protocol/laneRanks.ts";
import { isOver, nextPhase } from "../protocol/roundClock.ts";
import type { ClockRules, CohortClock, Phase, RoundClock } from "../protocol/roundClock.ts";
import type { TaskRules } from "./taskRules.ts";
import type { Fault } from "./taskEvent.ts";

export type SeatStatus = "Entered" | "Shared" | "Committed" | "Revealed" | "Rebuilt" | "Struck" | "Expelled";

export interface SeatState {
  readonly trainer: string;
  readonly weight: number;
  readonly status: SeatStatus;
  /** Sealed. */
  readonly commitment?: string;
  /** Sealed. */
  readonly update?: RevealedUpdate;
  /** Sealed: has said whose update is missing. Masked: has voted for a set. */
  readonly attested: boolean;
  readonly missedTurn: boolean;
  /** Its proposal was overturned: it may propose no other in this round. */
  readonly barred: boolean;
  /** The ordinal of the last proposal whose model it said it could not have; 0 for none. */
  readonly modelMissed: number;
  /** Masked: of bad shares or of having spoilt a sum in this round. */
  readonly convicted: boolean;
  /** Masked, from here on: what it has shared. */
  readonly dealing?: SharedDealing;
  /** Its masked update, once committed. */
  readonly masked?: MaskedUpdate;
  /** Its vote for a set. */
  readonly agreement?: Agreement;
  /** Of its own mask, 32 bytes: of members that revealed or were rebuilt. */
  readonly seed?: string;
  /** Its round key, 32 bytes: of those who shared and are no members, rebuilt. */
  readonly key?: string;
  /** What it showed when it revealed: shares of the keys of the dropped seats, ascending. */
  readonly keyShares?: readonly string[];
  /** What it gave to rebuild seeds, by their owners' seats. */
  readonly seedShares?: ReadonlyMap<number, string>;
}

export interface RevealedUpdate {
  /** Chunk root of the weighted delta. */
  readonly root: string;
  readonly contentKeyHash: string;
  /** Of the sealed object. */
  readonly contentId: `0x${string}`;
}

export interface SharedDealing {
  readonly keyAddress: string;
  readonly maskHash: string;
  readonly sharesHash: string;
  /** Of the bundle of shares. */
  readonly sharesId: `0x${string}`;
  /** With `vs` the round key's signature (EIP-2098). */
  readonly r: string;
  readonly vs: string;
  /** What the chain keeps of all of it (protocol/commitments). */
  readonly hash: string;
}

export interface MaskedUpdate {
  /** Chunk root of the masked delta. */
  readonly root: string;
  readonly contentId: `0x${string}`;
}

export interface Agreement {
  readonly members: readonly number[];
  readonly cohortView: string;
  readonly signature: string;
}

export interface AgreedSet {
  /** Ascending. */
  readonly members: readonly number[];
  readonly cohortView: string;
  /** When it was fixed: seconds since 1970, and the block. */
  readonly time: number;
  readonly block: number;
}

export interface Proposal {
  readonly seat: number;
  /** From 1 in each round, which can have several proposals one after another. */
  readonly ordinal: number;
  readonly sumRoot: string;
  readonly modelRoot: string;
  readonly sumId: `0x${string}`;
  readonly modelId: `0x${string}`;
  /** When it was made: seconds since 1970, and the block. */
  readonly time: number;
  readonly block: number;
}

export interface OverturnedProposal extends Proposal {
  readonly fault: Fault;
  /** What was taken from its proposer, in wei of the stake token. */
  readonly fine: bigint;
  /** Who brought it about. */
  readonly challenger: string;
}

export interface CohortState extends CohortClock {
  /** Its seats, ascending, once they are drawn; those of the round where a task has one cohort. */
  readonly roster?: readonly number[];
  /** The updates that are summed, once enough of it have agreed on them. */
  readonly set?: AgreedSet;
}

export interface RoundState extends RoundClock {
  readonly number: number;
  readonly seats: ReadonlyMap<number, SeatState>;
  /** Sealed: who revealed and was struck or expelled since. */
  readonly struck: number;
  /** Masked. */
  readonly cohorts?: readonly CohortState[];
  /** Masked, of a cohort's round (`cohortRounds`): which cohort that is. */
  readonly cohort?: number;
  /** And the updates of this cohort that are summed, once enough have agreed on them. */
  readonly set?: AgreedSet;
  /** The seat that aggregates first, once somebody has revealed. */
  readonly drawn?: number;
  /** The one that stands, has become final, or whose sum was blamed. */
  readonly proposal?: Proposal;
  /** How many there have been. */
  readonly proposals: number;
  /** Those before it that were overturned, in order. */
  readonly overturned: readonly OverturnedProposal[];
  /** Masked: this cohort's sum is out of range, and its members have until then to show whose fault it is. */
  readonly blamed?: { readonly cohort: number; readonly endsAt: number };
  /** Of a final round: wei per unit of weight, and per trainer. */
  readonly result?: { readonly dataRate: bigint; readonly computeShare: bigint; readonly advancer: string };
  /** Of a void round: the phase it failed in. */
  readonly endedIn?: Phase;
  readonly openedAt?: number;
}

export function freshRound(number: number): RoundState {
  const counters = { entered: 0, committed: 0, revealed: 0, struck: 0, proposals: 0 };
  return { number, phase: "Idle", endsAt: 0, ...counters, seats: new Map(), overturned: [] };
}

/** A seat just taken. */
export function freshSeat(trainer: string, weight: number): SeatState {
  const flags = { attested: false, missedTurn: false, barred: false, convicted: false };
  return { trainer, weight, status: "Entered", ...flags, modelMissed: 0 };
}

/** @throws Error if nobody has taken the seat: events are missing. */
export function seatIn(round: RoundState, index: number): SeatState {
  const seat = round.seats.get(index);
  if (seat === undefined) throw new Error(`Seat ${index} of round ${round.number} acts without having entered.`);
  return seat;
}

export function withSeat(round: RoundState, index: number, seat: SeatState): RoundState {
  return { ...round, seats: new Map(round.seats).set(index, seat) };
}

/** The round in its next phase, if everybody has acted that it waits for. */
export function turnedIf(everybodyHasActed: boolean, round: RoundState, rules: ClockRules, time: number): RoundState {
  return everybodyHasActed && !isOver(round.phase) ? nextPhase(round, rules, time) : round;
}

/** The seat that `trainer` has in a round. */
export function seatOf(round: RoundState, trainer: string): { seat: number; state: SeatState } | undefined {
  for (const [seat, state] of round.seats) if (state.trainer === trainer) return { seat, state };
  return undefined;
}

/** Everybody who sits in a round. */
export function trainersOf(round: RoundState): string[] {
  return [...round.seats.values()].map(({ trainer }) => trainer);
}

/**
 * Masked: every cohort as a round of its own, with its seats and its set only. Who deals with one cohort need not know of the
 * others.
 */
export function cohortRounds(round: RoundState): RoundState[] {
  if (round.cohort !== undefined) return [round];
  return (round.cohorts ?? []).map((cohort, index) => {
    const seats = cohort.roster?.map((seat): [number, SeatState] => [seat, seatIn(round, seat)]);
    const own = {
      ...round,
      cohorts: [cohort],
      cohort: index,
      seats: seats === undefined ? round.seats : new Map(seats),
    };
    return cohort.set === undefined ? own : { ...own, set: cohort.set };
  });
}

/** Masked: the round of the cohort that `trainer` is in, once it is known who is. */
export function cohortRoundOf(round: RoundState, trainer: string): RoundState | undefined {
  return cohortRounds(round).find((cohort) => seatOf(cohort, trainer) !== undefined);
}

/** It has revealed: one of those of whom majorities are. Sealed: also if its update has been struck since. */
export function hasRevealed({ status, update }: SeatState): boolean {
  return status === "Revealed" || (status === "Struck" && update !== undefined);
}

/**
 * The seats whose updates count. Sealed: who has revealed and is neither struck nor expelled. Masked: the members of all
 * cohorts that are in the sum, ascending.
 */
export function countedSeats(round: RoundState): number[] {
  if (round.cohorts !== undefined) {
    const members = summedCohorts(round).flatMap(({ set }) => set?.members ?? []);
    return members.sort((a, b) => a - b);
  }
  return [...round.seats].filter(([, { status }]) => status === "Revealed").map(([seat]) => seat);
}

/** Masked: the rounds of the cohorts whose updates are in the sum: everything is known that takes their masks out of it. */
export function summedCohorts(round: RoundState): RoundState[] {
  return cohortRounds(round).filter((cohort) => isUnmasked(cohort) && !isSpoilt(cohort));
}

/** What makes a mean of the sum of these seats' updates: their weight, or how many they are. */
export function divisorOfSeats(
  { serverRule }: Pick<TaskRules, "serverRule">,
  round: RoundState,
  seats: readonly number[],
): number {
  if (serverRule === "Uniform") return seats.length;
  return seats.reduce((sum, seat) => sum + seatIn(round, seat).weight, 0);
}

/** What the sum of a round is divided by. */
export function divisorOf(rules: Pick<TaskRules, "serverRule" | "trim">, round: RoundState): number {
  if (rules.trim > 0) {
    const ranked = round.cohorts === undefined ? countedSeats(round) : summedCohorts(round);
    return leftByTrim(ranked.length, rules.trim);
  }
  return divisorOfSeats(rules, round, countedSeats(round));
}

/** Who has committed and has not gone on to another status: while a masked set is agreed on, all that can be in it. */
export function committedSeats(round: RoundState): number[] {
  return [...round.seats].filter(([, { status }]) => status === "Committed").map(([seat]) => seat);
}

/** Masked: the seats that are in the masks, ascending. */
export function sharedSeats(round: RoundState): number[] {
  const shared = [...round.seats].filter(([, { dealing }]) => dealing !== undefined);
  return shared.map(([seat]) => seat).sort((a, b) => a - b);
}

/** Masked: the seats of a cohort that are in the masks and not in the set, ascending; none before it is fixed. */
export function droppedSeats(cohort: RoundState): number[] {
  const { set } = cohort;
  return set === undefined ? [] : sharedSeats(cohort).filter((seat) => !set.members.includes(seat));
}

/** Masked: the seeds of all of a cohort's members and the keys of all its dropped seats are known. */
export function isUnmasked(cohort: RoundState): boolean {
  return cohort.cohorts?.[0]?.isUnmasked ?? false;
}

/** Masked: a cohort's sum is out of range. */
export function isSpoilt(cohort: RoundState): boolean {
  return cohort.cohorts?.[0]?.isSpoilt ?? false;
}

/** What a final round owes to its seats, by seat, in wei of the reward token; nothing before it is final. */
export function rewardsOf(round: RoundState): Map<number, bigint> {
  const { result } = round;
  if (result === undefined) return new Map();
  const owed = (seat: number) => result.dataRate * BigInt(seatIn(round, seat).weight) + result.computeShare;
  return new Map(countedSeats(round).map((seat) => [seat, owed(seat)]));
}

/** What a final round owes to one of its seats, in wei of the reward token. */
export function rewardOf(round: RoundState, index: number): bigint {
  return rewardsOf(round).get(index) ?? 0n;
}
