/** foedus task cancel: ends a task early and gets back what no round has earned. Its sponsor only. */
import { Command } from "commander";
import { eventIn, taskAt, taskInterface, tokenAt } from "../../chain/contracts.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { withChain, withWallet } from "../options.ts";
import type { WalletOptions } from "../options.ts";
import { inSession } from "../session.ts";

export function taskCancel(): Command {
  return withWallet(withChain(new Command("cancel")))
    .description("end a task, at once or when the running round is over, and get back what is unspent")
    .argument("<task>", "number or address")
    .addHelpText("after", "\nExample:\n  $ foedus task cancel 1")
    .action(
      inSession("command", async (session, _: WalletOptions, name: string) => {
        const { provider } = await session.deployment();
        const { address, id, rules } = await session.task(name);
        const sender = await session.sender();
        const task = taskAt(address, provider);
        const { closed } = await task.progress();
        const request = closed ? task.refund.populateTransaction() : task.cancel.populateTransaction();
        const receipt = await sender.send(closed ? `refund task ${id}` : `cancel task ${id}`, await request);
        const refund = eventIn(receipt.logs, taskInterface, address, "BudgetRefunded");
        const refunded = BigInt((refund?.args["amount"] ?? 0n) as bigint);
        const unit = await unitOf(tokenAt(rules.rewardToken, provider));
        session.show(
          { task: id, refunded, closed: refund !== undefined },
          refund === undefined
            ? `Task ${id} ends with the round that is running. Then get the rest with: foedus task cancel ${id}`
            : `Task ${id} is closed; ${unit.text(refunded)} came back.`,
        );
      }),
    );
}
