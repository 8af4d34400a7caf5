/** foedus stake: what stands behind a trainer's word, task by task. */
import { Command } from "commander";
import { unitOf } from "../../chain/tokenUnit.ts";
import { depositStake } from "../../roles/stake.ts";
import { parseAmount } from "../money.ts";
import { accountAddress, withChain, withWallet } from "../options.ts";
import type { WalletOptions } from "../options.ts";
import type { Session } from "../session.ts";
import { inSession } from "../session.ts";

export function stakeCommand(): Command {
  return new Command("stake")
    .description("deposit, thaw, withdraw and show stake")
    .addCommand(deposit())
    .addCommand(thaw())
    .addCommand(withdraw())
    .addCommand(show());
}

function deposit(): Command {
  return withWallet(withChain(new Command("deposit")))
    .description("stake tokens for a task, by permit or exact approval")
    .argument("<task>", "number or address")
    .argument("<amount>", "in tokens, like 100")
    .addHelpText("after", "\nExample:\n  $ foedus stake deposit 1 100")
    .action(
      inSession("command", async (session, _: WalletOptions, name: string, amountText: string) => {
        const deployment = await session.deployment();
        const amount = parseAmount(amountText, await unitOf(deployment.stakeToken));
        const opened = await session.task(name);
        const sender = await session.sender();
        await depositStake({ deployment, opened, sender }, amount);
        await showStake(session, name, sender.address);
      }),
    );
}

function thaw(): Command {
  return withWallet(withChain(new Command("thaw")))
    .description("start thawing stake: it stops counting at once and can be withdrawn after the task's longest round")
    .argument("<task>", "number or address")
    .argument("<amount>", "in tokens, like 100")
    .addHelpText("after", "\nExample:\n  $ foedus stake thaw 1 100")
    .action(
      inSession("command", async (session, _: WalletOptions, name: string, amountText: string) => {
        const { vault, stakeToken } = await session.deployment();
        const amount = parseAmount(amountText, await unitOf(stakeToken));
        const { address } = await session.task(name);
        const sender = await session.sender();
        await sender.send("thaw stake", await vault.thaw.populateTransaction(address, amount));
        await showStake(session, name, sender.address);
      }),
    );
}

function withdraw(): Command {
  return withWallet(withChain(new Command("withdraw")))
    .description("withdraw stake that has thawed")
    .argument("<task>", "number or address")
    .addHelpText("after", "\nExample:\n  $ foedus stake withdraw 1")
    .action(
      inSession("command", async (session, _: WalletOptions, name: string) => {
        const { vault } = await session.deployment();
        const { address } = await session.task(name);
        const sender = await session.sender();
        await sender.send("withdraw stake", await vault.withdraw.populateTransaction(address));
        await showStake(session, name, sender.address);
      }),
    );
}

function show(): Command {
  return withWallet(withChain(new Command("show")))
    .description("show an account's stake in a task")
    .argument("<task>", "number or address")
    .option("--account <address>", "another account than your own", accountAddress)
    .addHelpText("after", "\nExample:\n  $ foedus stake show 1")
    .action(
      inSession("command", async (session, options: WalletOptions & { account?: string }, name: string) => {
        await showStake(session, name, options.account ?? (await session.account()));
      }),
    );
}

async function showStake(session: Session, name: string, account: string): Promise<void> {
  const { vault, stakeToken } = await session.deployment();
  const { address, id, rules } = await session.task(name);
  const [amount, thawing, thawedAt] = await vault.stakeOf(address, account);
  const unit = await unitOf(stakeToken);
  const counting = amount - thawing;
  const until = new Date(Number(thawedAt) * 1000).toISOString();
  session.show({ task: id, account, amount, thawing, thawedAt, counting, needed: rules.minStake }, [
    `${unit.text(amount)} staked in task ${id} by ${account}`,
    `${unit.text(counting)} counts for entering; ${unit.text(rules.minStake)} is needed`,
    ...(thawing > 0n ? [`${unit.text(thawing)} is thawing until ${until}; then: foedus stake withdraw ${id}`] : []),
  ]);
}
