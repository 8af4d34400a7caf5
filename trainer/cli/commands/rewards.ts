/** foedus rewards: what was earned, and how it gets into a wallet - by oneself, or signed for a relayer who pays the gas. */
import { Command } from "commander";
import { relayedClaim, signClaim, signedClaimSchema } from "../../chain/claimSignature.ts";
import type { Log } from "ethers";
import { eventIn, taskAt, taskInterface, tokenAt } from "../../chain/contracts.ts";
import { earningsOf } from "../../chain/earnings.ts";
import { readTask } from "../../chain/followTask.ts";
import { readJsonAs } from "../inputFile.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { parseAmount } from "../money.ts";
import { accountAddress, wholeNumber, withChain, withWallet } from "../options.ts";
import type { WalletOptions } from "../options.ts";
import { table } from "../print.ts";
import { inSession } from "../session.ts";
import type { Session } from "../session.ts";

export function rewardsCommand(): Command {
  return new Command("rewards")
    .description("show and claim rewards")
    .addCommand(show())
    .addCommand(claim())
    .addCommand(sign())
    .addCommand(relay());
}

function show(): Command {
  return withWallet(withChain(new Command("show")))
    .description("show what an account has earned in a task, round by round")
    .argument("<task>", "number or address")
    .option("--account <address>", "another account than your own", accountAddress)
    .addHelpText("after", "\nExample:\n  $ foedus rewards show 1")
    .action(
      inSession("command", async (session, options: WalletOptions & { account?: string }, name: string) => {
        const { provider } = await session.deployment();
        const opened = await session.task(name);
        const account = options.account ?? (await session.account());
        const unit = await unitOf(tokenAt(opened.rules.rewardToken, provider));
        const state = await readTask(provider, opened, session);
        const claimable = await taskAt(opened.address, provider).claimable(account);
        const { rounds, claimed } = earningsOf(state, account);
        session.show({ task: opened.id, account, rounds, claimed, claimable }, [
          ...table([
            ["round", "weight", "reward"],
            ...rounds.map(({ round, weight, reward }) => [String(round), String(weight), unit.text(reward)]),
          ]),
          `${unit.text(claimed)} claimed, ${unit.text(claimable)} to claim (pay for aggregating and tips included)`,
        ]);
      }),
    );
}

function claim(): Command {
  return withWallet(withChain(new Command("claim")))
    .description("claim all that an account has earned in a task, over all rounds at once")
    .argument("<task>", "number or address")
    .option("--account <address>", "claim for another account, to its own wallet", accountAddress)
    .addHelpText("after", "\nExample:\n  $ foedus rewards claim 1")
    .action(
      inSession("command", async (session, options: WalletOptions & { account?: string }, name: string) => {
        const { provider } = await session.deployment();
        const { address } = await session.task(name);
        const sender = await session.sender();
        const account = options.account ?? sender.address;
        const request = await taskAt(address, provider).claim.populateTransaction(account);
        const receipt = await sender.send("claim rewards", request);
        await showClaimed(session, name, receipt.logs);
      }),
    );
}

function sign(): Command {
  return withWallet(withChain(new Command("sign")))
    .description("sign a claim that anybody can relay, so that it costs you no gas (EIP-712)")
    .argument("<task>", "number or address")
    .option("--to <address>", "pay to this address instead of your own", accountAddress)
    .option("--fee <amount>", "what the relayer may keep, in reward tokens")
    .option("--valid <seconds>", "how long the signature is good", wholeNumber(1), 86_400)
    .addHelpText("after", "\nExample:\n  $ foedus rewards sign 1 --fee 0.5 > claim.json")
    .action(
      inSession(
        "command",
        async (session, options: WalletOptions & { to?: string; fee?: string; valid: number }, name: string) => {
          const deployment = await session.deployment();
          const opened = await session.task(name);
          const sender = await session.sender();
          const unit = await unitOf(tokenAt(opened.rules.rewardToken, deployment.provider));
          const signed = await signClaim(deployment, opened, sender, {
            recipient: options.to ?? sender.address,
            fee: options.fee === undefined ? 0n : parseAmount(options.fee, unit),
            deadline: Math.floor(Date.now() / 1000) + options.valid,
          });
          session.show(signed, JSON.stringify(signed, undefined, 2));
        },
      ),
    );
}

function relay(): Command {
  return withWallet(withChain(new Command("relay")))
    .description("send somebody's signed claim and earn its fee")
    .argument("<file>", "what foedus rewards sign printed")
    .addHelpText("after", "\nExample:\n  $ foedus rewards relay claim.json")
    .action(
      inSession("command", async (session, _: WalletOptions, file: string) => {
        const { provider } = await session.deployment();
        const signed = await readJsonAs(file, signedClaimSchema, "signed claim. Make one with: foedus rewards sign.");
        const { address } = await session.task(signed.task);
        const sender = await session.sender();
        const request = await relayedClaim({ ...signed, task: address }, provider);
        const receipt = await sender.send("relay the claim", request);
        await showClaimed(session, signed.task, receipt.logs);
      }),
    );
}

async function showClaimed(session: Session, name: string, logs: readonly Log[]): Promise<void> {
  const { provider } = await session.deployment();
  const { address, id, rules } = await session.task(name);
  const unit = await unitOf(tokenAt(rules.rewardToken, provider));
  const event = eventIn(logs, taskInterface, address, "RewardClaimed");
  const amount = BigInt((event?.args["amount"] ?? 0n) as bigint);
  const recipient = event === undefined ? undefined : String(event.args["recipient"]);
  session.show(
    { task: id, amount, recipient },
    amount === 0n ? `There is nothing to claim in task ${id}.` : `Claimed ${unit.text(amount)} for ${recipient}.`,
  );
}
