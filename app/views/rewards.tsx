/** What the wallet's account has earned, by task and round: to claim, or to have claimed by a relayer who pays the gas. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getAddress, isAddress, isError } from "ethers";
import type { ContractTransaction } from "ethers";
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
import { gasCosts, isUnderWay, perform } from "../chain/transaction.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { accountWords } from "../words/account/words.ts";
import { etherText } from "../words/etherText.ts";
import { number, words } from "../words/words.ts";
import { errorText } from "../words/errorText.ts";
import { AccountPage } from "./parts/AccountPage.tsx";
import { AccountTasks } from "./parts/AccountTasks.tsx";
import type { CardProps } from "./parts/AccountTasks.tsx";
import { Amount, unitOfToken } from "./parts/Amount.tsx";
import { SaveFile } from "./parts/SaveFile.tsx";
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
    for (const task of tasks) await sender.send("claim rewards", await claimOf(read, task, sender.address));
  });
}

function claimOf(read: Chain, task: string, account: string): Promise<ContractTransaction> {
  return taskAt(task, read.provider).claim.populateTransaction(account);
}

/** Tasks claimed from at once: each is a transaction to agree to. */
const BATCH = 10;

function ClaimAll(props: { readonly read: Chain; readonly account: string; readonly tasks: readonly string[] }) {
  const { read, account, tasks } = props;
  const w = accountWords.value.rewards;
  const claimable = useReading(
    () => Promise.all(tasks.map(async (task) => ({ task, amount: await claimableIn(read, task, account) }))),
    [tasks.join()],
  );
  if (claimable === undefined || tasks.length === 0) return null;
  const due = claimable.filter(({ amount }) => amount > 0n);
  if (due.length === 0) return <p>{w.nothing}</p>;
  if (due.length === 1) return null;
  const batch = due.slice(0, BATCH);
  return <ClaimBatch key={batch.map(({ task }) => task).join()} {...{ read, account, batch }} all={due.length} />;
}

/** Nothing where there is no task: one may stake for any address. */
async function claimableIn(read: Chain, task: string, account: string): Promise<bigint> {
  return taskAt(task, read.provider)
    .claimable(account)
    .catch((error: unknown) => {
      if (isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA")) return 0n;
      throw error;
    });
}

interface ClaimBatchProps {
  readonly read: Chain;
  readonly account: string;
  readonly batch: readonly { readonly task: string; readonly amount: bigint }[];
  /** Tasks that could be claimed from, these among them. */
  readonly all: number;
}

interface Costs {
  readonly opened: OpenedTask;
  /** Wei of gas at most; undefined if the contract would refuse now. */
  readonly gas: bigint | undefined;
}

function ClaimBatch({ read, account, batch, all }: ClaimBatchProps) {
  const w = accountWords.value;
  const costs = useReading(() => Promise.all(batch.map(({ task }) => costsOf(read, account, task))));
  // One that the contract would refuse must not keep the others back.
  const tasks = batch.flatMap(({ task }, index) => (costs?.[index]?.gas === undefined ? [] : [task]));
  const sum = costs?.reduce((total, { gas = 0n }) => total + gas, 0n);
  return (
    <section class="card" aria-labelledby="claim-all">
      <h2 id="claim-all">{w.rewards.together}</h2>
      <p>{w.rewards.togetherLead}</p>
      <div class="scrolls batch" tabIndex={0} role="region" aria-labelledby="claim-all">
        <table>
          <thead>
            <tr>
              <th scope="col">{w.rewards.ofTask}</th>
              <th scope="col">{w.rewards.claimable}</th>
              <th scope="col">{w.rewards.gas}</th>
            </tr>
          </thead>
          <tbody>
            {batch.map(({ task, amount }, index) => {
              const known = costs?.[index];
              return (
                <tr key={task}>
                  <th scope="row">{known === undefined ? "…" : w.task(known.opened.id)}</th>
                  <td>{known === undefined ? "…" : <Amount wei={amount} token={known.opened.rules.rewardToken} />}</td>
                  <td>{known === undefined ? "…" : known.gas === undefined ? "–" : etherText(known.gas)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="actions">
        <button class="primary" disabled={tasks.length === 0 || isUnderWay()} onClick={() => void claim(read, tasks)}>
          {tasks.length === all ? w.rewards.claimAll(all) : w.rewards.claimSome(tasks.length, all)}
        </button>
        <small>{sum === undefined ? null : w.rewards.gasOfAll(etherText(sum))}</small>
      </p>
    </section>
  );
}

async function costsOf(read: Chain, account: string, task: string): Promise<Costs> {
  const opened = await openedTask(read, task);
  const request = { ...(await claimOf(read, task, account)), from: account };
  return { opened, gas: await gasCosts(read, "claim rewards", request).catch(() => undefined) };
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

/** A task may have a million rounds: the newest are shown, and others when they are asked for. */
const ROUNDS_MORE = 20;

/** Reads the task's whole log, and so only when what can be claimed has changed. */
function Rounds({ read, account, opened, claimable }: OfTask & { readonly claimable: bigint }) {
  const w = accountWords.value.rewards;
  const [earnings, setEarnings] = useState<Earnings | string>();
  const [most, setMost] = useState(ROUNDS_MORE);
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
  const { rounds } = earnings;
  return (
    <>
      {rounds.length === 0 ? (
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
              {rounds
                .slice(-most)
                .reverse()
                .map(({ round, weight, reward }) => (
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
      {rounds.length > most ? (
        <p class="actions">
          <button onClick={() => setMost(most + ROUNDS_MORE)}>{accountWords.value.more}</button>
          <small>{w.shownRounds(number(most), number(rounds.length))}</small>
        </p>
      ) : null}
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
  const file = `claim-task-${opened.id}.json`;
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
    return { recipient: getAddress(recipient), fee, deadline: chainTime.value + hours * 3_600 };
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
      {signed === undefined ? null : (
        <p role="status">
          {w.rewards.signed}{" "}
          <SaveFile name={file} bytes={signedClaimFile(signed)}>
            {w.rewards.download(file)}
          </SaveFile>
        </p>
      )}
    </form>
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
