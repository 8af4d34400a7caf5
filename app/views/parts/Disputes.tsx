/** What went wrong in a task, newest first. */
import type { DisputePicture } from "../../../trainer/chain/taskPicture.ts";
import { moment, number, words } from "../../words/words.ts";
import { Address } from "./Address.tsx";
import { Amount } from "./Amount.tsx";

const MOST = 50;

export function Disputes({
  all,
  stakeToken,
}: {
  readonly all: readonly DisputePicture[];
  readonly stakeToken: string;
}) {
  const w = words.value.task;
  const shown = all.slice(-MOST).reverse();
  return (
    <section class="card" aria-labelledby="disputes-title">
      <h2 id="disputes-title">{w.disputes}</h2>
      {all.length === 0 ? <p class="lead">{w.noDisputes}</p> : null}
      <ol class="plain" aria-live="polite">
        {shown.map((dispute) => (
          <li
            key={`${dispute.round} ${dispute.seat} ${dispute.kind} ${"proposedAt" in dispute ? dispute.proposedAt : ""}`}
          >
            <strong>{w.round(number(dispute.round))}</strong>{" "}
            {dispute.kind === "overturned" ? w.faults[dispute.fault] : w.deeds[dispute.kind]}{" "}
            <Address of={dispute.trainer} />
            {dispute.kind === "overturned" ? (
              <small class="block">
                {w.proposedAt(moment(dispute.proposedAt))} ·{" "}
                <Amount wei={dispute.fine} token={stakeToken} text={w.taken} /> · {w.challenger}{" "}
                <Address of={dispute.challenger} />
              </small>
            ) : null}
          </li>
        ))}
      </ol>
      {all.length > MOST ? <small>{w.older(number(all.length - MOST))}</small> : null}
    </section>
  );
}
