/** What the last rounds have cost: gas by act from the chain's receipts, and bytes as trainers have measured them or at least. */
import { ACTS } from "../../../trainer/chain/gasByRound.ts";
import type { GasByAct } from "../../../trainer/chain/gasByRound.ts";
import type { KnownScores } from "../../chain/scores.ts";
import { sizeText } from "../../words/sizeText.ts";
import { number, words } from "../../words/words.ts";

export function Gas(props: {
  readonly rounds: ReadonlyMap<number, GasByAct>;
  readonly parameters: number;
  readonly scores: KnownScores | undefined;
}) {
  const { rounds, parameters, scores } = props;
  const w = words.value.task;
  const bytes = new Map(scores?.rounds.map(({ round, bytes }) => [round, bytes]));
  return (
    <section class="card" aria-labelledby="gas-title">
      <h2 id="gas-title">{w.costs}</h2>
      <p class="lead">{w.vector(sizeText(4 * parameters))}</p>
      {rounds.size === 0 ? null : (
        <div class="wide" tabIndex={0} role="region" aria-labelledby="gas-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{w.roundColumn}</th>
                {ACTS.map((act) => (
                  <th scope="col" key={act}>
                    {w.acts[act]}
                  </th>
                ))}
                <th scope="col">{w.sumColumn}</th>
                <th scope="col">{w.bytesColumn}</th>
              </tr>
            </thead>
            <tbody>
              {[...rounds].map(([round, gas]) => {
                const moved = bytes.get(round);
                return (
                  <tr key={round}>
                    <th scope="row">{number(round)}</th>
                    {ACTS.map((act) => (
                      <td key={act}>{number(gas[act])}</td>
                    ))}
                    <td>{number(ACTS.reduce((sum, act) => sum + gas[act], 0))}</td>
                    <td>{moved === undefined ? "–" : sizeText(moved)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
