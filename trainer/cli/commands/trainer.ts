/** foedus trainer: takes part in a task with private data. */
import { Command } from "commander";
import { trainerRun } from "./trainerRun.ts";

export function trainerCommand(): Command {
  return new Command("trainer").description("take part in a task").addCommand(trainerRun());
}
