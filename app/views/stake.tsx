/** What the wallet's account has staked, task by task: to deposit, to thaw, to withdraw. */
import { useState } from "preact/hooks";
import { taskAt, tokenAt } from "../../trainer/chain/contracts.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { readAmount } from "../../trainer/chain/tokenUnit.ts";
import { comfortableStake, depositStake } from "../../trainer/roles/stake.ts";
import { chainTime, stakeTokenOf } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { openedTask } from "../chain/openedTasks.ts";
import { isUnderWay, perform } from "../chain/transaction.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { accountWords } from "../words/account/words.ts";
import { duration } from "../words/duration.ts";
import { moment, words } from "../words/words.ts";
import { AccountPage } from "./parts/AccountPage.tsx";
import { AccountTasks } from "./parts/AccountTasks.tsx";
import type { CardProps } from "./parts/AccountTasks.tsx";
import { Amount, unitOfToken } from "./parts/Amount.tsx";
import { useReading } from "./parts/useReading.ts";

export default function StakeView({ parts }: ViewProps) {
  const w = accountWords.value.stake;
  return (
    <AccountPage title={w.title} lead={w.lead}>
      {(read, account) => (
        <AccountTasks
          {...{ read, account, view: "stake", wanted: parts[0], none: w.none, card: TaskStake }}
          above={() => <Holdings read={read} account={account} />}
        />
      )}
    </AccountPage>
  );
}

function Holdings({ read, account }: { readonly read: Chain; readonly account: string }) {
  const balance = useReading(() => read.stakeToken.balanceOf(account));
  if (balance === undefined) return null;
  return (
    <p>
      <Amount wei={balance} token={stakeTokenOf(read)} text={accountWords.value.stake.holds} />
    </p>
  );
}

interface OwnStake {
  readonly opened: OpenedTask;
  readonly amount: bigint;
  readonly thawing: bigint;
  readonly thawedAt: number;
  readonly thawSeconds: number;
}

function TaskStake({ read, account, address }: CardProps) {
  const own = useReading(() => ownStake(read, account, address));
  const w = accountWords.value;
  if (own === undefined) return <section class="card loading">{words.value.page.loading}</section>;
  const { opened, amount, thawing, thawedAt, thawSeconds } = own;
  const token = stakeTokenOf(read);
  const hasThawed = thawing > 0n && chainTime.value >= thawedAt;
  const withdraw = () =>
    perform(async (sender) => sender.send("withdraw stake", await read.vault.withdraw.populateTransaction(address)));
  return (
    <section class="card" aria-labelledby={`stake-${opened.id}`} data-task={opened.id}>
      <h2 id={`stake-${opened.id}`}>
        <a href={linkTo("task", opened.id)}>{w.task(opened.id)}</a>
      </h2>
      <dl class="facts">
        <dt>{w.stake.staked}</dt>
        <dd data-fact="staked">
          <Amount wei={amount} token={token} />
        </dd>
        <dt>{w.stake.counts}</dt>
        <dd data-fact="counts">
          <Amount wei={amount - thawing} token={token} />
        </dd>
        <dt>{w.stake.needed}</dt>
        <dd>
          <Amount wei={opened.rules.minStake} token={token} />
        </dd>
        <dt>{w.stake.thawing}</dt>
        <dd data-fact="thawing">
          {thawing === 0n ? w.stake.nothing : <Amount wei={thawing} token={token} />}{" "}
          {thawing === 0n ? null : <small>{hasThawed ? w.stake.thawed : w.stake.until(moment(thawedAt))}</small>}
        </dd>
      </dl>
      <ChangeStake {...{ read, account, own }} />
      <p class="actions">
        <button disabled={!hasThawed || isUnderWay()} onClick={() => void withdraw()}>
          {w.stake.withdraw}
        </button>
        <small>
          {thawing > 0n && !hasThawed
            ? w.stake.withdrawFrom(moment(thawedAt))
            : w.stake.thawTakes(duration(thawSeconds))}
        </small>
      </p>
    </section>
  );
}

function ChangeStake({ read, account, own }: Pick<CardProps, "read" | "account"> & { readonly own: OwnStake }) {
  const w = accountWords.value;
  const unit = unitOfToken(stakeTokenOf(read));
  const [typed, setTyped] = useState<string>();
  const [complaint, setComplaint] = useState<string>();
  if (unit === undefined) return null;
  const { opened, amount, thawing } = own;
  const counts = amount - thawing;
  const missing = counts < opened.rules.minStake ? comfortableStake(opened.rules) - counts : undefined;
  const text = typed ?? (missing === undefined ? "" : unit.number(missing));

  /** What was typed, in wei, or why it cannot be used. */
  async function wanted(what: "deposit" | "thaw"): Promise<bigint | string> {
    const wei = unit && readAmount(text, unit);
    if (unit === undefined || wei === undefined) return w.noAmount(unit?.symbol ?? "");
    if (what === "thaw") return wei;
    const held = await tokenAt(stakeTokenOf(read), read.provider).balanceOf(account);
    return wei > held ? w.stake.tooMuch(unit.text(held)) : wei;
  }

  async function change(what: "deposit" | "thaw"): Promise<void> {
    const wei = await wanted(what);
    setComplaint(typeof wei === "string" ? wei : undefined);
    if (typeof wei === "string") return;
    const done = await perform(async (sender) => {
      if (what === "deposit") await depositStake({ deployment: read, opened, sender }, wei);
      else await sender.send("thaw stake", await read.vault.thaw.populateTransaction(opened.address, wei));
      return true;
    });
    if (done === true) setTyped(undefined);
  }

  const faultId = `amount-fault-${opened.id}`;
  return (
    <form
      class="change"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void change("deposit");
      }}
    >
      <label>
        {w.stake.amount}{" "}
        <input
          name="amount"
          inputMode="decimal"
          size={12}
          autocomplete="off"
          value={text}
          aria-invalid={complaint !== undefined}
          aria-describedby={faultId}
          onInput={(event) => setTyped(event.currentTarget.value.trim())}
        />{" "}
        {unit.symbol}
      </label>
      <button class="primary" disabled={isUnderWay()}>
        {w.stake.deposit}
      </button>
      <button type="button" disabled={isUnderWay() || counts === 0n} onClick={() => void change("thaw")}>
        {w.stake.thaw}
      </button>
      <small class="fault" id={faultId} role="status">
        {complaint}
      </small>
    </form>
  );
}

async function ownStake(read: Chain, account: string, address: string): Promise<OwnStake> {
  const [opened, [amount, thawing, thawedAt], thawSeconds] = await Promise.all([
    openedTask(read, address),
    read.vault.stakeOf(address, account),
    taskAt(address, read.provider).thawSeconds(),
  ]);
  return { opened, amount, thawing, thawedAt: Number(thawedAt), thawSeconds: Number(thawSeconds) };
}
