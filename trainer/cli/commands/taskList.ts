/** foedus task list: the tasks of this Foedus, newest first, a page at a time. */
import { Command } from "commander";
import { recentTasks } from "../../chain/recentTasks.ts";
import type { ListedTask } from "../../chain/recentTasks.ts";
import { wholeNumber, withChain } from "../options.ts";
import type { ChainOptions } from "../options.ts";
import { table } from "../print.ts";
import { inSession } from "../session.ts";

interface ListOptions extends ChainOptions {
  readonly limit: number;
  readonly before?: number;
}

export function taskList(): Command {
  return withChain(new Command("list"))
    .description("list tasks, newest first")
    .option("--limit <count>", "how many", wholeNumber(1), 20)
    .option("--before <number>", "only tasks older than this one", wholeNumber(1))
    .addHelpText("after", "\nExample:\n  $ foedus task list --limit 5")
    .action(
      inSession("command", async (session, { limit, before }: ListOptions) => {
        const { count, tasks, hasMore } = await recentTasks(await session.deployment(), { limit, before });
        const rows = tasks.map(({ id, address, phase, completed, rules, rewardPerRound, unit }) => [
          String(id),
          phase,
          `${completed}/${rules.rounds}`,
          `${rules.minTrainers}-${rules.maxTrainers}`,
          String(rules.parameters),
          unit.text(rewardPerRound),
          address,
        ]);
        const header = ["task", "state", "rounds", "trainers", "parameters", "a round pays", "address"];
        const more = hasMore ? [`Older ones: foedus task list --before ${tasks.at(-1)?.id}`] : [];
        session.show(
          { count, tasks: tasks.map(forMachines) },
          count === 0
            ? "No task has been opened yet. Open one with: foedus task open."
            : [...table([header, ...rows]), ...more],
        );
      }),
    );
}

/** A task of the list as JSON has it. */
export function forMachines({ id, address, phase, round, completed, rules, rewardPerRound }: ListedTask) {
  const { rounds, minTrainers, maxTrainers, parameters, rewardToken } = rules;
  return {
    ...{ id, address, phase, round, completed, rounds, parameters, rewardPerRound },
    trainers: { min: minTrainers, max: maxTrainers },
    token: rewardToken,
  };
}
