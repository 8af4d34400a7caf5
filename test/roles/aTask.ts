/** A small task told as a story: events in order, folded as a trainer folds them from the chain's log. */
import { zeroPadValue, toBeHex } from "ethers";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskEvent, TaskEventValues } from "../../trainer/chain/taskEvent.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { applyEvent, freshTask } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { taskDomain } from "../../trainer/protocol/commitments.ts";
import { seatBits } from "../../trainer/protocol/seatSet.ts";
import type { Opening } from "../../trainer/roles/journal.ts";

/** 32 bytes that say a number. */
export const word = (value: number) => zeroPadValue(toBeHex(value), 32) as `0x${string}`;
/** The address of trainer 1, 2, 3 ... */
export const account = (index: number) => zeroPadValue(toBeHex(index), 20);

export const START = 1_000_000;
const TASK = account(0xfed);

export const RULES: TaskRules = {
  sponsor: account(0xabc),
  rewardToken: account(0xdef),
  privacy: "sealed",
  serverRule: "FedAvg",
  serverRate: 0,
  momentum: 0,
  secondMomentum: 0,
  adaptivity: 0,
  parameters: 40,
  fractionBits: 20,
  bound: 2 ** 20,
  minTrainers: 2,
  minSummed: 2,
  maxTrainers: 4,
  shareThreshold: 0,
  cohorts: 0,
  trim: 0,
  maxWeight: 10,
  weightUnit: 1,
  rounds: 3,
  enterSeconds: 100,
  shareSeconds: 0,
  commitSeconds: 100,
  revealSeconds: 50,
  recoverSeconds: 0,
  attestSeconds: 20,
  graceSeconds: 30,
  proposeSeconds: 100,
  challengeSeconds: 10,
  discloseSeconds: 5,
  blameSeconds: 0,
  retentionSeconds: 1_000,
  minStake: 100n,
  missFine: 5n,
  fraudFine: 80n,
  challengeGasPrice: 0n,
  dataPot: 1_000n,
  maxDataRate: 1_000n,
  computePot: 1_000n,
  aggregatorPay: 10n,
  advanceTip: 1n,
};

export const GENESIS = { modelRoot: word(1), modelId: word(2), manifestId: word(3) };

export function openedTask(rules: TaskRules = RULES): OpenedTask {
  return {
    address: TASK,
    id: 1,
    block: 1,
    blockHash: word(9),
    rules,
    genesis: GENESIS,
    domain: taskDomain(31_337, TASK),
  };
}

export type Untimed = TaskEventValues & { readonly at?: number };

/** The state after these events, each a second after the one before it unless `at` says when. */
export function after(events: readonly Untimed[], rules: TaskRules = RULES): TaskState {
  let time = START;
  return events.reduce<TaskState>(
    (state, { at, ...values }, index) => {
      time = at ?? time + 1;
      const event = { ...values, time, block: index + 1, transaction: word(index) } as TaskEvent;
      return { ...applyEvent(state, event), block: event.block };
    },
    freshTask(openedTask(rules)),
  );
}

/** The same state when the chain's clock shows `time`. */
export const seenAt = (state: TaskState, time: number): TaskState => ({ ...state, time });

/** Round `round` opens. */
export const opens = (round: number, at = START): Untimed => ({
  name: "RoundOpened",
  round,
  enteringEndsAt: at + RULES.enterSeconds,
  at,
});

export const enters = (round: number, seat: number, trainer = account(seat + 1), weight = 10): Untimed => ({
  name: "TrainerEntered",
  round,
  seat,
  trainer,
  weight,
});

/** Each of `seats` enters, as trainer seat + 1. */
export const allEnter = (round: number, seats: readonly number[]) => seats.map((seat) => enters(round, seat));

export const commits = (round: number, seat: number): Untimed => ({
  name: "UpdateCommitted",
  round,
  seat,
  commitment: commitmentOf(round, seat),
});

export const commitmentOf = (round: number, seat: number) => word(10_000 + 100 * round + seat);

export const reveals = (round: number, seat: number, drawn: number, update: Partial<Reveal> = {}): Untimed => ({
  name: "UpdateRevealed",
  round,
  seat,
  root: word(20_000 + seat),
  contentKeyHash: word(30_000 + seat),
  contentId: word(40_000 + seat),
  drawn,
  ...update,
});

type Reveal = Extract<TaskEventValues, { name: "UpdateRevealed" }>;

export const strikes = (round: number, seat: number): Untimed => ({ name: "SeatStruck", round, seat });

/**
 * A round up to its reveals: all of `seats` enter and commit when the time to enter is over. Of them `revealed` reveal, what
 * their openings say where there are any, and `struck` are struck.
 */
export function upToReveals(
  round: number,
  seats: readonly number[],
  {
    at = START,
    drawn = 0,
    openings = [] as readonly Opening[],
    revealed = seats,
    struck = [] as readonly number[],
  } = {},
): Untimed[] {
  return [
    opens(round, at),
    ...allEnter(round, seats),
    ...seats.map((seat) => ({ ...commits(round, seat), at: at + RULES.enterSeconds })),
    ...revealed.map((seat) => reveals(round, seat, drawn, openings[seat] && shownOf(openings[seat]))),
    ...struck.map((seat) => strikes(round, seat)),
  ];
}

function shownOf({ root, contentKeyHash, contentId }: Opening): Partial<Reveal> {
  return { root, contentKeyHash, contentId: contentId as `0x${string}` };
}

export const proposes = (round: number, seat: number): Untimed => ({
  name: "ModelProposed",
  round,
  seat,
  sumRoot: word(5),
  modelRoot: word(50 + round),
  sumId: word(70 + round),
  modelId: word(60 + round),
});

export const finalises = (round: number): Untimed => ({
  name: "RoundFinalised",
  round,
  dataRate: 1n,
  computeShare: 1n,
  advancer: account(1),
});

/** Masked, from here on; secrets and votes are made up. */
export const draws = (round: number, rosters: readonly (readonly number[])[]): Untimed => ({
  name: "CohortsDrawn",
  round,
  rosters: rosters.map(seatBits),
});

export const shares = (round: number, seat: number): Untimed => ({
  name: "KeyShared",
  ...{ round, seat, keyAddress: account(100 + seat), maskHash: word(seat), sharesHash: word(seat) },
  ...{ sharesId: word(seat), r: word(seat), vs: word(seat) },
});

export const commitsMasked = (round: number, seat: number): Untimed => ({
  name: "MaskedCommitted",
  ...{ round, seat, root: word(seat), contentId: word(seat) },
});

export const fixes = (round: number, members: readonly number[]): Untimed => ({
  name: "SetFixed",
  ...{ round, members: seatBits(members), cohortView: word(1) },
});

export const revealsSeed = (round: number, seat: number, drawn: number): Untimed => ({
  name: "SeedRevealed",
  ...{ round, seat, seed: word(seat), keyShares: [], drawn },
});

export const blames = (round: number, cohort: number, endsAt: number): Untimed => ({
  name: "SumBlamed",
  ...{ round, cohort, endsAt },
});
