/** A task's rules, as its contract holds them for good. */
import { Fragment } from "preact";
import type { TaskRules } from "../../../trainer/chain/taskRules.ts";
import { clockText } from "../../words/clockText.ts";
import { number, words } from "../../words/words.ts";
import { Address } from "./Address.tsx";
import { Amount } from "./Amount.tsx";

export function Rules(props: { readonly rules: TaskRules; readonly address: string; readonly stakeToken: string }) {
  const { rules, address, stakeToken } = props;
  const w = words.value.task;
  const { rewardToken } = rules;
  const windows = [
    ...(["enterSeconds", "shareSeconds", "commitSeconds", "revealSeconds", "recoverSeconds", "attestSeconds"] as const),
    ...(["proposeSeconds", "challengeSeconds"] as const),
  ];
  return (
    <section class="card" aria-labelledby="rules-title">
      <h2 id="rules-title">{w.rules}</h2>
      <dl>
        <dt>{w.rule.contract}</dt>
        <dd>
          <Address of={address} />
        </dd>
        <dt>{w.rule.sponsor}</dt>
        <dd>
          <Address of={rules.sponsor} />
        </dd>
        <dt>{w.rule.aggregation}</dt>
        <dd>{rules.serverRule}</dd>
        <dt>{w.rule.trainers}</dt>
        <dd>
          {w.rule.fromTo(number(rules.minTrainers), number(rules.maxTrainers))}
          {rules.minSummed < rules.minTrainers ? w.rule.summed(number(rules.minSummed)) : ""}
        </dd>
        <dt>{w.rule.minStake}</dt>
        <dd>
          <Amount wei={rules.minStake} token={stakeToken} />
        </dd>
        <dt>{w.rule.missFine}</dt>
        <dd>
          <Amount wei={rules.missFine} token={stakeToken} />
        </dd>
        <dt>{w.rule.fraudFine}</dt>
        <dd>
          <Amount wei={rules.fraudFine} token={stakeToken} />
        </dd>
        <dt>{w.rule.rewardToken}</dt>
        <dd>
          <Address of={rewardToken} />
        </dd>
        {(["dataPot", "computePot", "aggregatorPay", "advanceTip"] as const).map((pot) => (
          <Fragment key={pot}>
            <dt>{w.rule[pot]}</dt>
            <dd>
              <Amount wei={rules[pot]} token={rewardToken} />
            </dd>
          </Fragment>
        ))}
        {windows
          .filter((window) => rules[window] > 0)
          .map((window) => (
            <Fragment key={window}>
              <dt>{w.windows[window]}</dt>
              <dd>{clockText(rules[window])}</dd>
            </Fragment>
          ))}
      </dl>
    </section>
  );
}
