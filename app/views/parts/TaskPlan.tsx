/** What a task file comes to, before anybody pays for it. */
import { useState } from "preact/hooks";
import { ZeroAddress } from "ethers";
import type { TaskFile } from "../../../trainer/roles/taskFile.ts";
import { chain } from "../../chain/node.ts";
import { wallet } from "../../chain/wallet.ts";
import { faultOf, planOf } from "../../open/plan.ts";
import type { Plan } from "../../open/plan.ts";
import { duration } from "../../words/duration.ts";
import { errorText } from "../../words/errorText.ts";
import { faultText, faultWords } from "../../words/faults/words.ts";
import { openWords } from "../../words/open/words.ts";
import { sizeText } from "../../words/sizeText.ts";
import { number } from "../../words/words.ts";
import { tokenAt } from "../../../trainer/chain/contracts.ts";
import { asError } from "../../../trainer/protocol/asError.ts";
import { unitOfToken } from "./Amount.tsx";
import { useReading } from "./useReading.ts";

export function TaskPlan({ file, faults }: { readonly file: TaskFile | undefined; readonly faults: number }) {
  const [expected, setExpected] = useState({ dropout: 5, corruption: 10 });
  const w = openWords.value;
  const read = chain.value;
  const stakeToken = useReading(async () => read?.stakeToken.getAddress() ?? ZeroAddress);
  const [staked, rewarded] = [
    unitOfToken(stakeToken ?? ZeroAddress),
    unitOfToken(file?.rewardToken ?? stakeToken ?? ZeroAddress),
  ];
  if (file === undefined || stakeToken === undefined || staked === undefined || rewarded === undefined) {
    return (
      <section class="card" aria-labelledby="plan-title">
        <h2 id="plan-title">{w.plan}</h2>
        <p role="status">{faults === 0 ? "…" : `${w.wrong(faults)} ${w.unready}`}</p>
      </section>
    );
  }
  const tokens = { stakeToken, stakeDecimals: staked.decimals, rewardDecimals: rewarded.decimals };
  const chances = { dropout: expected.dropout / 100, corruption: expected.corruption / 100 };
  const plan = planned(() => planOf(file, wallet.value?.account ?? ZeroAddress, tokens, chances));
  return (
    <section class="card" aria-labelledby="plan-title">
      <h2 id="plan-title">{w.plan}</h2>
      {plan instanceof Error ? (
        <p class="fault" role="alert">
          {whyNot(plan)}
        </p>
      ) : (
        <>
          <dl class="facts">
            <dt>{w.network}</dt>
            <dd>{w.parameters(number(plan.rules.parameters), sizeText(4 * plan.rules.parameters))}</dd>
            <dt>{w.lanes}</dt>
            <dd data-fact="lanes">{w.lanesUsed(number(100 * plan.laneUse, 1))}</dd>
            <dt>{w.round}</dt>
            <dd>{duration(plan.longestRound)}</dd>
            <dt>{w.cost}</dt>
            <dd data-fact="budget">
              {w.costOf(rewarded.text(plan.budget), rewarded.text(plan.perRound))}{" "}
              <Held key={`${wallet.value?.account} ${plan.rules.rewardToken}`} plan={plan} />
            </dd>
          </dl>
          {plan.masked === undefined ? null : (
            <Odds masked={plan.masked} trim={plan.rules.trim} expected={expected} onExpected={setExpected} />
          )}
        </>
      )}
    </section>
  );
}

function Held({ plan: { rules, budget } }: { readonly plan: Plan }) {
  const read = chain.value;
  const account = wallet.value?.account;
  const held = useReading(async () =>
    read === undefined || account === undefined
      ? undefined
      : tokenAt(rules.rewardToken, read.provider).balanceOf(account),
  );
  const unit = unitOfToken(rules.rewardToken);
  if (held === undefined || unit === undefined) return null;
  const w = openWords.value;
  return held < budget ? (
    <strong class="fault">{w.tooLittle(unit.text(held))}</strong>
  ) : (
    <small>{w.held(unit.text(held))}</small>
  );
}

interface Expected {
  readonly dropout: number;
  readonly corruption: number;
}

function Odds(props: {
  readonly masked: NonNullable<Plan["masked"]>;
  readonly trim: number;
  readonly expected: Expected;
  readonly onExpected: (expected: Expected) => void;
}) {
  const { masked, trim, expected, onExpected } = props;
  const { cohorts, seats, threshold, odds } = masked;
  const w = openWords.value;
  return (
    <>
      <h3>{w.cohorts}</h3>
      <p>{w.cohortsOf(number(cohorts), number(seats), number(threshold))}</p>
      <p>{w.expect}</p>
      {(["dropout", "corruption"] as const).map((which) => (
        <label key={which} class="field">
          <span>{w[which]}</span>
          <input
            type="range"
            min={0}
            max={50}
            value={expected[which]}
            onInput={(event) => onExpected({ ...expected, [which]: Number(event.currentTarget.value) })}
          />
          <small>{number(expected[which])} %</small>
        </label>
      ))}
      <p>{w.odds}</p>
      <dl class="facts" data-fact="odds">
        <dt>{w.voidRound}</dt>
        <dd>{percent(odds.voidRound)}</dd>
        <dt>{w.exposure}</dt>
        <dd>{percent(odds.exposure)}</dd>
        {trim === 0 ? null : (
          <>
            <dt>{w.swayed}</dt>
            <dd>{percent(odds.swayed)}</dd>
          </>
        )}
      </dl>
    </>
  );
}

/** Three digits, however small. */
function percent(chance: number): string {
  return `${Number((100 * Math.min(1, chance)).toPrecision(3))} %`;
}

function whyNot(error: Error): string {
  const [words, fault] = [faultWords.value, faultOf(error)];
  return words === undefined || fault === undefined ? errorText(error, 1_000) : faultText(words, fault);
}

function planned(plan: () => Plan): Plan | Error {
  try {
    return plan();
  } catch (error) {
    return asError(error);
  }
}
