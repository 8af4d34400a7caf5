/** Where a task's money is. */
import { Fragment } from "preact";
import type { BudgetPicture } from "../../../trainer/chain/taskPicture.ts";
import { words } from "../../words/words.ts";
import { Amount } from "./Amount.tsx";

export function Budget(props: {
  readonly budget: BudgetPicture;
  readonly rewardToken: string;
  readonly stakeToken: string;
}) {
  const { budget, rewardToken, stakeToken } = props;
  const w = words.value.task;
  const parts = [
    { name: w.money.claimed, wei: budget.claimed, look: "claimed" },
    { name: w.money.owed, wei: budget.owed, look: "owed" },
    { name: w.money.unspent, wei: budget.unspent, look: "unspent" },
    { name: w.money.refunded, wei: budget.refunded, look: "refunded" },
  ];
  const widthOf = (wei: bigint) => (budget.escrowed === 0n ? 0 : Number((wei * 10_000n) / budget.escrowed) / 100);
  return (
    <section class="card" aria-labelledby="budget-title">
      <h2 id="budget-title">{w.budget}</h2>
      <div class="bar-of-parts" aria-hidden="true">
        {parts.map(({ look, wei }) => (
          <span key={look} class={look} style={{ width: `${widthOf(wei)}%` }} />
        ))}
      </div>
      <dl>
        <dt>{w.money.escrowed}</dt>
        <dd>
          <Amount wei={budget.escrowed} token={rewardToken} />
        </dd>
        {parts.map(({ name, wei, look }) => (
          <Fragment key={look}>
            <dt class={`key ${look}`}>{name}</dt>
            <dd>
              <Amount wei={wei} token={rewardToken} />
            </dd>
          </Fragment>
        ))}
        <dt>{w.money.fined}</dt>
        <dd>
          <Amount wei={budget.fined} token={stakeToken} />
        </dd>
      </dl>
    </section>
  );
}
