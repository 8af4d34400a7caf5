/** foedus task show: the rules and the state of one task. */
import { Command } from "commander";
import { tokenAt } from "../../chain/contracts.ts";
import { readTask } from "../../chain/followTask.ts";
import type { TaskRules } from "../../chain/taskRules.ts";
import { roundNow } from "../../chain/taskState.ts";
import { compressionText } from "../../learning/compression/compression.ts";
import { contentIdToString } from "../../storage/contentId.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { withChain, withHome } from "../options.ts";
import type { ChainOptions } from "../options.ts";
import { inSession } from "../session.ts";
import { privacyText } from "../../roles/privacyMode.ts";
import { manifestCopy } from "../../roles/manifestCopy.ts";
import { AT_REST, isAtRest, stopText } from "../../roles/stopRule.ts";
import { updateSizeText } from "../../roles/taskCompression.ts";
import { strategyText } from "../../roles/taskStrategy.ts";
import { serverRuleText } from "../../roles/serverRule.ts";

export function taskShow(): Command {
  return withHome(withChain(new Command("show")))
    .description("show a task's rules and where it stands; its strategy too where you take part in it")
    .argument("<task>", "number or address")
    .addHelpText("after", "\nExample:\n  $ foedus task show 1")
    .action(
      inSession("command", async (session, _: ChainOptions, name: string) => {
        const deployment = await session.deployment();
        const opened = await session.task(name);
        const state = await readTask(deployment.provider, opened, session);
        const { rules, genesis } = opened;
        const reward = await unitOf(tokenAt(rules.rewardToken, deployment.provider));
        const stake = await unitOf(deployment.stakeToken);
        const round = roundNow(state);
        const manifest = await manifestCopy(session.path("manifests"), genesis.manifestId, rules.parameters);
        const { strategy, stop, compression } = manifest ?? {};
        const told = { ...(strategy && { strategy }), ...(stop && { stop }), ...(compression && { compression }) };
        session.show(
          { ...opened, ...told, state: { ...state, rounds: undefined, rules: undefined, genesis: undefined } },
          [
            `Task ${opened.id}  ${opened.address}`,
            `  sponsor     ${rules.sponsor}`,
            `  state       ${state.closed ? "closed" : `round ${round.number}, ${round.phase}`}, ${state.completed} of ${rules.rounds} rounds final`,
            `  model       ${rules.parameters} parameters, root ${state.model.root}`,
            `              ipfs ${contentIdToString(state.model.id)}`,
            `  manifest    ipfs ${contentIdToString(genesis.manifestId)}`,
            `  numbers     ${rules.fractionBits} fraction bits, updates within ±${rules.bound / 2 ** rules.fractionBits}`,
            `  privacy     ${privacyText(rules)}`,
            `  aggregation ${serverRuleText(rules)}`,
            ...(manifest === undefined ? [] : [`  strategy    ${strategyText(strategy)}`]),
            ...(manifest === undefined ? [] : [`  updates     ${updateSizeText(manifest)}`]),
            ...(compression === undefined ? [] : [`              ${compressionText(compression)}`]),
            ...(stop === undefined ? [] : [`  stop        ${stopText(stop)}`]),
            ...(isAtRest(state, stop) ? [`              ${AT_REST} foedus task cancel ${opened.id}`] : []),
            `  trainers    ${trainersText(rules)}; data in units of ${rules.weightUnit} samples, at most ${rules.maxWeight}`,
            `  stake       ${stake.text(rules.minStake)} to enter; fines ${stake.text(rules.missFine)} (deadline), ${stake.text(rules.fraudFine)} (fraud)`,
            `              worth its gas to a challenger up to ${stake.text(rules.challengeGasPrice)} per gas`,
            `  a round     ${reward.text(rules.dataPot)} by data, ${reward.text(rules.computePot)} equally, ${reward.text(rules.aggregatorPay)} to the aggregator, ${reward.text(rules.advanceTip)} to who ends it`,
            `  seconds     enter ${rules.enterSeconds}, commit ${rules.commitSeconds}, reveal ${rules.revealSeconds}, attest ${rules.attestSeconds}, propose ${rules.proposeSeconds} (${rules.graceSeconds} for the drawn one), challenge ${rules.challengeSeconds}, disclose ${rules.discloseSeconds}`,
            `  retention   ${rules.retentionSeconds} s`,
          ],
        );
      }),
    );
}

function trainersText({ minTrainers, minSummed, maxTrainers, cohorts }: TaskRules): string {
  if (cohorts > 1) return `up to ${maxTrainers}, in each cohort ${minTrainers} to ${maxTrainers / cohorts}`;
  const left = minSummed < minTrainers ? `; at least ${minSummed} in the sum, as the strategy selects` : "";
  return `${minTrainers} to ${maxTrainers}${left}`;
}
