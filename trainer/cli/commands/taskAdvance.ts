/** foedus task advance: ends a round that is over by the clock. Anyone may. */
import { Command } from "commander";
import { taskAt } from "../../chain/contracts.ts";
import { withChain, withWallet } from "../options.ts";
import type { WalletOptions } from "../options.ts";
import { inSession } from "../session.ts";

export function taskAdvance(): Command {
  return withWallet(withChain(new Command("advance")))
    .description("end a round that is over by the clock, and open the next; earns the task's tip for a final round")
    .argument("<task>", "number or address")
    .addHelpText("after", "\nExample:\n  $ foedus task advance 1")
    .action(
      inSession("command", async (session, _: WalletOptions, name: string) => {
        const { provider } = await session.deployment();
        const { address, id } = await session.task(name);
        const sender = await session.sender();
        const task = taskAt(address, provider);
        const receipt = await sender.send(`advance task ${id}`, await task.advance.populateTransaction());
        const [round] = await task.clock();
        session.show({ task: id, round: Number(round), gas: receipt.gasUsed }, `Task ${id} is in round ${round}.`);
      }),
    );
}
