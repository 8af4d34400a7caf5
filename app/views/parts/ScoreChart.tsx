/** Score and loss by round, as somebody with test data has measured them; a table of the same for those who do not see it. */
import { useState } from "preact/hooks";
import { readScores, scoreText } from "../../chain/scores.ts";
import type { KnownScores } from "../../chain/scores.ts";
import { number, words } from "../../words/words.ts";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 220, 68, 12, 12, 28];
/** More points than a phone has columns tell nothing. */
const MAX_POINTS = 400;

interface Point {
  readonly round: number;
  readonly value: number;
}

export function ScoreChart({ scores }: { readonly scores: KnownScores | undefined }) {
  const w = words.value.task;
  const [isUnread, setUnread] = useState(false);
  return (
    <section class="card" aria-labelledby="scores-title">
      <h2 id="scores-title">{w.scores}</h2>
      {scores === undefined ? <p class="lead">{w.noScores}</p> : <Charts scores={scores} />}
      <label class="file">
        <span>{w.openReport}</span>
        <input
          type="file"
          accept="application/json,.json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file !== undefined) void readScores(file).then((isRead) => setUnread(!isRead));
          }}
        />
      </label>
      {isUnread ? (
        <p class="fault" role="alert">
          {w.noReport}
        </p>
      ) : null}
    </section>
  );
}

function Charts({ scores }: { readonly scores: KnownScores }) {
  const w = words.value.task;
  const { config, rounds, source } = scores;
  const { measure } = config;
  const ofScore = rounds.flatMap(({ round, score }) => (score === null ? [] : [{ round, value: score }]));
  const ofLoss = rounds.map(({ round, loss }) => ({ round, value: loss }));
  const text = (value: number) => scoreText(value, measure);
  return (
    <>
      <p class="lead">{w.measuredBy(source)}</p>
      <div class="charts">
        <Line
          points={ofScore}
          title={measure.name === "accuracy" ? w.accuracy : measure.name}
          text={text}
          look="score"
        />
        <Line points={ofLoss} title={w.loss} text={(value) => number(value, 3)} look="loss" />
      </div>
      <details>
        <summary>{w.asTable}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.roundColumn}</th>
              <th scope="col">{measure.name}</th>
              <th scope="col">{w.loss}</th>
            </tr>
          </thead>
          <tbody>
            {thinned(rounds).map(({ round, score, loss }) => (
              <tr key={round}>
                <th scope="row">{number(round)}</th>
                <td>{score === null ? "–" : text(score)}</td>
                <td>{number(loss, 4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function Line(props: {
  readonly points: readonly Point[];
  readonly title: string;
  readonly text: (value: number) => string;
  readonly look: "score" | "loss";
}) {
  const { title, text, look } = props;
  const points = thinned(props.points);
  const last = points.at(-1);
  if (last === undefined) return null;
  const [least, most] = rangeOf(points);
  const [from, to] = [points[0]!.round, last.round];
  const x = ({ round }: Point) => LEFT + ((WIDTH - LEFT - RIGHT) * (round - from)) / Math.max(1, to - from);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - least) / (most - least));
  const places = points.map((point) => `${x(point).toFixed(1)},${y(point.value).toFixed(1)}`);
  const spoken = words.value.task.spoken(title, text(points[0]!.value), number(from), text(last.value), number(to));
  return (
    <figure>
      <figcaption>
        {title}: <strong>{text(last.value)}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken} class={`chart ${look}`}>
        {[least, (least + most) / 2, most].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} class="grid" />
            <text x={LEFT - 6} y={y(value) + 4} class="tick left">
              {text(value)}
            </text>
          </g>
        ))}
        {(from === to ? [from] : [from, to]).map((round) => (
          <text key={round} x={x({ round, value: 0 })} y={HEIGHT - 8} class="tick">
            {number(round)}
          </text>
        ))}
        <polyline points={places.join(" ")} />
        {points.length > 60
          ? null
          : points.map((point) => <circle key={point.round} cx={x(point)} cy={y(point.value)} r="3.5" />)}
      </svg>
    </figure>
  );
}

function rangeOf(points: readonly Point[]): [number, number] {
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return most > least ? [least, most] : [least - 0.5, least + 0.5];
}

/** At most so many of them, the last among them. */
function thinned<P>(points: readonly P[]): readonly P[] {
  const step = Math.ceil(points.length / MAX_POINTS);
  return points.filter((_, index) => (points.length - 1 - index) % Math.max(1, step) === 0);
}
