/** What the wallet is asked for, step by step: in words before, its way into the chain, and what it has changed after. */
import { useEffect, useRef, useState } from "preact/hooks";
import "../../style/account.css";
import { Refused, InsufficientGas } from "../../../trainer/chain/chainErrors.ts";
import { printable } from "../../../trainer/observe/printable.ts";
import { chain, head, stakeTokenOf } from "../../chain/node.ts";
import type { Act } from "../../chain/act.ts";
import type { Effect, Told } from "../../chain/effect.ts";
import { Replaced } from "../../chain/receipt.ts";
import {
  AccountChanged,
  Declined,
  Elsewhere,
  Unfollowed,
  Unread,
  followSent,
  isOnItsWay,
  isSent,
  isUnderWay,
  procedure,
  putAway,
} from "../../chain/transaction.ts";
import type { Procedure, Step, StepState } from "../../chain/transaction.ts";
import { Rejected, WalletFailed, isElsewhere, switchChain, wallet } from "../../chain/wallet.ts";
import { accountWords } from "../../words/account/words.ts";
import { errorText } from "../../words/errorText.ts";
import { etherText } from "../../words/etherText.ts";
import { moment, number } from "../../words/words.ts";
import { shortAddress } from "./Address.tsx";
import { amountText } from "./Amount.tsx";
import { withWallet } from "./Notices.tsx";
import { explanationOf } from "./explanation.ts";

export function TransactionDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isHidden, setHidden] = useState(false);
  const w = accountWords.value.transaction;
  const shown = procedure.value;
  useEffect(followSent, [chain.value]);
  const outcome = shown?.outcome.value;
  useEffect(() => {
    // Also when it is over after it was hidden.
    if (shown === undefined) dialog.current?.close();
    else open();
  }, [shown, outcome]);

  function open(): void {
    setHidden(false);
    if (dialog.current?.open === false) dialog.current.showModal();
  }

  function onClose(): void {
    setHidden(true);
    putAway();
  }

  return (
    <>
      {isHidden && isUnderWay() ? (
        <p class="notice">
          {w.underWay} <button onClick={open}>{w.show}</button>
        </p>
      ) : null}
      <dialog ref={dialog} class="transaction" aria-label={w.dialog} onCancel={putAway} onClose={onClose}>
        {shown === undefined ? null : <Steps of={shown} onClose={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

function Steps({ of, onClose }: { readonly of: Procedure; readonly onClose: () => void }) {
  const w = accountWords.value.transaction;
  const steps = of.steps.value;
  const outcome = of.outcome.value;
  const last = steps.at(-1)?.state.value;
  // An earlier step, too, once the chain has taken it back.
  const isFollowed =
    outcome === "under way" &&
    (last === undefined
      ? of.earlier !== undefined
      : (isDone(last) || isOnItsWay(last)) && steps.some(({ state }) => isOnItsWay(state.value)));
  return (
    <>
      {of.earlier !== undefined && steps.length === 0 && outcome === "under way" ? (
        <p class="state-line checking" role="status">
          {w.readingEarlier} <code class="hash">{of.earlier}</code>
        </p>
      ) : null}
      {steps.map((step, index) => (
        <StepCard
          key={index}
          step={step}
          account={of.account}
          isResumed={of.earlier !== undefined}
          title={steps.length > 1 ? w.step(index + 1) : undefined}
          isOver={index < steps.length - 1 || outcome instanceof Error}
          hasFailed={index === steps.length - 1 && outcome instanceof Error}
        />
      ))}
      <div role="status">
        {outcome instanceof Error ? (
          <Fault error={outcome} act={steps.at(-1)?.act} wasSent={steps.some(isSent)} />
        ) : null}
      </div>
      <p class="actions">
        {last?.at === "explained" && outcome === "under way" ? (
          <Answer state={last} isWritten={steps.every(({ act }) => areAmountsWritten(act))} />
        ) : null}
        {isFollowed ? (
          <>
            <button onClick={of.stopFollowing}>{w.stopFollowing}</button> <small>{w.stopHint}</small>
          </>
        ) : null}
        {last?.at === "explained" && outcome === "under way" ? null : (
          <button onClick={onClose}>{outcome === "under way" ? w.hide : w.close}</button>
        )}
      </p>
    </>
  );
}

interface AnswerProps {
  readonly state: Extract<StepState, { at: "explained" }>;
  /** Every amount is there to be read: nothing may be agreed to by a guess. */
  readonly isWritten: boolean;
}

function Answer({ state, isWritten }: AnswerProps) {
  const w = accountWords.value.transaction;
  const [here, there] = [String(wallet.value?.chainId), String(chain.value?.chainId)];
  if (isElsewhere.value) {
    return (
      <>
        <span class="warning notice" role="alert">
          {w.elsewhere(here, there)}
        </span>
        <button class="primary" onClick={() => void withWallet(() => switchChain(`Foedus ${there}`))}>
          {w.switch(there)}
        </button>
        <button onClick={() => state.answer(false)}>{w.decline}</button>
      </>
    );
  }
  return (
    <>
      <button class="primary" disabled={!isWritten} onClick={() => state.answer(true)}>
        {w.continue}
      </button>
      <button onClick={() => state.answer(false)}>{w.decline}</button>
    </>
  );
}

interface StepCardProps {
  readonly step: Step;
  readonly account: string;
  /** It was sent before the page was loaded: what should have come after it is forgotten. */
  readonly isResumed: boolean;
  readonly title: string | undefined;
  /** Others follow it, or it came to nothing. */
  readonly isOver: boolean;
  /** It came to nothing, which is told below. */
  readonly hasFailed: boolean;
}

function StepCard({ step: { act, state }, account, isResumed, title, isOver, hasFailed }: StepCardProps) {
  const w = accountWords.value.transaction;
  const now = state.value;
  const units = { paid: textOf(act.token), staked: textOf(stakeToken()) };
  const isAllowance = isResumed && act.kind === "approve";
  const said = {
    ...explanationOf(act, account, units),
    ...(isAllowance && accountWords.value.resumedAllowance(accountWords.value.spenders[act.spender])),
  };
  const isSignature = act.kind === "permit" || act.kind === "signClaim";
  const costs = isSignature ? w.free : now.at === "explained" ? w.gas(etherText(now.costs ?? 0n)) : undefined;
  return (
    <section class="step" data-kind={act.kind} data-state={now.at}>
      <h2>
        {title === undefined ? null : <small>{title} </small>}
        {said.title}
      </h2>
      {isDone(now) && isOver ? null : (
        <dl class="facts">
          <dt>{w.does}</dt>
          <dd>{said.does}</dd>
          <dt>{w.amount}</dt>
          <dd>{said.amount}</dd>
          <dt>{w.to}</dt>
          <dd>
            {said.recipient === undefined ? (
              <Named name={said.contract} address={act.to} />
            ) : (
              <Named name={said.contract} address={act.to} to={said.recipient} />
            )}
          </dd>
          <dt>{w.risk}</dt>
          <dd>{said.risk}</dd>
          {costs === undefined ? null : (
            <>
              <dt>{w.costs}</dt>
              <dd>{costs}</dd>
            </>
          )}
          <dt>{w.by}</dt>
          <dd>
            <code>{account}</code>
          </dd>
        </dl>
      )}
      {hasFailed && !isDone(now) ? null : now.at === "undone" ? (
        <div role="status">
          <p class="state-line">{w.takenBack}</p>
          <Fault error={now.error} act={act} wasSent />
        </div>
      ) : (
        <p class={`state-line ${now.at === "unseen" ? "stuck" : now.at}`} role="status">
          {now.at === "confirmed" ? confirmedText(now.effect) : w.states[now.at]}
        </p>
      )}
      {"hash" in now ? (
        <p>
          {w.hash} <code class="hash">{now.hash}</code>
        </p>
      ) : null}
      {"effect" in now ? <Changed act={act} effect={now.effect} text={units.paid} /> : null}
      {"effect" in now && isAllowance ? <p>{w.allowanceStands}</p> : null}
    </section>
  );
}

function isDone({ at }: StepState): boolean {
  return at === "confirmed" || at === "final" || at === "signed";
}

/** How many blocks there are from its own to the last one; the head that is believed is some behind that. */
function confirmedText({ block }: Effect): string {
  const last = (head.value?.number ?? block) + (chain.value?.confirmations ?? 0);
  const count = Math.max(1, last - block + 1);
  return accountWords.value.transaction.states.confirmed(number(count), count);
}

function Named({ name, address, to }: { readonly name: string; readonly address: string; readonly to?: string }) {
  return (
    <>
      {to === undefined ? null : (
        <>
          <code>{to}</code> ←{" "}
        </>
      )}
      {name} <code title={address}>{to === undefined ? address : shortAddress(address)}</code>
    </>
  );
}

function Changed({ act, effect, text }: { readonly act: Act; readonly effect: Effect; readonly text: Text }) {
  const w = accountWords.value;
  const { told, block, balance, gas } = effect;
  return (
    <ul class="effect">
      <li>{told === undefined ? w.effects.unknown : toldText(told, text)}</li>
      {act.kind === "approve" || balance === undefined ? null : (
        <li>{w.transaction.balance(text(balance.before), text(balance.after))}</li>
      )}
      <li>
        {w.transaction.paid(etherText(gas))}, {w.transaction.inBlock(number(block))}
      </li>
    </ul>
  );
}

function toldText(told: Told, text: Text): string {
  const w = accountWords.value.effects;
  switch (told.kind) {
    case "thawing":
      return w.thawing(text(told.amount), moment(told.thawedAt));
    case "claimed":
      return w.claimed(text(told.amount), told.recipient) + (told.fee > 0n ? w.fee(text(told.fee)) : "");
    case "opened":
      return w.opened(told.id);
    default:
      return w[told.kind](text(told.amount));
  }
}

interface FaultProps {
  readonly error: Error;
  readonly act: Act | undefined;
  /** A step was sent, this one or an earlier one. */
  readonly wasSent: boolean;
}

function Fault({ error, act, wasSent }: FaultProps) {
  // What its owner has chosen is no fault.
  const isChosen = error instanceof Unfollowed || error instanceof Declined;
  return <p class={isChosen ? "unfollowed" : "fault"}>{faultText(error, act, wasSent)}</p>;
}

/** What became of it, in words. */
function faultText(error: Error, act: Act | undefined, wasSent: boolean): string {
  const { transaction: w, refusals } = accountWords.value;
  const unsent = wasSent ? w.stepNotSent : w.nothingSent;
  if (error instanceof Declined) return unsent;
  if (error instanceof Rejected) return w.rejected(unsent);
  if (error instanceof WalletFailed) return w.failedWallet(errorText(error));
  if (error instanceof AccountChanged) return w.accountChanged(unsent);
  if (error instanceof Elsewhere) return w.chainChanged(unsent);
  if (error instanceof Replaced) return w.replaced(error.by);
  if (error instanceof Unfollowed) return w.unfollowed;
  if (error instanceof Unread) return w.unread(error.hash, errorText(error.cause));
  if (error instanceof InsufficientGas) return w.noCoin;
  if (!(error instanceof Refused)) return w.failedOther(errorText(error));
  const { reason, values } = error;
  if (!Object.hasOwn(refusals, reason)) return w.failed(errorText(error));
  const amount = textOf(act?.token);
  const value = (name: string) => values[name];
  return w.failed(
    refusals[reason as keyof typeof refusals]({
      amount: (name) => amount(bigint(value(name))),
      moment: (name) => moment(Number(value(name))),
      text: (name) => printable(String(value(name)), 80),
    }),
  );
}

type Text = (wei: bigint) => string;

function textOf(token: string | undefined): Text {
  return (token === undefined ? undefined : amountText(token)) ?? (() => "…");
}

function areAmountsWritten({ token }: Act): boolean {
  return [token, stakeToken()].every((each) => each !== undefined && amountText(each) !== undefined);
}

function stakeToken(): string | undefined {
  return chain.value === undefined ? undefined : stakeTokenOf(chain.value);
}

function bigint(value: unknown): bigint {
  return typeof value === "bigint" ? value : 0n;
}
