/** Carries a strategy's memory through the rounds of a task: from global models, and from what became of the own updates. */
import { countedSeats, seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import { RESIDUAL } from "../learning/compression/compress.ts";
import type { LocalRule, Memory } from "../learning/strategies/strategy.ts";
import { dequantise } from "../protocol/quantise.ts";
import type { GlobalModel } from "./globalModel.ts";
import type { Learned } from "./localTraining.ts";
import type { Party } from "./party.ts";
import type { StrategyMemory } from "./strategyMemory.ts";

export interface RememberedRounds {
  readonly memory: Memory;
  /** Takes in every round that is over since the last call. A round whose models nobody has is passed over. */
  follow(task: TaskState): Promise<void>;
  /**
   * What a training, and the compression of its update, leave behind if that is summed in this round. Returns when it is on
   * disk.
   */
  keep(round: number, learned: Learned, residual?: Float32Array): Promise<void>;
}

const FETCH_TIMEOUT_MS = 15_000;

/** @param found The task when the trainer came: of a new one, what was before is not followed. */
export function createRememberedRounds(
  { sender, log, signal }: Pick<Party, "sender" | "log" | "signal">,
  local: LocalRule | undefined,
  journal: StrategyMemory,
  globalModel: GlobalModel,
  found: Pick<TaskState, "model">,
): RememberedRounds {
  let followed = journal.followed ?? found.model.round;

  async function followRound(task: TaskState, from: number, round: RoundState): Promise<void> {
    if (local?.follow === undefined) return;
    const timing = { timeoutMs: FETCH_TIMEOUT_MS, signal };
    try {
      const model = async (number: number) =>
        dequantise(await globalModel.final(task, number, timing), task.rules.fractionBits);
      const finished = { from: await model(from), to: await model(round.number), updates: countedSeats(round).length };
      await journal.follow(round.number, local.follow(journal.memory.shared, finished));
    } catch (error) {
      signal.throwIfAborted();
      log.warn(
        { round: round.number, err: error },
        "this round's models cannot be had: the strategy goes on without it",
      );
      await journal.follow(round.number, journal.memory.shared);
    }
  }

  return {
    get memory() {
      return journal.memory;
    },
    async follow(task) {
      const pending = task.rounds.get(journal.pending ?? 0);
      if (pending !== undefined && (pending.result !== undefined || pending.endedIn !== undefined)) {
        const own = seatOf(pending, sender.address);
        const isSummed = own !== undefined && countedSeats(pending).includes(own.seat);
        await journal.settle(pending.result !== undefined && isSummed);
      }
      let from = followed;
      for (const round of finalRounds(task).filter(({ number }) => number > followed)) {
        await followRound(task, from, round);
        from = round.number;
      }
      followed = from;
    },
    async keep(round, { memory, delta }, residual) {
      if (local?.keep === undefined && residual === undefined) return;
      const left = residual === undefined ? {} : { [RESIDUAL]: residual };
      await journal.keep(round, { ...local?.keep?.(memory, delta), ...left });
    },
  };
}

function finalRounds(task: TaskState): RoundState[] {
  const final = [...task.rounds.values()].filter(({ result }) => result !== undefined);
  return final.sort((a, b) => a.number - b.number);
}
