/** The last steps of opening a task: the file is saved and served by a program, seen to be served, and paid for. */
import { useEffect, useRef, useState } from "preact/hooks";
import { escrowAndOpen, rulesHere } from "../../../trainer/roles/escrow.ts";
import type { OpenedByUs } from "../../../trainer/roles/escrow.ts";
import type { TaskFile } from "../../../trainer/roles/taskFile.ts";
import type { TaskRules } from "../../../trainer/chain/taskRules.ts";
import { roundPay } from "../../../trainer/chain/taskPicture.ts";
import { asError } from "../../../trainer/protocol/asError.ts";
import { contentIdToString } from "../../../trainer/storage/contentId.ts";
import { chain } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { isUnderWay, perform } from "../../chain/transaction.ts";
import { wallet } from "../../chain/wallet.ts";
import { assertServed, nameGenesis } from "../../open/namedGenesis.ts";
import type { NamedGenesis } from "../../open/namedGenesis.ts";
import { linkTo } from "../../router.ts";
import { openWords } from "../../words/open/words.ts";
import { words } from "../../words/words.ts";
import { errorText } from "../../words/errorText.ts";
import { unitOfToken } from "./Amount.tsx";
import { SaveFile } from "./SaveFile.tsx";

/** What one file and account come to on one chain. */
interface Look {
  readonly read: Chain;
  readonly file: TaskFile;
  readonly account: string;
  readonly seen: Prepared | "preparing" | Error;
}

interface Prepared {
  readonly rules: TaskRules;
  readonly named: NamedGenesis;
  readonly isRegistered: boolean;
  /** Why the gateway does not give what the task begins with. */
  readonly unserved?: string;
}

export function Escrow({ file, text }: { readonly file: TaskFile | undefined; readonly text: string }) {
  const [last, setLast] = useState<Look>();
  /** Ends when another file, account or chain is looked at: what comes later is of no use. */
  const looking = useRef<AbortController | null>(null);
  const [opened, setOpened] = useState<OpenedByUs & { readonly file: TaskFile }>();
  const w = openWords.value;
  const read = chain.value;
  const account = wallet.value?.account;
  useEffect(
    () => () => {
      looking.current?.abort();
      setLast(undefined);
    },
    [file, account, read],
  );
  if (file === undefined || read === undefined) return null;

  async function look(chain: Chain, from: string, wanted: TaskFile): Promise<void> {
    looking.current?.abort();
    const own = (looking.current = new AbortController());
    const of = { read: chain, file: wanted, account: from };
    setLast({ ...of, seen: "preparing" });
    const seen = await prepared(of, AbortSignal.any([own.signal, chain.signal])).catch(asError);
    if (!own.signal.aborted) setLast({ ...of, seen });
  }

  async function open(chain: Chain, { rules, named }: Prepared, paid: TaskFile): Promise<void> {
    const done = await perform((sender) => escrowAndOpen({ deployment: chain, sender }, rules, named.genesis));
    if (done !== undefined) setOpened({ ...done, file: paid });
  }

  const isOfThis = last?.file === file && last.account === account && last.read === read;
  const found = isOfThis ? last.seen : undefined;
  const ready = found === undefined || found === "preparing" || found instanceof Error ? undefined : found;
  return (
    <section class="card" aria-labelledby="hosting-title">
      <h2 id="hosting-title">{w.hosting}</h2>
      <p>{w.hostingLead}</p>
      <ol class="steps">
        <li>
          <SaveFile name="task.json" bytes={new TextEncoder().encode(text)}>
            {w.save}
          </SaveFile>
        </li>
        <li>
          {w.thenServe}
          <pre>
            <code>{command(read, "serve task.json --gateway 8480")}</code>
          </pre>
          {w.orOpen}
          <pre>
            <code>{command(read, "task open task.json")}</code>
          </pre>
        </li>
        <li>
          {account === undefined ? (
            <p>{w.needsWallet}</p>
          ) : (
            <button disabled={found === "preparing"} onClick={() => void look(read, account, file)}>
              {w.prepare}
            </button>
          )}
          {found === "preparing" ? <p class="loading">{w.preparing}</p> : null}
          {found instanceof Error ? (
            <p class="fault" role="alert">
              {w.failed(errorText(found))}
            </p>
          ) : null}
          {ready === undefined ? null : <Findings read={read} found={ready} />}
        </li>
        {ready === undefined || opened?.file === file ? null : (
          <li>
            <Pay found={ready} onOpen={() => void open(read, ready, file)} />
          </li>
        )}
      </ol>
      {opened === undefined ? null : (
        <p role="status">
          <a href={linkTo("task", opened.id)}>{w.opened(opened.id)}</a>
        </p>
      )}
    </section>
  );
}

function Findings({ read, found }: { readonly read: Chain; readonly found: Prepared }) {
  const { genesis } = found.named;
  const w = openWords.value;
  return (
    <>
      <dl class="facts">
        <dt>{w.modelCid}</dt>
        <dd>
          <code>{contentIdToString(genesis.modelId)}</code>
        </dd>
        <dt>{w.root}</dt>
        <dd>
          <code>{genesis.modelRoot}</code>
        </dd>
        <dt>{w.manifestCid}</dt>
        <dd>
          <code>{contentIdToString(genesis.manifestId)}</code>
        </dd>
      </dl>
      <ul>
        <li class={found.isRegistered ? "done" : "fault"}>{found.isRegistered ? w.registered : w.notRegistered}</li>
        {read.settings.gateway === undefined ? (
          <li class="fault">
            {w.noGateway} <a href={linkTo("settings")}>{words.value.model.toSettings}</a>
          </li>
        ) : (
          <li class={found.unserved === undefined ? "done" : "fault"}>
            {found.unserved === undefined ? w.served : w.notServed(found.unserved)}
          </li>
        )}
      </ul>
    </>
  );
}

function Pay({ found, onOpen }: { readonly found: Prepared; readonly onOpen: () => void }) {
  const { rules, isRegistered, unserved } = found;
  const unit = unitOfToken(rules.rewardToken);
  const budget = BigInt(rules.rounds) * roundPay(rules);
  return (
    <button
      class="primary"
      disabled={!isRegistered || unserved !== undefined || unit === undefined || isUnderWay()}
      onClick={onOpen}
    >
      {openWords.value.open(unit === undefined ? "…" : unit.text(budget))}
    </button>
  );
}

async function prepared({ read, account, file }: Omit<Look, "seen">, signal: AbortSignal): Promise<Prepared> {
  const rules = await rulesHere(read, account, file);
  const named = await nameGenesis(file, rules);
  const { peers } = await read.registry.entryOf(account);
  const isRegistered = peers.split(" ").some((peer) => peer.startsWith("/"));
  const { gateway } = read.settings;
  const unserved =
    gateway === undefined
      ? ""
      : await assertServed(gateway, named, signal).then(
          () => undefined,
          (error: unknown) => errorText(error),
        );
  return { rules, named, isRegistered, ...(unserved === undefined ? {} : { unserved }) };
}

/** As it is typed on the machine that shall serve; a node's address may hold a key, and is left to its owner. */
function command({ address }: Chain, what: string): string {
  return `foedus ${what} --foedus ${address} --rpc …`;
}
