/** A task's models from the first to the last, each with the root that the chain holds and the CID where it should lie. */
import { useState } from "preact/hooks";
import type { TaskState } from "../../../trainer/chain/taskState.ts";
import { contentIdToString } from "../../../trainer/storage/contentId.ts";
import { linkTo } from "../../router.ts";
import { number, words } from "../../words/words.ts";

const FIRST_SHOWN = 8;
const MORE = 100;

interface Generation {
  readonly round: number;
  readonly root: string;
  readonly id: `0x${string}`;
}

export function Lineage(props: {
  readonly state: TaskState;
  readonly task: number;
  readonly gateway: string | undefined;
}) {
  const { state, task, gateway } = props;
  const [shown, setShown] = useState(FIRST_SHOWN);
  const w = words.value.task;
  const all = generationsOf(state);
  return (
    <section class="card" aria-labelledby="lineage-title">
      <h2 id="lineage-title">{w.lineage}</h2>
      <p class="lead">{w.lineageLead}</p>
      <ol class="lineage" reversed>
        {all.slice(0, shown).map(({ round, root, id }, index) => {
          const cid = contentIdToString(id);
          return (
            <li key={round}>
              <strong>{round === 0 ? w.firstModel : w.modelOf(number(round))}</strong>{" "}
              {index === 0 ? <em>{w.newest}</em> : null}
              <dl>
                <dt>{w.root}</dt>
                <dd>
                  <code>{root}</code>
                </dd>
                <dt>CID</dt>
                <dd>
                  {gateway === undefined ? (
                    <code>{cid}</code>
                  ) : (
                    <a href={`${gateway.replace(/\/$/, "")}/ipfs/${cid}`} rel="noreferrer" target="_blank">
                      <code>{cid}</code>
                    </a>
                  )}
                </dd>
              </dl>
              <a href={linkTo("model", task, round)}>{w.tryModel}</a>
            </li>
          );
        })}
      </ol>
      {all.length > shown ? (
        <button onClick={() => setShown(shown + MORE)}>{w.olderModels(number(all.length - shown))}</button>
      ) : null}
    </section>
  );
}

/** Newest first. */
function generationsOf({ genesis, rounds }: TaskState): Generation[] {
  const finals = [...rounds.values()].flatMap(({ number, result, proposal }) =>
    result === undefined || proposal === undefined
      ? []
      : [{ round: number, root: proposal.modelRoot, id: proposal.modelId }],
  );
  return [{ round: 0, root: genesis.modelRoot, id: genesis.modelId }, ...finals].sort((a, b) => b.round - a.round);
}
