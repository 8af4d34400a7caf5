/** All tasks, newest first: where each stands, what it trains, who can see the updates, what it pays. */
import { useCallback, useEffect, useMemo } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { chain, head } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { createTaskBook } from "../chain/taskBook.ts";
import type { TaskSummary } from "../chain/taskBook.ts";
import { manifestOf, titleOf } from "../chain/manifests.ts";
import { lastScore, lookForScores, scoresOf } from "../chain/scores.ts";
import { linkTo } from "../router.ts";
import { number, words } from "../words/words.ts";
import { roundPay } from "../../trainer/chain/taskPicture.ts";
import { Amount } from "./parts/Amount.tsx";
import { Rows } from "./parts/Rows.tsx";

export default function TasksView() {
  const read = chain.value;
  return read === undefined ? null : <Tasks key={read.address} read={read} />;
}

function Tasks({ read }: { readonly read: Chain }) {
  const book = useMemo(() => createTaskBook(read), [read]);
  const w = words.value.tasks;
  useSignalEffect(() => {
    if (head.value === undefined) return;
    book.refresh();
    void lookForScores(read);
  });
  useEffect(() => () => book.want([]), [book]);
  const count = book.count.value;
  const idOf = (index: number) => (count ?? 0) - index;
  const onShown = useCallback(
    (first: number, end: number) => {
      book.want(Array.from({ length: end - first }, (_, offset) => (book.count.peek() ?? 0) - first - offset));
    },
    [book, count],
  );
  if (count === undefined) return <p class="loading">{words.value.page.loading}</p>;
  return (
    <>
      <h1>{w.title}</h1>
      <p class="lead">{count === 0 ? w.none : w.count(count, number(count))}</p>
      {count === 0 ? null : (
        <Rows
          label={w.table}
          columns={Object.values(w.columns)}
          count={count}
          row={(index) => cells(idOf(index), book.task(idOf(index)))}
          growsAtTop
          onShown={onShown}
        />
      )}
    </>
  );
}

function cells(id: number, task: ReadonlySignal<TaskSummary | string | undefined>) {
  const each = [State, Model, Privacy, Budget, Score];
  return [<Name key="name" id={id} task={task} />, ...each.map((Cell) => <Cell key={Cell.name} task={task} />)];
}

interface CellProps {
  readonly task: ReadonlySignal<TaskSummary | string | undefined>;
}

function summaryOf({ task }: CellProps): TaskSummary | undefined {
  return typeof task.value === "object" ? task.value : undefined;
}

function Name({ id, task }: CellProps & { readonly id: number }) {
  const summary = summaryOf({ task });
  const read = chain.value;
  const title = summary && read && titleOf(manifestOf(read, summary.opened));
  return (
    <>
      <a href={linkTo("task", id)}>{words.value.tasks.name(id)}</a>
      {title === undefined ? null : <small title={title}>{title}</small>}
    </>
  );
}

function State({ task }: CellProps) {
  const w = words.value;
  if (typeof task.value === "string") return <span title={task.value}>{w.tasks.unreadable}</span>;
  const summary = summaryOf({ task });
  if (summary === undefined) return <span class="unread" />;
  const { closed, phase, completed, opened } = summary;
  return (
    <>
      <span class={`state ${closed ? "closed" : phase.toLowerCase()}`}>
        {closed ? w.tasks.closed : w.phases[phase]}
      </span>
      <small>{w.tasks.progress(number(completed), number(opened.rules.rounds))}</small>
    </>
  );
}

function Model({ task }: CellProps) {
  const summary = summaryOf({ task });
  if (summary === undefined) return null;
  const { parameters, serverRule } = summary.opened.rules;
  return (
    <>
      <span>{words.value.tasks.parameters(number(parameters))}</span>
      <small>{serverRule}</small>
    </>
  );
}

function Privacy({ task }: CellProps) {
  const summary = summaryOf({ task });
  if (summary === undefined) return null;
  const { privacy, cohorts } = summary.opened.rules;
  return (
    <>
      <span>{words.value.privacy[privacy]}</span>
      {cohorts > 1 ? <small>{words.value.tasks.cohorts(cohorts)}</small> : null}
    </>
  );
}

function Budget({ task }: CellProps) {
  const summary = summaryOf({ task });
  if (summary === undefined) return null;
  const { rules } = summary.opened;
  return (
    <>
      <Amount wei={BigInt(rules.rounds) * roundPay(rules)} token={rules.rewardToken} />
      <small>
        <Amount wei={summary.earned} token={rules.rewardToken} text={words.value.tasks.spent} />
      </small>
    </>
  );
}

function Score({ task }: CellProps) {
  const summary = summaryOf({ task });
  const read = chain.value;
  if (summary === undefined || read === undefined) return null;
  const scores = scoresOf(read, summary.opened.address);
  const score = scores === undefined ? undefined : lastScore(scores);
  if (score === undefined) return <span class="unknown">{words.value.tasks.unknownScore}</span>;
  return <span title={scores && words.value.task.measuredBy(scores.source)}>{score}</span>;
}
