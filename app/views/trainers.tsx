/** All trainers, with what each has staked, where, since when, and what was taken of it; found by address. */
import { useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { stakeTotals } from "../../trainer/chain/trainerRecords.ts";
import type { StakeTotals, TrainerRecord } from "../../trainer/chain/trainerRecords.ts";
import type { TrainersRead } from "../../trainer/chain/trainersReader.ts";
import { chain, chainTime, head, stakeTokenOf } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { trainerBook } from "../chain/trainers.ts";
import type { TrainerBook } from "../chain/trainers.ts";
import { wallet } from "../chain/wallet.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { moment, number, words } from "../words/words.ts";
import { Address } from "./parts/Address.tsx";
import { Amount } from "./parts/Amount.tsx";
import { Rows } from "./parts/Rows.tsx";
import { TrainerCard } from "./parts/TrainerCard.tsx";

const ORDERS = ["newest", "oldest", "stake", "fines"] as const;
type Order = (typeof ORDERS)[number];

const MAX_TYPED = 60;
const REST_MS = 100;

export default function TrainersView({ parts: [asked = ""] }: ViewProps) {
  const read = chain.value;
  if (read === undefined) return null;
  return <Trainers key={`${read.address} ${asked}`} read={read} asked={asked.slice(0, MAX_TYPED)} />;
}

function Trainers({ read, asked }: { readonly read: Chain; readonly asked: string }) {
  const book = useMemo(() => trainerBook(read), [read]);
  const ends = useMemo(() => new AbortController(), [book]);
  useEffect(() => () => ends.abort(), [ends]);
  useSignalEffect(() => {
    if (head.value !== undefined) book.readTo(head.value.number, ends.signal);
  });
  const [typed, setTyped] = useState(asked);
  const [order, setOrder] = useState<Order>("newest");
  const now = book.read.value;
  const shown = useMemo(() => (now === undefined ? [] : ordered(found(now, typed), now, order)), [now, typed, order]);
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(resting.current), []);
  const onShown = useCallback(
    (first: number, end: number) => {
      // Rows that only rush by are not asked about.
      clearTimeout(resting.current);
      const blocks = shown.slice(first, end).map(({ since }) => since);
      resting.current = setTimeout(() => book.readTimes(blocks), REST_MS);
    },
    [book, shown],
  );
  const w = words.value.trainers;
  return (
    <>
      {asked === "" ? null : (
        <p class="crumbs">
          <a href={linkTo("trainers")}>{w.allTrainers}</a>
        </p>
      )}
      <h1>{w.title}</h1>
      <p class="lead">{w.lead}</p>
      {now === undefined ? (
        <p class="loading">{words.value.page.loading}</p>
      ) : (
        <Progress now={now} shown={shown.length} />
      )}
      <form class="sought" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          {w.search}{" "}
          <input
            type="search"
            name="address"
            spellcheck={false}
            autocomplete="off"
            maxLength={MAX_TYPED}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <label>
          {w.order}{" "}
          <select name="order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            {ORDERS.map((each) => (
              <option key={each} value={each}>
                {w.orders[each]}
              </option>
            ))}
          </select>
        </label>
      </form>
      {now === undefined ? null : shown.length === 0 ? (
        <p class="card">
          {now.records.trainers.size === 0 ? w.none : now.records.isFull ? w.noMatchOfKept : w.noMatch}
        </p>
      ) : (
        <Rows
          label={w.table}
          shape="trainers"
          columns={Object.values(w.columns)}
          count={shown.length}
          growsAtTop={order === "newest" && typed === ""}
          onShown={onShown}
          row={(index) => cells({ read, book, now, record: shown[index]! })}
        />
      )}
      {now !== undefined && !isBehind(now) && shown.length === 1 ? (
        <TrainerCard key={shown[0]!.account} read={read} record={shown[0]!} now={now} />
      ) : null}
    </>
  );
}

/** How many there are, and how far they are read. */
function Progress({ now, shown }: { readonly now: TrainersRead; readonly shown: number }) {
  const w = words.value.trainers;
  const { size } = now.records.trainers;
  const block = headNumber(now);
  const reads = isBehind(now);
  return (
    <>
      <p class="lead" role={reads ? undefined : "status"}>
        {shown === size ? w.count(size, number(size)) : w.found(number(shown), number(size))}
      </p>
      {reads ? (
        <p class="lead">
          <progress max={block - now.first} value={now.last - now.first} aria-label={w.title} />{" "}
          {w.reading(number(now.last), number(block))}
        </p>
      ) : null}
      {now.records.isFull ? <p class="lead">{w.full(number(size))}</p> : null}
    </>
  );
}

const FEW_BLOCKS = 20;

function headNumber({ last }: TrainersRead): number {
  return Math.max(last, head.value?.number ?? 0);
}

/** Within a few blocks of the head there is nothing to wait for. */
function isBehind(now: TrainersRead): boolean {
  return headNumber(now) - now.last > FEW_BLOCKS;
}

interface CellsProps {
  readonly read: Chain;
  readonly book: TrainerBook;
  readonly now: TrainersRead;
  readonly record: TrainerRecord;
}

function cells({ read, book, now, record }: CellsProps) {
  const totals = stakeTotals(record, now.records.tasks);
  const token = stakeTokenOf(read);
  const w = words.value.trainers;
  return [
    <Name record={record} />,
    <Stake totals={totals} token={token} />,
    <span class={totals.tasks === 0 ? "unknown" : ""}>
      {totals.tasks === 0 ? w.noTasks : w.inTasks(totals.tasks, number(totals.tasks))}
    </span>,
    totals.fines === 0 ? (
      <span class="unknown">{w.noFines}</span>
    ) : (
      <>
        <Amount wei={totals.fined} token={token} />
        <small>{w.timesFined(totals.fines)}</small>
      </>
    ),
    <Since book={book} block={record.since} />,
  ];
}

function Name({ record: { account, isRegistered } }: Pick<CellsProps, "record">) {
  const w = words.value;
  const own = wallet.value?.account.toLowerCase() === account;
  return (
    <>
      <a href={linkTo("trainers", account)}>
        <Address of={account} />
      </a>
      <small>
        {[isRegistered ? w.trainers.registered : w.trainers.unregistered, ...(own ? [w.task.you] : [])].join(" · ")}
      </small>
    </>
  );
}

/** What counts for entering, and what is on its way out. */
function Stake({ totals, token }: { readonly totals: StakeTotals; readonly token: string }) {
  const { amount, thawing, thawedAt } = totals;
  const w = words.value.trainers;
  const hasThawed = thawing > 0n && thawedAt <= chainTime.value;
  return (
    <>
      <Amount wei={amount} token={token} />
      {thawing === 0n ? null : (
        <small title={moment(thawedAt)}>
          <Amount wei={thawing} token={token} text={hasThawed ? w.thawed : w.thaws} />
        </small>
      )}
    </>
  );
}

function Since({ book, block }: { readonly book: TrainerBook; readonly block: number }) {
  const time = book.timeOf(block).value;
  return (
    <>
      {time === undefined ? <span class="unread" /> : <span>{moment(time)}</span>}
      <small>{words.value.trainers.block(number(block))}</small>
    </>
  );
}

/** Those whose address has what was typed in it, oldest first. */
function found({ records }: TrainersRead, typed: string): TrainerRecord[] {
  const sought = typed.trim().toLowerCase();
  const all = [...records.trainers.values()];
  return sought === "" ? all : all.filter(({ account }) => account.includes(sought));
}

function ordered(oldestFirst: TrainerRecord[], { records }: TrainersRead, order: Order): TrainerRecord[] {
  if (order === "oldest") return oldestFirst;
  if (order === "newest") return oldestFirst.reverse();
  const by = order === "stake" ? "amount" : "fined";
  return oldestFirst
    .map((record) => ({ record, wei: stakeTotals(record, records.tasks)[by] }))
    .sort((a, b) => (a.wei < b.wei ? 1 : a.wei > b.wei ? -1 : 0))
    .map(({ record }) => record);
}
