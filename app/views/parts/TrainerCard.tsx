/** One trainer by task: its stake, what thaws, what was taken, and in how many rounds it took a seat. */
import { getAddress } from "ethers";
import { useEffect, useState } from "preact/hooks";
import { roundsEntered } from "../../../trainer/chain/roundsEntered.ts";
import type { TrainerRecord } from "../../../trainer/chain/trainerRecords.ts";
import type { TrainersRead } from "../../../trainer/chain/trainersReader.ts";
import { stakeTokenOf } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { untilAnswered } from "../../chain/untilAnswered.ts";
import { linkTo } from "../../router.ts";
import { moment, number, words } from "../../words/words.ts";
import { Amount } from "./Amount.tsx";

/** The newest are shown. */
const MOST_TASKS = 100;

export function TrainerCard(props: {
  readonly read: Chain;
  readonly record: TrainerRecord;
  readonly now: TrainersRead;
}) {
  const { read, record, now } = props;
  const w = words.value.trainers;
  const token = stakeTokenOf(read);
  const all = [...record.stakes].filter(([task]) => now.records.tasks.has(task));
  const shown = all.slice(-MOST_TASKS).reverse();
  const rounds = useRounds(
    read,
    record,
    shown.map(([task]) => task),
    now.last,
  );
  if (all.length === 0) return null;
  return (
    <section class="card" aria-labelledby="by-task-title">
      <h2 id="by-task-title">{w.ofOne}</h2>
      <p>
        <code>{getAddress(record.account)}</code>
      </p>
      <div class="wide" role="region" aria-labelledby="by-task-title" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {Object.values(w.oneColumns).map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(([task, stake]) => (
              <tr key={task}>
                <th scope="row">
                  <a href={linkTo("task", now.records.tasks.get(task)!)}>
                    {words.value.tasks.name(now.records.tasks.get(task)!)}
                  </a>
                </th>
                <td>
                  <Amount wei={stake.amount} token={token} />
                </td>
                <td>
                  {stake.thawing === 0n ? (
                    "–"
                  ) : (
                    <>
                      <Amount wei={stake.thawing} token={token} /> <small>{w.until(moment(stake.thawedAt))}</small>
                    </>
                  )}
                </td>
                <td>{stake.fines === 0 ? "–" : <Amount wei={stake.fined} token={token} />}</td>
                <td>{rounds === undefined ? "…" : number(rounds.get(task) ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {all.length > shown.length ? <p class="lead">{w.moreTasks(number(all.length - shown.length))}</p> : null}
    </section>
  );
}

/** Read when the card is shown, and again when the trainer has staked in another task; until the node has answered. */
function useRounds(
  read: Chain,
  { account, since }: TrainerRecord,
  tasks: readonly string[],
  last: number,
): ReadonlyMap<string, number> | undefined {
  const [counts, setCounts] = useState<ReadonlyMap<string, number>>();
  useEffect(() => {
    const ends = new AbortController();
    const until = AbortSignal.any([ends.signal, read.signal]);
    const count = () => roundsEntered(read.provider, tasks, account, { from: since, to: last }, until);
    // Fails when nobody waits any more.
    void untilAnswered(count, until).then(setCounts, () => undefined);
    return () => ends.abort();
  }, [read, account, tasks.join()]);
  return counts;
}
