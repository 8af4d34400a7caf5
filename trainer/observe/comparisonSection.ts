// What a scenario's federation was worth, in a page: who the trainers are, and by each measure what they reach alone, what
// they reached together, and what all rows in one place would have given.
import { escapeHtml } from "./escapeHtml.ts";
import { formatScore, groupDigits } from "./measureText.ts";
import { printable } from "./printable.ts";
import type { ReportLine, ReportScenario } from "./report.ts";
import { comparisonChart } from "./reportCharts.ts";

export function comparisonSection(scenario: ReportScenario): string {
  const { story, isSimulated, lines, testRows, baseline } = scenario;
  const [main] = lines;
  const data = isSimulated ? "simulated test rows" : "test rows";
  const chart =
    main === undefined
      ? ""
      : `<section class="card"><h3>${nameOf(main)}</h3>
<p class="note">Of each trainer alone, all together, and all data in one place (${main.measure.better} is better).</p>${comparisonChart(main)}</section>`;
  return `<h2>Alone, federated, pooled${isSimulated ? ` <span class="badge">simulated data</span>` : ""}</h2>
<p class="story-text">${safe(story)}</p>
<section class="card wide columns" role="region" aria-label="Alone, federated, pooled" tabindex="0">
<table><caption>On ${groupDigits(testRows)} ${data} that no trainer has. Each alone: mean of the trainers, and their range. Baseline: ${safe(baseline)}.</caption>
<thead><tr><th scope="col" class="name">Measure</th><th scope="col">Baseline</th><th scope="col">Each alone</th><th scope="col" class="together">Federated</th><th scope="col">All data pooled</th></tr></thead>
<tbody>
${lines.map(row).join("\n")}
</tbody>
</table>
</section>
${chart}`;
}

function row(line: ReportLine): string {
  const { measure, baseline, alone, federated, pooled } = line;
  const text = (score: number | null) => formatScore(score, measure);
  const range = `<small>${text(alone.least)} to ${text(alone.largest)}</small>`;
  return (
    `<tr><th scope="row">${nameOf(line)} <small>${measure.better} is better</small></th><td>${text(baseline)}</td>` +
    `<td>${text(alone.mean)} ${range}</td><td class="together">${text(federated)}</td><td>${text(pooled)}</td></tr>`
  );
}

/** "MAE, thousand passengers" */
function nameOf({ measure: { name, unit } }: ReportLine): string {
  return safe(unit === undefined ? name : `${name}, ${unit}`);
}

function safe(text: string): string {
  return escapeHtml(printable(text));
}
