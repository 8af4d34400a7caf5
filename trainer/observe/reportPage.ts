// A report as one HTML file that one can mail, open from disk and read without a network: no script, no font, no
// picture from elsewhere, and a content security policy that says so.
import { comparisonSection } from "./comparisonSection.ts";
import { disputeText, nameOfFault, secondsOnChain } from "./disputeText.ts";
import { escapeHtml } from "./escapeHtml.ts";
import {
  decimalPlacesNeeded,
  formatBytes,
  formatPercent,
  formatScore,
  formatSeconds,
  formatTokenAmount,
  groupDigits,
  scoreText,
} from "./measureText.ts";
import { printable } from "./printable.ts";
import { budgetRemainder } from "./report.ts";
import type { Report, ReportRound } from "./report.ts";
import {
  claimsChart,
  GAS_SERIES,
  gasChart,
  lossChart,
  references,
  scoreChart,
  SECONDS_SERIES,
  secondsChart,
  shardsChart,
} from "./reportCharts.ts";
import type { Reference, Series } from "./reportCharts.ts";
import { REPORT_STYLE } from "./reportStyle.ts";

/** Styles may be inline (the charts carry their own); nothing else is allowed, not even from the same place. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The whole page. The report is trusted to have its shape, never to hold harmless text. */
export function reportPage(report: Report): string {
  const title = pageTitle(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${eyebrow(report)}</p>
<h1>${title}</h1>
<p class="summary">${summary(report)}</p>
</header>
${keyFigures(report)}
${report.scenario === undefined ? "" : comparisonSection(report.scenario)}
${disputes(report)}
${report.rounds.length === 0 ? `<h2>Rounds</h2><p>No round was finished.</p>` : roundCharts(report)}
${dataAndMoney(report)}
${story(report)}
${report.rounds.length === 0 ? "" : roundTable(report)}
${sight(report)}
${differentialPrivacy(report)}
${settings(report)}
<footer>${footer(report)}</footer>
</main>
</body>
</html>
`;
}

function pageTitle({ config, final }: Report): string {
  return `${plural(config.trainers, "trainer")}, one model, ${safe(scoreText(final.score, config.measure))}`;
}

function eyebrow({ scenario }: Report): string {
  if (scenario === undefined) return "Foedus: report of a federated training";
  const simulated = scenario.isSimulated ? ` <span class="badge">simulated data</span>` : "";
  return `Foedus: report of a federated training. ${safe(scenario.title)}${simulated}`;
}

function footer({ config, scenario }: Report): string {
  const simulated = scenario?.isSimulated === true ? " The data are simulated: nobody measured them." : "";
  const what = `${safe(capital(config.measure.name))} and loss are on the test set`;
  return `Made from report.json. ${what}, which no trainer trains on.${simulated}`;
}

function summary({ config, rounds, final }: Report): string {
  return (
    `${plural(config.trainers, "trainer")} trained ${safe(config.model)} (${groupDigits(config.parameters)} parameters) ` +
    `together in ${plural(rounds.length, "round")} and ${formatSeconds(final.seconds)}, each on data it kept to itself; ` +
    `contracts on chain ${config.chainId} fixed every update before anybody could read it, and paid for the work.`
  );
}

function keyFigures({ config, rounds, budget, final, differentialPrivacy: privacy }: Report): string {
  const { symbol, decimals } = config.token;
  const { measure } = config;
  const unit = measure.unit === undefined ? "" : ` <small>${safe(measure.unit)}</small>`;
  const figures: [string, string][] = [
    [`Final ${safe(measure.name)}`, `${formatScore(final.score, measure)}${unit}`],
    ["Rounds", String(rounds.length)],
    ["Wall time", formatSeconds(final.seconds)],
    ["Coordination", `${formatPercent(final.coordinationShare, 1)} <small>of time</small>`],
    ["Paid out", `${formatTokenAmount(budget.paid, decimals, { places: 2 })} <small>${safe(symbol)}</small>`],
    ...(privacy === undefined
      ? []
      : [
          ["Privacy spent", `ε ${formatEpsilon(privacy.epsilon)} <small>δ ${privacy.delta}</small>`] as [
            string,
            string,
          ],
        ]),
  ];
  const items = figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<dl class="figures">${items.join("")}</dl>`;
}

/** One card a dispute: told, and in figures. */
function disputes({ disputes: all = [], config: { token } }: Report): string {
  if (all.length === 0) return "";
  const cards = all.map((dispute) => {
    const { round, fault, taken, rewarded, burnt, gas, seconds, chunk } = dispute;
    const tokens = (amount: string) => `${formatTokenAmount(amount, token.decimals)} ${safe(token.symbol)}`;
    const figures: [string, string][] = [
      ["Taken from the stake", tokens(taken)],
      [fault === "silent" ? "To who settled it" : "To the challenger", tokens(rewarded)],
      ["Burnt", tokens(burnt)],
      ["Until the verdict", secondsOnChain(seconds)],
      ["Gas of the verdict", groupDigits(gas.verdict)],
      ...(chunk === undefined ? [] : [["Chunk", groupDigits(chunk)] as [string, string]]),
    ];
    const items = figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
    return `<section class="card dispute"><h3>Round ${round}: ${nameOfFault(fault)}</h3>
<p>${disputeText(dispute, token).map(safe).join(" ")}</p>
<dl class="settings">${items.join("")}</dl></section>`;
  });
  return `<h2>${all.length === 1 ? "A dispute" : "Disputes"}</h2>\n${cards.join("\n")}`;
}

function roundCharts(report: Report): string {
  const { measure, loss } = report.config;
  return `<h2>Learning and its cost</h2>
<div class="grid">
${card(safe(capital(measure.name)), scoreNote(report), legend(references(report)) + scoreChart(report))}
${card("Loss", `${safe(capital(loss))} on the test set, after each round.`, lossChart(report))}
${card("Gas", "What the cohort spent on chain, by act.", legend(GAS_SERIES) + gasChart(report))}
${card("Time", "Where an average trainer's seconds went.", legend(SECONDS_SERIES) + secondsChart(report))}
</div>`;
}

function scoreNote({ config: { measure } }: Report): string {
  if (measure.name === "accuracy") return "Share of the test set that the model gets right, after each round.";
  const unit = measure.unit === undefined ? "" : `In ${measure.unit}. `;
  return safe(`${unit}On the test set, after each round; ${measure.better} is better.`);
}

function dataAndMoney(report: Report): string {
  const { config, claims } = report;
  const cards = [];
  if (config.shards.length > 0) {
    const what = config.shards.some(({ perClass }) => perClass !== undefined) ? "Samples of each class" : "Samples";
    const split = config.alpha === undefined ? "" : ` (Dirichlet, α = ${config.alpha})`;
    const skew = `${what} by trainer${split}.`;
    cards.push(card("Private data", skew, shardsChart(report)));
  }
  const drawn = claims.length === 0 ? `<p>Nothing was claimed.</p>` : claimsChart(report);
  cards.push(card("Claims", `What each trainer was paid, in ${safe(config.token.symbol)}.`, drawn));
  return `<h2>Data in, rewards out</h2>
<div class="grid">
${cards.join("\n")}
${budgetCard(report)}
</div>`;
}

/** The budget as a sum one can check: paid, returned and what is left make up what was escrowed. */
function budgetCard({ budget, config }: Report): string {
  const { symbol, decimals } = config.token;
  const remainder = budgetRemainder(budget);
  const escrowed = BigInt(budget.escrowed);
  const minPlaces = decimalPlacesNeeded([budget.paid, budget.returned, remainder, escrowed], decimals);
  const row = (name: string, units: string | bigint): string => {
    const share = escrowed === 0n ? "" : formatPercent(Number((BigInt(units) * 1_000_000n) / escrowed) / 1_000_000, 1);
    return `<tr><th scope="row">${name}</th><td>${formatTokenAmount(units, decimals, { minPlaces })}</td><td class="share">${share}</td></tr>`;
  };
  const verdict =
    remainder === 0n
      ? `<p class="verdict">Adds up to the last unit.</p>`
      : `<p class="verdict open">${formatTokenAmount(remainder, decimals)} ${safe(symbol)} are still in escrow.</p>`;
  const slashed =
    BigInt(budget.slashed) === 0n
      ? "No stake was slashed."
      : `${formatTokenAmount(budget.slashed, decimals)} ${safe(symbol)} of stake were slashed, beside the budget.`;
  return `<section class="card budget"><h3>Budget</h3>
<table><caption>What became of the sponsor's escrow</caption>
<thead><tr><th scope="col" class="name">Part</th><th scope="col">${safe(symbol)}</th><th scope="col" class="share">Share</th></tr></thead>
<tbody>
${row("Paid to trainers", budget.paid)}
${row("Returned to the sponsor", budget.returned)}
${row("Still in escrow", remainder)}
</tbody>
<tfoot>${row("Escrowed", budget.escrowed)}</tfoot>
</table>
${verdict}
<p class="note">${slashed}</p>
</section>`;
}

function story({ story: events }: Report): string {
  if (events === undefined || events.length === 0) return "";
  const items = [...events]
    .sort((left, right) => left.second - right.second)
    .map(({ second, text }) => `<li><time>${formatSeconds(second)}</time><span>${safe(text)}</span></li>`);
  return `<h2>What happened</h2>\n<section class="card"><ol class="story">${items.join("")}</ol></section>`;
}

function roundTable({ rounds, config: { measure } }: Report): string {
  const heading = (label: string, index: number): string =>
    `<th scope="col"${index === 0 ? ' class="group"' : ""}>${label}</th>`;
  const gasHeads = ["enter", "commit", "reveal", "propose", "finalise"].map(heading);
  const secondsHeads = ["train", "encrypt", "transfer", "chain", "total"].map(heading);
  const sum = (value: (round: ReportRound) => number): number =>
    rounds.reduce((total, round) => total + value(round), 0);
  const gasCells = (gas: readonly number[]): string => cells(gas.map((amount) => groupDigits(amount)));
  const secondsCells = (seconds: readonly number[]): string => cells(seconds.map((second) => second.toFixed(2)));
  const rows = rounds.map(
    ({ round, score, loss, trainers, gas, bytes, seconds }) =>
      `<tr><th scope="row">${round}</th><td>${formatScore(score, measure)}</td><td>${loss.toFixed(4)}</td><td>${trainers}</td>` +
      gasCells(GAS_FIELDS.map((field) => gas[field])) +
      `<td class="group">${formatBytes(bytes)}</td>` +
      `${secondsCells(SECONDS_FIELDS.map((field) => seconds[field]))}</tr>`,
  );
  return `<h2>Round by round</h2>
<div class="card wide" role="region" aria-label="Round by round" tabindex="0">
<table><caption>Gas is the sum over the trainers. Seconds are the average of a trainer, the total is the round's wall time.</caption>
<thead>
<tr><td></td><th scope="colgroup" colspan="3">Model</th><th scope="colgroup" colspan="5" class="group">Gas</th><td class="group"></td><th scope="colgroup" colspan="5" class="group">Seconds</th></tr>
<tr><th scope="col" class="name">Round</th><th scope="col">${safe(measure.name)}</th><th scope="col">loss</th><th scope="col">trainers</th>${gasHeads.join("")}<th scope="col" class="group">moved</th>${secondsHeads.join("")}</tr>
</thead>
<tbody>
${rows.join("\n")}
</tbody>
<tfoot><tr><th scope="row">All</th><td></td><td></td><td></td>${gasCells(GAS_FIELDS.map((field) => sum(({ gas }) => gas[field])))}<td class="group">${formatBytes(sum(({ bytes }) => bytes))}</td>${secondsCells(SECONDS_FIELDS.map((field) => sum(({ seconds }) => seconds[field])))}</tr></tfoot>
</table>
</div>`;
}

const GAS_FIELDS = ["enter", "commit", "reveal", "propose", "finalise"] as const;
const SECONDS_FIELDS = ["train", "encrypt", "transfer", "chain", "total"] as const;

/** Cells of a group of columns; the first one carries the rule that parts it from its neighbours. */
function cells(texts: readonly string[]): string {
  return texts.map((text, index) => `<td${index === 0 ? ' class="group"' : ""}>${text}</td>`).join("");
}

/** Epsilon, never less than it is. */
function formatEpsilon(epsilon: number): string {
  return (Math.ceil(100 * epsilon) / 100).toFixed(2);
}

function sight({ sight: seen }: Report): string {
  if (seen === undefined || seen.length === 0) return "";
  const items = seen.map(({ party, sees }) => `<div><dt>${safe(party)}</dt><dd>${safe(sees)}</dd></div>`);
  return `<h2>Who could have seen what</h2>
<section class="card"><dl class="sight">${items.join("")}</dl></section>`;
}

function differentialPrivacy({ differentialPrivacy: privacy }: Report): string {
  if (privacy === undefined) return "";
  const { clipNorm, noiseMultiplier, epsilon, delta, rounds, maxEpsilon, maxRounds, scope } = privacy;
  const figures: [string, string][] = [
    ["Spent", `ε = ${formatEpsilon(epsilon)} at δ = ${delta}`],
    ["Rounds that count", String(rounds)],
    ["Ceiling", maxEpsilon === undefined ? "none" : `ε = ${maxEpsilon}, ${plural(maxRounds ?? 0, "round")}`],
    ["Clip norm", String(clipNorm)],
    ["Noise multiplier", String(noiseMultiplier)],
  ];
  const items = figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<h2>Differential privacy</h2>
<section class="card"><p class="note">Of each trainer's whole data, if it took part in every round. ${safe(scope)}</p>
<dl class="settings">${items.join("")}</dl></section>`;
}

function settings({ config, scenario }: Report): string {
  const { cohorts } = config;
  const entries: [string, string][] = [
    ["Model", `${safe(config.model)}, ${groupDigits(config.parameters)} parameters`],
    ["Trainers", String(config.trainers)],
    ["Rounds planned", String(config.rounds)],
    ...(scenario === undefined
      ? []
      : [["Scenario", `${safe(scenario.name)}${scenario.isSimulated ? " (simulated)" : ""}`] as [string, string]]),
    ...(config.alpha === undefined ? [] : [["Split", `Dirichlet, α = ${config.alpha}`] as [string, string]]),
    ["Seed", String(config.seed)],
    ["Privacy", config.privacy],
    ...(cohorts === undefined
      ? []
      : [["Cohorts", `up to ${cohorts.count}, ${safe(cohorts.rule)}`] as [string, string]]),
    ["Backend", safe(config.backend)],
    ["Chain", String(config.chainId)],
    ["Token", `${safe(config.token.symbol)}, ${config.token.decimals} decimals`],
  ];
  const items = entries.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<h2>Settings</h2>
<section class="card"><dl class="settings">${items.join("")}<div class="address"><dt>Task</dt><dd>${safe(config.task)}</dd></div></dl></section>`;
}

function card(title: string, note: string, content: string): string {
  return `<section class="card"><h3>${title}</h3><p class="note">${note}</p>${content}</section>`;
}

function legend(series: readonly (Series<string> | Reference)[]): string {
  if (series.length === 0) return "";
  const items = series.map(({ label, colour }) => `<li><i style="background:${colour}"></i>${label}</li>`);
  return `<ul class="legend">${items.join("")}</ul>`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function plural(count: number, noun: string): string {
  return `${groupDigits(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Text of others: no controls, no markup. */
function safe(text: string): string {
  return escapeHtml(printable(text));
}
