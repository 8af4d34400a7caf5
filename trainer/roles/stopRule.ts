/**
 * When a task's trainers stop before its last round: the model has moved less than so much in each of the last so many final
 * rounds. It follows from public models alone, so all of them come to the same.
 */
import { z } from "zod";
import { roundNow } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import type { GlobalModel } from "./globalModel.ts";
import type { Party } from "./party.ts";

export const stopSchema = z.strictObject({
  /** Euclidean length of a round's step over that of the model before it. */
  movement: z.number().positive().max(1),
  /** How many final rounds in a row. */
  rounds: z.int().min(1).max(1_000),
});

export type Stop = z.infer<typeof stopSchema>;

export interface StopRule {
  /** Measures the rounds that are final now. */
  follow(task: TaskState): Promise<void>;
  /** The model has come to rest. */
  readonly isReached: boolean;
  /** One more round like the last ones, and it has. */
  readonly isNear: boolean;
  /** Of the last final round, if it could be measured. */
  readonly movement: number | undefined;
}

const FETCH_TIMEOUT_MS = 15_000;

export function createStopRule(
  stop: Stop | undefined,
  globalModel: Pick<GlobalModel, "final">,
  { log, signal }: Pick<Party, "log" | "signal">,
): StopRule {
  const measured = new Map<number, number | undefined>();
  let last: number[] = [];

  async function measure(task: TaskState, before: number, round: number): Promise<void> {
    const timing = { timeoutMs: FETCH_TIMEOUT_MS, signal };
    try {
      const from = await globalModel.final(task, before, timing);
      measured.set(round, movementOf(from, await globalModel.final(task, round, timing)));
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ round, err: error }, "this round's models cannot be had: whether they came to rest is not known");
      measured.set(round, undefined);
    }
  }

  /** How many of the last final rounds, one after the other, have hardly moved the model. */
  function quietRounds(): number {
    const loud = last.toReversed().findIndex((round) => (measured.get(round) ?? Infinity) >= (stop?.movement ?? 0));
    return loud === -1 ? last.length : loud;
  }

  return {
    async follow(task) {
      if (stop === undefined) return;
      const final = finalRounds(task);
      last = final.slice(-stop.rounds);
      for (const [i, round] of final.entries()) {
        if (last.includes(round) && !measured.has(round)) await measure(task, final[i - 1] ?? 0, round);
      }
    },
    get isReached() {
      return stop !== undefined && quietRounds() >= stop.rounds;
    },
    get isNear() {
      return stop !== undefined && quietRounds() >= stop.rounds - 1;
    },
    get movement() {
      return measured.get(last.at(-1) ?? 0);
    },
  };
}

/** In words, for people. */
export function stopText({ movement, rounds }: Stop): string {
  const which = rounds === 1 ? "a round" : `${rounds} final rounds in a row`;
  return `trainers leave when the model has moved less than ${movement} of its length in ${which}`;
}

/** Ends with the command that closes the task. */
export const AT_REST =
  "nobody has taken part since the last final round: as the task's rule for stopping says, its trainers may have left. " +
  "Its sponsor gets back what is unspent with:";

/** That nobody has entered the round under way, and its time to do so is over, in a task with a rule for stopping. */
export function isAtRest(state: TaskState, stop: Stop | undefined): boolean {
  const round = roundNow(state);
  return stop !== undefined && !state.closed && state.completed > 0 && round.phase === "Void" && round.seats.size === 0;
}

/** Euclidean length of the step over that of the model; the same on every machine, since it is added up in one order. */
export function movementOf(from: Int32Array, to: Int32Array): number {
  let [step, length] = [0, 0];
  for (let i = 0; i < from.length; i++) {
    const moved = to[i]! - from[i]!;
    step += moved * moved;
    length += from[i]! * from[i]!;
  }
  if (step === 0) return 0;
  return Math.sqrt(step / length);
}

function finalRounds(task: TaskState): number[] {
  const final = [...task.rounds.values()].filter(({ result }: RoundState) => result !== undefined);
  return final.map(({ number }) => number).sort((a, b) => a - b);
}
