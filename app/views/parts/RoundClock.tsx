/** The clock of the round under way: its phase, how long that may last, and how far the round has come. */
import type { RoundPicture } from "../../../trainer/chain/taskPicture.ts";
import { clockText } from "../../words/clockText.ts";
import { number, words } from "../../words/words.ts";

const RADIUS = 52;
const AROUND = 2 * Math.PI * RADIUS;

export function RoundClock({ round, closed }: { readonly round: RoundPicture; readonly closed: boolean }) {
  const w = words.value;
  const { phase, secondsLeft, phaseSeconds, acted, awaited, free, path } = round;
  const left = phaseSeconds === 0 ? 0 : Math.min(1, secondsLeft / phaseSeconds);
  const name = closed ? w.tasks.closed : w.phases[phase];
  return (
    <section class="card clock" aria-labelledby="clock-title">
      <h2 id="clock-title">{w.task.round(number(round.number))}</h2>
      <div class="dial">
        <svg viewBox="0 0 120 120" role="img" aria-label={w.task.clock(name, clockText(secondsLeft))}>
          <circle class="face" cx="60" cy="60" r={RADIUS} />
          <circle
            class="hand"
            cx="60"
            cy="60"
            r={RADIUS}
            transform="rotate(-90 60 60)"
            stroke-dasharray={`${left * AROUND} ${AROUND}`}
          />
          <text x="60" y="58" class="time">
            {closed || secondsLeft === 0 ? "–" : clockText(secondsLeft)}
          </text>
          <text x="60" y="76" class="caption">
            {closed || secondsLeft === 0 ? "" : w.task.left}
          </text>
        </svg>
        <div>
          <p class="phase">{name}</p>
          <p class="lead">{closed ? w.task.isClosed : w.task.meanings[phase]}</p>
          {closed ? null : (
            <p class="lead">
              {[
                ...(acted + awaited > 0 ? [w.task.acted(number(acted), number(acted + awaited))] : []),
                ...(free > 0 ? [w.task.free(free)] : []),
              ].join(" · ")}
            </p>
          )}
        </div>
      </div>
      {closed ? null : (
        <ol class="path">
          {path.map((step) => (
            <li
              key={step.phase}
              class={step.at.replace(" ", "-")}
              aria-current={step.at === "now" ? "step" : undefined}
            >
              {w.phases[step.phase]}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
