/**
 * Everybody who has registered or staked, folded from the events of the registry and the vault: how much each has staked in
 * which tasks, and what was taken of it. Stake in what only says that it is a task does not count: the vault takes it, but
 * no rule of Foedus binds it.
 */
import type { TrainerEvent } from "./trainerEvent.ts";

/** Of a trainer in one task, in wei of the stake token. */
export interface TaskStake {
  /** All of it, what thaws included. */
  readonly amount: bigint;
  readonly thawing: bigint;
  /** When what thaws may be withdrawn: seconds since 1970. */
  readonly thawedAt: number;
  /** How often something was taken, and how much in all. */
  readonly fines: number;
  readonly fined: bigint;
}

export interface TrainerRecord {
  /** In lower case. */
  readonly account: string;
  /** The block of its first event. */
  readonly since: number;
  readonly isRegistered: boolean;
  /** By the task's address in lower case, also of what is no task. */
  readonly stakes: ReadonlyMap<string, TaskStake>;
}

/** A trainer's stake over all tasks of this Foedus. */
export interface StakeTotals extends TaskStake {
  /** In how many it has staked, at any time. */
  readonly tasks: number;
}

export interface TrainerRecords {
  /** By account, in the order of their first events. */
  readonly trainers: ReadonlyMap<string, TrainerRecord>;
  /** Numbers of tasks by address in lower case. */
  readonly tasks: ReadonlyMap<string, number>;
  /** There are more trainers, or stakes of theirs, than are kept. */
  readonly isFull: boolean;
  /** Takes the next events in. They have to come in order, each once. */
  apply(events: readonly TrainerEvent[]): void;
}

/** Enough for everybody, and no more than a browser bears: registering costs little. */
const MOST_TRAINERS = 50_000;
/** Of each on average: a unit of the token, deposited for whatever address, is a stake. */
const MOST_STAKES_EACH = 8;
const NOTHING: TaskStake = { amount: 0n, thawing: 0n, thawedAt: 0, fines: 0, fined: 0n };

interface Kept extends TrainerRecord {
  isRegistered: boolean;
  readonly stakes: Map<string, TaskStake>;
}

/** @param most How many trainers are kept; those who come later are not. */
export function createTrainerRecords(most: number = MOST_TRAINERS): TrainerRecords {
  const trainers = new Map<string, Kept>();
  const tasks = new Map<string, number>();
  let stakes = 0;
  let isFull = false;

  function keptOf(account: string, block: number): Kept | undefined {
    const before = trainers.get(account);
    if (before !== undefined) return before;
    if (trainers.size >= most) {
      isFull = true;
      return undefined;
    }
    const fresh: Kept = { account, since: block, isRegistered: false, stakes: new Map() };
    trainers.set(account, fresh);
    return fresh;
  }

  function keepStake(kept: Kept, event: StakeEvent): void {
    const before = kept.stakes.get(event.task);
    if (before === undefined && stakes >= most * MOST_STAKES_EACH) {
      isFull = true;
      return;
    }
    if (before === undefined) stakes++;
    kept.stakes.set(event.task, after(before ?? NOTHING, event));
  }

  return {
    trainers,
    tasks,
    get isFull() {
      return isFull;
    },
    apply(events) {
      for (const event of events) {
        if (event.name === "TaskOpened") {
          tasks.set(event.task, event.id);
          continue;
        }
        const kept = keptOf(event.account, event.block);
        if (kept === undefined) continue;
        if (event.name === "Registered") kept.isRegistered = true;
        else keepStake(kept, event);
      }
    },
  };
}

/** Over the tasks that this Foedus has opened. */
export function stakeTotals({ stakes }: TrainerRecord, tasks: ReadonlyMap<string, number>): StakeTotals {
  const sum = { ...NOTHING, tasks: 0 };
  for (const [task, stake] of stakes) {
    if (!tasks.has(task)) continue;
    sum.tasks++;
    sum.amount += stake.amount;
    sum.thawing += stake.thawing;
    sum.thawedAt = stake.thawing > 0n ? Math.max(sum.thawedAt, stake.thawedAt) : sum.thawedAt;
    sum.fines += stake.fines;
    sum.fined += stake.fined;
  }
  return sum;
}

type StakeEvent = Exclude<TrainerEvent, { readonly name: "Registered" | "TaskOpened" }>;

/** As StakeVault does it. */
function after(stake: TaskStake, event: StakeEvent): TaskStake {
  switch (event.name) {
    case "StakeDeposited":
      return { ...stake, amount: stake.amount + event.amount };
    case "StakeThawing":
      return { ...stake, thawing: event.thawing, thawedAt: event.thawedAt };
    case "StakeWithdrawn":
      return { ...stake, amount: stake.amount - event.amount, thawing: 0n };
    case "StakeSlashed": {
      const amount = stake.amount - event.amount;
      const thawing = stake.thawing > amount ? amount : stake.thawing;
      return { ...stake, amount, thawing, fines: stake.fines + 1, fined: stake.fined + event.amount };
    }
  }
}
