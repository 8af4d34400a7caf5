/** The commands of foedus: one file a command; each parses, calls a role or the chain, and prints. */
import { Command } from "commander";
import { taskCommand } from "./commands/task.ts";
import { trainerCommand } from "./commands/trainer.ts";
import { stakeCommand } from "./commands/stake.ts";
import { rewardsCommand } from "./commands/rewards.ts";
import { modelCommand } from "./commands/model.ts";
import { keysCommand } from "./commands/keys.ts";
import { statusCommand } from "./commands/status.ts";
import { serveCommand } from "./commands/serve.ts";
import { watchCommand } from "./commands/watch.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { topCommand } from "./commands/top.ts";
import { VERSION } from "./version.ts";

export function foedusCommand(): Command {
  const program = new Command("foedus")
    .description("Federated deep learning whose rules are Ethereum contracts.")
    .version(VERSION)
    .addHelpText(
      "after",
      `
A trainer's first steps:
  $ foedus keys new
  $ foedus task list
  $ foedus stake deposit 1 100
  $ foedus trainer run 1 --data patients.csv
  $ foedus rewards claim 1`,
    );

  for (const command of [
    taskCommand(),
    trainerCommand(),
    watchCommand(),
    stakeCommand(),
    rewardsCommand(),
    modelCommand(),
    keysCommand(),
    statusCommand(),
    topCommand(),
    serveCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(command);
  }

  pointToHelp(program);
  return program;
}

/** Commands do not inherit it. */
function pointToHelp(command: Command): void {
  command.showHelpAfterError("(see --help)");
  command.commands.forEach(pointToHelp);
}
