// How a report looks: one column on a phone, two beside each other where there is room; light and dark.

export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f6f3; --card: #ffffff; --ink: #1b1e23; --ink-soft: #5c626d; --line: #e6e6e1; --line-strong: #cfcfc8;
  --series-1: #2f62d0; --heat: #7fa6f2; --series-2: #159a8c; --series-3: #e19a26; --series-4: #d4543f;
  --series-5: #8a63c9; --good: #177a4a; --bad: #b3321f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121417; --card: #1a1d22; --ink: #eceef1; --ink-soft: #a0a7b3; --line: #2a2e35; --line-strong: #3b414a;
    --series-1: #7aa2f7; --heat: #3564c6; --series-2: #4cc4b5; --series-3: #eeb456; --series-4: #f0806c;
    --series-5: #b494ec; --good: #62cf98; --bad: #ff8b78;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: break-word;
}
main { max-width: 1120px; margin: 0 auto; padding: clamp(28px, 6vw, 72px) clamp(16px, 4vw, 40px) 40px; }
.eyebrow { margin: 0 0 10px; font-size: 13px; font-weight: 600; letter-spacing: .04em; color: var(--ink-soft); }
h1 { margin: 0; font-size: clamp(30px, 5vw, 46px); line-height: 1.12; letter-spacing: -.022em; font-weight: 680; text-wrap: balance; }
.summary { margin: 16px 0 0; max-width: 44em; font-size: clamp(16px, 2vw, 18.5px); color: var(--ink-soft); text-wrap: pretty; }
h2 { margin: 56px 0 16px; font-size: 21px; letter-spacing: -.01em; font-weight: 650; }
h3 { margin: 0; font-size: 15px; font-weight: 650; }
.note { margin: 2px 0 12px; font-size: 13.5px; color: var(--ink-soft); }
.figures { display: grid; grid-template-columns: repeat(5, 1fr); margin: 36px 0 0; padding: 0; border-block: 1px solid var(--line-strong); }
.figures div { padding: 16px 18px; border-left: 1px solid var(--line); }
.figures div:first-child { padding-left: 0; border-left: 0; }
.figures dt { font-size: 13px; color: var(--ink-soft); }
.figures dd { margin: 2px 0 0; font-size: clamp(20px, 2.4vw, 26px); line-height: 1.25; font-weight: 640; letter-spacing: -.015em; }
.figures small { font-size: .6em; font-weight: 500; letter-spacing: 0; color: var(--ink-soft); }
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.card { margin: 0; min-width: 0; padding: 18px 20px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.card svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0 0 8px; padding: 0; list-style: none; font-size: 13px; color: var(--ink-soft); }
.legend i { display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 3px; }
.story { margin: 0; padding: 0; list-style: none; }
.story li { display: grid; grid-template-columns: 5em 1fr; gap: 14px; padding: 9px 0; border-top: 1px solid var(--line); }
.story li:first-child { border-top: 0; }
.story time { color: var(--ink-soft); white-space: nowrap; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { padding: 0 0 10px; text-align: left; font-size: 13.5px; color: var(--ink-soft); }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
th { font-weight: 550; }
thead th, thead td { border-top: 0; }
thead th { color: var(--ink-soft); font-size: 13px; }
thead tr:first-child th[colspan] { text-align: center; }
tbody th, tfoot th, th.name { text-align: left; }
tr > :first-child { padding-left: 0; }
tr > :last-child { padding-right: 0; }
tfoot th, tfoot td { border-top: 1px solid var(--line-strong); font-weight: 640; }
.group { border-left: 1px solid var(--line); }
.wide { overflow-x: auto; }
.wide table { min-width: 900px; font-size: 13px; }
.wide th, .wide td { padding: 6px 5px; }
.wide thead th { font-size: 12.5px; }
.wide tr > :first-child { padding-left: 0; }
.wide tr > :last-child { padding-right: 0; }
.dispute + .dispute { margin-top: 18px; }
.dispute p { margin: 8px 0 14px; max-width: 52em; text-wrap: pretty; }
.dispute h3::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 9px; border-radius: 50%; background: var(--bad); }
.budget { grid-column: 1 / -1; }
.badge { display: inline-block; padding: 1px 9px; border: 1px solid var(--bad); border-radius: 999px; font-size: 12.5px; font-weight: 600; letter-spacing: 0; color: var(--bad); vertical-align: middle; }
.story-text { margin: 0 0 16px; max-width: 52em; color: var(--ink-soft); text-wrap: pretty; }
.columns small { font-weight: 400; color: var(--ink-soft); }
.columns td small { display: block; }
.columns .together { font-weight: 680; color: var(--series-1); }
.columns + .card { margin-top: 18px; overflow-x: auto; }
.columns + .card svg { min-width: 640px; }
.wide.columns table { min-width: 620px; font-size: 14px; }
.wide.columns th, .wide.columns td { padding: 7px 10px; }
.wide:focus-visible { outline: 2px solid var(--series-1); outline-offset: 3px; }
.verdict { margin: 14px 0 0; font-size: 14px; color: var(--good); font-weight: 550; }
.verdict.open { color: var(--bad); }
.settings { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px 28px; margin: 0; }
.settings dt { font-size: 13px; color: var(--ink-soft); }
.settings dd { margin: 0; }
.sight { display: grid; gap: 12px; margin: 0; }
.sight dt { font-weight: 550; }
.sight dd { margin: 0; max-width: 52em; color: var(--ink-soft); text-wrap: pretty; }
.settings .address { grid-column: span 2; }
.settings .address dd { font: 13.5px/1.7 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
footer { margin: 44px 0 0; padding-top: 16px; border-top: 1px solid var(--line); font-size: 13px; color: var(--ink-soft); }
@media (max-width: 760px) {
  .grid { grid-template-columns: minmax(0, 1fr); }
  .settings { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .share { display: none; }
  .wide.columns table { min-width: 0; font-size: 13px; }
  .wide.columns th, .wide.columns td { padding: 7px 4px; white-space: normal; }
  .columns th small { display: block; }
  .budget td { font-size: 13px; }
  .budget th { white-space: normal; }
  .budget tr > :nth-child(2) { padding-right: 0; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures div, .figures div:first-child { padding: 12px 0; border-left: 0; }
  .figures div:nth-child(even) { padding-left: 16px; border-left: 1px solid var(--line); }
  .figures div:nth-child(n + 3) { border-top: 1px solid var(--line); }
  .figures div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .card { padding: 15px 14px 12px; }
  .settings .address { grid-column: 1 / -1; }
  .settings .address dd { font-size: 12.5px; }
  .story li { grid-template-columns: 4em 1fr; }
  h2 { margin-top: 42px; }
}
@media print {
  body { background: none; font-size: 12px; }
  .card { break-inside: avoid; }
  .wide table { min-width: 0; font-size: 9px; }
}
`;
