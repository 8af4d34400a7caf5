/** What the wallet's account has earned, by task and round: to claim, or to have claimed by a relayer who pays the gas. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isAddress } from "ethers";
import { relayedClaim, signClaim } from "../../trainer/chain/claimSignature.ts";
import type { SignedClaim } from "../../trainer/chain/claimSignature.ts";
import { taskAt } from "../../trainer/chain/contracts.ts";
import { earningsOf } from "../../trainer/chain/earnings.ts";
import type { Earnings } from "../../trainer/chain/earnings.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { readAmount } from "../../trainer/chain/tokenUnit.ts";
import { chainTime } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { openedTask } from "../chain/openedTasks.ts";
import { readSignedClaim, signedClaimFile } from "../chain/signedClaimFile.ts";
import { isUnderWay, perform } from "../chain/transaction.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { accountWords } from "../words/account/words.ts";
import { number, words } from "../words/words.ts";
import { errorText } from "../words/errorText.ts";
import { AccountPage } from "./parts/AccountPage.tsx";
import { AccountTasks } from "./parts/AccountTasks.tsx";
import type { CardProps } from "./parts/AccountTasks.tsx";
import { Amount, unitOfToken } from "./parts/Amount.tsx";
import { useReading } from "./parts/useReading.ts";

export default function RewardsView({ parts }: ViewProps) {
  const w = accountWords.value.rewards;
  return (
    <AccountPage title={w.title} lead={w.lead}>
      {(read, account) => (
        <>
          <AccountTasks
            {...{ read, account, view: "rewards", wanted: parts[0], none: w.none, card: TaskRewards }}
            above={(tasks) => <ClaimAll read={read} account={account} tasks={tasks} />}
          />
          <Relay read={read} />
        </>
      )}
    </AccountPage>
  );
}

/** Claims one after another: each task holds its own budget. */
async function claim(read: Chain, tasks: readonly string[]): Promise<void> {
  await perform(async (sender) => {
    for (const task of tasks) {
      await sender.send("claim rewards", await taskAt(task, read.provider).claim.populateTransaction(sender.address));
    }
  });
}

function ClaimAll(props: { readonly read: Chain; readonly account: string; readonly tasks: readonly string[] }) {
  const { read, account, tasks } = props;
  const w = accountWords.value.rewards;
  const amounts = useReading(
    () => Promise.all(tasks.map((task) => taskAt(task, read.provider).claimable(account))),
    [tasks.join()],
  );
  const due = tasks.filter((_, index) => (amounts?.[index] ?? 0n) > 0n);
  if (amounts === undefined || tasks.length === 0) return null;
  if (due.length === 0) return <p>{w.nothing}</p>;
  return due.length === 1 ? null : (
    <p class="actions">
      <button class="primary" disabled={isUnderWay()} onClick={() => void claim(read, due)}>
        {w.claimAll(due.length)}
      </button>
    </p>
  );
}

function TaskRewards({ read, account, address }: CardProps) {
  const w = accountWords.value;
  const own = useReading(async () => ({
    opened: await openedTask(read, address),
    claimable: await taskAt(address, read.provider).claimable(account),
  }));
  if (own === undefined) return <section class="card loading">{words.value.page.loading}</section>;
  const { opened, claimable } = own;
  return (
    <section class="card" aria-labelledby={`rewards-${opened.id}`} data-task={opened.id}>
      <h2 id={`rewards-${opened.id}`}>
        <a href={linkTo("task", opened.id)}>{w.task(opened.id)}</a>
      </h2>
      <dl class="facts">
        <dt>{w.rewards.claimable}</dt>
        <dd data-fact="claimable">
          <Amount wei={claimable} token={opened.rules.rewardToken} />
        </dd>
      </dl>
      <p class="actions">
        <button class="primary" disabled={claimable === 0n || isUnderWay()} onClick={() => void claim(read, [address])}>
          {w.rewards.claim}
        </button>
      </p>
      <Unfolded title={w.rewards.rounds}>{() => <Rounds {...{ read, account, opened, claimable }} />}</Unfolded>
      <Unfolded title={w.rewards.gasless}>{() => <SignForm {...{ read, account, opened }} />}</Unfolded>
    </section>
  );
}

/** What is made only when it is looked at. */
function Unfolded({ title, children }: { readonly title: string; readonly children: () => ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen ? children() : null}
    </details>
  );
}

interface OfTask extends Pick<CardProps, "read" | "account"> {
  readonly opened: OpenedTask;
}

/** Reads the task's whole log, and so only when what can be claimed has changed. */
function Rounds({ read, account, opened, claimable }: OfTask & { readonly claimable: bigint }) {
  const w = accountWords.value.rewards;
  const [earnings, setEarnings] = useState<Earnings | string>();
  useEffect(() => {
    const own = new AbortController();
    const ends = AbortSignal.any([own.signal, read.signal]);
    readTask(read.provider, opened, { confirmations: read.confirmations, signal: ends }).then(
      (state) => setEarnings(earningsOf(state, account)),
      (error: unknown) => {
        if (!ends.aborted) setEarnings(errorText(error));
      },
    );
    return () => own.abort();
  }, [claimable]);
  if (earnings === undefined) return <p class="loading">{words.value.page.loading}</p>;
  if (typeof earnings === "string") return <p role="alert">{earnings}</p>;
  const token = opened.rules.rewardToken;
  return (
    <>
      {earnings.rounds.length === 0 ? (
        <p>{w.noRounds}</p>
      ) : (
        <div class="scrolls" tabIndex={0} role="region" aria-label={w.rounds}>
          <table>
            <thead>
              <tr>
                <th scope="col">{w.round}</th>
                <th scope="col">{w.weight}</th>
                <th scope="col">{w.reward}</th>
              </tr>
            </thead>
            <tbody>
              {earnings.rounds.toReversed().map(({ round, weight, reward }) => (
                <tr key={round}>
                  <td>{number(round)}</td>
                  <td>{number(weight)}</td>
                  <td>
                    <Amount wei={reward} token={token} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p>
        {w.claimed}: <Amount wei={earnings.claimed} token={token} />. <small>{w.pay}</small>
      </p>
    </>
  );
}

const DEFAULT_HOURS = "24";
const MOST_HOURS = 8_760;

function SignForm({ read, account, opened }: OfTask) {
  const w = accountWords.value;
  const unit = unitOfToken(opened.rules.rewardToken);
  const [typed, setTyped] = useState({ recipient: account, fee: "0", hours: DEFAULT_HOURS });
  const [complaint, setComplaint] = useState<string>();
  const [signed, setSigned] = useState<SignedClaim>();
  if (unit === undefined) return null;
  const fields = [
    ["recipient", w.rewards.recipient],
    ["fee", `${w.rewards.fee} (${unit.symbol})`],
    ["hours", w.rewards.valid],
  ] as const;

  /** What is to be signed, or why it cannot be. */
  function terms(): Parameters<typeof signClaim>[3] | string {
    const { recipient } = typed;
    const fee = /^0*(\.0*)?$/.test(typed.fee) ? 0n : unit && readAmount(typed.fee, unit);
    const hours = /^\d{1,4}$/.test(typed.hours) ? Number(typed.hours) : 0;
    if (!isAddress(recipient)) return w.noAddress;
    if (fee === undefined) return w.noAmount(unit?.symbol ?? "");
    if (hours < 1 || hours > MOST_HOURS) return w.rewards.notValid;
    return { recipient, fee, deadline: chainTime.value + hours * 3_600 };
  }

  async function sign(): Promise<void> {
    const wanted = terms();
    setComplaint(typeof wanted === "string" ? wanted : undefined);
    if (typeof wanted === "string") return;
    setSigned(await perform((sender) => signClaim(read, opened, sender, wanted)));
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void sign();
      }}
    >
      <p>{w.rewards.gaslessLead}</p>
      {fields.map(([name, label]) => (
        <label key={name} class="field">
          <span>{label}</span>
          <input
            name={name}
            value={typed[name]}
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setTyped({ ...typed, [name]: event.currentTarget.value.trim() })}
          />
        </label>
      ))}
      <p class="actions">
        <button disabled={isUnderWay()}>{w.rewards.sign}</button>
        <small class="fault" role="status">
          {complaint}
        </small>
      </p>
      {signed === undefined ? null : <Download signed={signed} name={`claim-task-${opened.id}.json`} />}
    </form>
  );
}

function Download({ signed, name }: { readonly signed: SignedClaim; readonly name: string }) {
  const w = accountWords.value.rewards;
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(signedClaimFile(signed));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [signed]);
  return (
    <p role="status">
      {w.signed}{" "}
      <a class="button" href={url ?? ""} download={name}>
        {w.download(name)}
      </a>
    </p>
  );
}

function Relay({ read }: { readonly read: Chain }) {
  const w = accountWords.value.rewards;
  const [signed, setSigned] = useState<SignedClaim | "none">();
  const send = (claim: SignedClaim) =>
    perform(async (sender) => {
      // Only tasks of this Foedus: others' contracts may do anything.
      const { address } = await openedTask(read, claim.task);
      return sender.send("relay the claim", await relayedClaim({ ...claim, task: address }, read.provider));
    });
  return (
    <section class="card" aria-labelledby="relay">
      <h2 id="relay">{w.relay}</h2>
      <p>{w.relayLead}</p>
      <label class="field">
        <span>{w.file}</span>
        <input
          type="file"
          accept="application/json,.json"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file !== undefined) void readSignedClaim(file).then((claim) => setSigned(claim ?? "none"));
          }}
        />
      </label>
      <p class="actions">
        <button
          disabled={typeof signed !== "object" || isUnderWay()}
          onClick={() => typeof signed === "object" && void send(signed)}
        >
          {w.send}
        </button>
        <small class="fault" role="status">
          {signed === "none" ? w.notAClaim : null}
        </small>
      </p>
    </section>
  );
}
