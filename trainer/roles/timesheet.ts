/** Where a trainer's time went, round by round: each round's window runs from the end of the one before to its own. */
import type { RoundState, TaskState } from "../chain/taskState.ts";
import type { SecondsByKind, Stopwatch } from "../observe/stopwatch.ts";
import type { Traffic } from "./traffic.ts";

export interface RoundTimes {
  readonly round: number;
  readonly outcome: "final" | "void";
  /** `chain` is what was neither training, encrypting nor moving data: waiting for the chain and for others. */
  readonly seconds: SecondsByKind & { readonly total: number };
  /** Received from others. */
  readonly bytes: number;
}

export interface Timesheet {
  /** The rounds that ended since the last call. */
  close(state: TaskState): RoundTimes[];
}

/** Rounds that are over in `found` were before our time. */
export function createTimesheet(found: TaskState, stopwatch: Stopwatch, traffic: Traffic): Timesheet {
  let last = overRounds(found).at(-1)?.number ?? 0;
  let began = { at: performance.now(), seconds: stopwatch.read(), bytes: traffic.received() };
  return {
    close(state) {
      return overRounds(state)
        .filter(({ number }) => number > last)
        .map(({ number, result }) => {
          const now = { at: performance.now(), seconds: stopwatch.read(), bytes: traffic.received() };
          const total = (now.at - began.at) / 1000;
          const train = now.seconds.train - began.seconds.train;
          const encrypt = now.seconds.encrypt - began.seconds.encrypt;
          const transfer = now.seconds.transfer - began.seconds.transfer;
          const chain = Math.max(0, total - train - encrypt - transfer);
          const bytes = now.bytes - began.bytes;
          last = number;
          began = now;
          const outcome = result === undefined ? "void" : "final";
          return { round: number, outcome, seconds: { train, encrypt, transfer, chain, total }, bytes };
        });
    },
  };
}

/** Rounds that ended on chain, not by the clock alone; oldest first. */
function overRounds(state: TaskState): RoundState[] {
  const over = [...state.rounds.values()].filter(
    ({ result, endedIn }) => result !== undefined || endedIn !== undefined,
  );
  return over.sort((a, b) => a.number - b.number);
}
