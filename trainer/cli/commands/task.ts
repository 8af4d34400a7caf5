/** foedus task: what a sponsor does, and what everybody may look up. */
import { Command } from "commander";
import { taskAdvance } from "./taskAdvance.ts";
import { taskCancel } from "./taskCancel.ts";
import { taskList } from "./taskList.ts";
import { taskOpen } from "./taskOpen.ts";
import { taskShow } from "./taskShow.ts";

export function taskCommand(): Command {
  return new Command("task")
    .description("open, list, show, advance and cancel tasks")
    .addCommand(taskOpen())
    .addCommand(taskList())
    .addCommand(taskShow())
    .addCommand(taskAdvance())
    .addCommand(taskCancel());
}
