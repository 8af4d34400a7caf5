/** foedus task list: the tasks of this Foedus, newest first, a page at a time. */
import { Command } from "commander";
import { tokenAt } from "../../chain/contracts.ts";
import { taskAt } from "../../chain/contracts.ts";
import { toTaskRules } from "../../chain/taskRules.ts";
import { PHASES } from "../../protocol/roundClock.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
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
        const { foedus, provider } = await session.deployment();
        const count = Number(await foedus.taskCount());
        const first = Math.min(count, (before ?? count + 1) - 1);
        const numbers = Array.from({ length: Math.min(limit, first) }, (_, i) => first - i);
        const tasks = await Promise.all(
          numbers.map(async (id) => {
            const address = await foedus.taskAt(id);
            const task = taskAt(address, provider);
            const [config, clock, progress] = await Promise.all([task.config(), task.clock(), task.progress()]);
            const rules = toTaskRules(config);
            const pot = rules.dataPot + rules.computePot + rules.aggregatorPay + rules.advanceTip;
            return {
              id,
              address,
              phase: progress.closed ? "Closed" : PHASES[Number(clock[1])],
              round: Number(clock[0]),
              completed: Number(progress.completed),
              rounds: rules.rounds,
              trainers: { min: rules.minTrainers, max: rules.maxTrainers },
              parameters: rules.parameters,
              rewardPerRound: pot,
              token: rules.rewardToken,
            };
          }),
        );
        const units = new Map(
          await Promise.all(
            [...new Set(tasks.map(({ token }) => token))].map(
              async (token) => [token, await unitOf(tokenAt(token, provider))] as const,
            ),
          ),
        );
        const rows = tasks.map(
          ({ id, address, phase = "", completed, rounds, trainers, parameters, rewardPerRound, token }) => [
            String(id),
            phase,
            `${completed}/${rounds}`,
            `${trainers.min}-${trainers.max}`,
            String(parameters),
            units.get(token)?.text(rewardPerRound) ?? "",
            address,
          ],
        );
        const header = ["task", "state", "rounds", "trainers", "parameters", "a round pays", "address"];
        const more = first > numbers.length ? [`Older ones: foedus task list --before ${numbers.at(-1)}`] : [];
        session.show(
          { count, tasks },
          count === 0
            ? "No task has been opened yet. Open one with: foedus task open."
            : [...table([header, ...rows]), ...more],
        );
      }),
    );
}
