/** The tasks of a Foedus, newest first, a page at a time: a few calls for each, and none of its log. */
import { taskAt, tokenAt } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { toTaskRules } from "./taskRules.ts";
import type { TaskRules } from "./taskRules.ts";
import { roundPay } from "./taskPicture.ts";
import { SMALLEST_UNITS, unitOf } from "./tokenUnit.ts";
import type { Unit } from "./tokenUnit.ts";
import { PHASES } from "../protocol/roundClock.ts";
import type { Phase } from "../protocol/roundClock.ts";

export interface ListedTask {
  readonly id: number;
  readonly address: string;
  readonly phase: Phase | "Closed";
  /** When the phase ends by the clock, in seconds since 1970. */
  readonly endsAt: number;
  readonly round: number;
  /** Final rounds, of `rules.rounds`. */
  readonly completed: number;
  readonly rules: TaskRules;
  /** In wei of the reward token. */
  readonly rewardPerRound: bigint;
  readonly unit: Unit;
}

export interface TaskPage {
  /** How many there are in all. */
  readonly count: number;
  readonly tasks: readonly ListedTask[];
  /** There are older ones than those. */
  readonly hasMore: boolean;
}

/** @param before Only tasks with a lower number. */
export async function recentTasks(
  { foedus, provider }: Pick<Deployment, "foedus" | "provider">,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<TaskPage> {
  const count = Number(await foedus.taskCount());
  const first = Math.min(count, (before ?? count + 1) - 1);
  const numbers = Array.from({ length: Math.min(limit, first) }, (_, i) => first - i);
  const units = new Map<string, Promise<Unit>>();

  function unitAt(token: string): Promise<Unit> {
    // Anybody may open a task with a token of their own: what that says must not keep the others from being listed.
    const unit = units.get(token) ?? unitOf(tokenAt(token, provider)).catch(() => SMALLEST_UNITS);
    units.set(token, unit);
    return unit;
  }

  const tasks = await Promise.all(
    numbers.map(async (id): Promise<ListedTask> => {
      const address = await foedus.taskAt(id);
      const task = taskAt(address, provider);
      const [config, [round, phase, endsAt], progress] = await Promise.all([
        task.config(),
        task.clock(),
        task.progress(),
      ]);
      const rules = toTaskRules(config);
      return {
        ...{ id, address, rules },
        phase: progress.closed ? "Closed" : (PHASES[Number(phase)] ?? "Idle"),
        endsAt: Number(endsAt),
        round: Number(round),
        completed: Number(progress.completed),
        rewardPerRound: roundPay(rules),
        unit: await unitAt(rules.rewardToken),
      };
    }),
  );
  return { count, tasks, hasMore: first > numbers.length };
}
