// The style of the pages about a statement: the colours and the restraint of the status page, and a
// print style for A4 and Letter. It stands inside the page, which is one file without anything
// beside it.

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f3f4f2; --card: #ffffff; --line: #dcdfda; --text: #1b2126; --quiet: #59636b;
  --accent: #0b62a4; --good: #17795a; --warn: #8f5a00; --bad: #b3261e;
  --warn-ground: #fdf3dd; --bad-ground: #fbe9e6; --good-ground: #e5f3ec;
  --working: #23936f; --idle: #dfa526; --standby: #7f9cc0; --off: #c3c9ce; --fault: #c63f31;
  --unknown: #94719f;
  font: 14px / 1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --card: #1c2226; --line: #333b41; --text: #e5e9eb; --quiet: #a0abb2;
    --accent: #7cb8ec; --good: #5cc79f; --warn: #e9b855; --bad: #f28b7d;
    --warn-ground: #352a14; --bad-ground: #3b1f1c; --good-ground: #17302a;
    --working: #2fa37c; --idle: #d9a52f; --standby: #6d8db5; --off: #59636b; --fault: #d65848;
    --unknown: #a07fac;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 20px 20px 36px; background: var(--page);
  color: var(--text); }
h1, h2, h3, p, ul, dl, dd, figure { margin: 0; }
h1 { font-size: 22px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin-bottom: 8px; font-size: 15px; font-weight: 650; }
h3 { margin: 12px 0 4px; font-size: 13px; font-weight: 600; }
code { font: 12px / 1.4 ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
/* Names come from a file: their direction must not turn what stands beside them. */
h1, h2, p, li, td, th, dd, span, strong { unicode-bidi: isolate; overflow-wrap: break-word; }
h1, h2, p, dd { overflow-wrap: anywhere; }
h2 small { font-weight: 400; }
.nowrap { white-space: nowrap; }
td, .numeric { font-variant-numeric: tabular-nums; }
.quiet { color: var(--quiet); }
.small { font-size: 12px; }
.right { text-align: right; white-space: nowrap; }
.card { margin-top: 12px; padding: 14px 16px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--card); }
.top { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 32px;
  margin-bottom: 4px; }
.kind { color: var(--quiet); font-size: 12px; font-weight: 600; letter-spacing: 0.04em;
  text-transform: uppercase; }
.key-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr));
  gap: 12px 24px; }
.key-figures dt { color: var(--quiet); font-size: 12px; }
.key-figures dd { font-size: 24px; font-weight: 600; line-height: 1.25; letter-spacing: -0.01em;
  font-variant-numeric: tabular-nums; }
.key-figures .beneath { display: block; color: var(--quiet); font-size: 12px; font-weight: 400;
  letter-spacing: 0; }
.notice { margin-top: 12px; padding: 10px 14px; border: 1px solid var(--line);
  border-left: 4px solid var(--warn); border-radius: 6px; background: var(--warn-ground); }
.notice.bad { border-left-color: var(--bad); background: var(--bad-ground); }
.notice.good { border-left-color: var(--good); background: var(--good-ground); }
.notice h2 { margin-bottom: 2px; }
.notice ul { padding-left: 18px; }
.notice li { margin-top: 4px; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 400; }
thead th { padding: 0 12px 4px 0; color: var(--quiet); font-size: 12px; vertical-align: bottom; }
thead th.right { text-align: right; }
tbody tr, tfoot tr { border-top: 1px solid var(--line); }
td, tbody th, tfoot th { padding: 4px 12px 4px 0; vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
tfoot td, tfoot th, .strong > * { font-weight: 650; }
tfoot tr { border-top: 2px solid var(--text); }
span.formula { display: block; }
.formula { color: var(--quiet); font-size: 12px; }
tr.beneath { border-top: 0; }
tr.beneath > * { padding-top: 0; }
.shift th { padding-left: 14px; color: var(--quiet); }
.shift td { color: var(--quiet); }
tr.shift { border-top: 0; }
tr.shift > * { padding-top: 0; }
.scroll { overflow-x: auto; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 36px; }
.columns > * { min-width: 0; }
.hashes { margin-top: 8px; }
.facts { display: grid; grid-template-columns: minmax(8em, auto) 1fr; gap: 3px 14px;
  align-content: start; }
.facts dt { color: var(--quiet); }
.facts dd { min-width: 0; }
.hours-chart { display: block; width: 100%; height: auto; }
.hours-chart .grid { stroke: var(--line); stroke-width: 1; }
.axis { fill: var(--quiet); font-size: 12px; }
.axis.middle { text-anchor: middle; }
.axis.end { text-anchor: end; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 4px; font-size: 12px; }
.swatch { display: inline-block; width: 10px; height: 10px; margin-right: 6px;
  border-radius: 2px; }
.fill-working { background: var(--working); fill: var(--working); }
.fill-idle { background: var(--idle); fill: var(--idle); }
.fill-standby { background: var(--standby); fill: var(--standby); }
.fill-off { background: var(--off); fill: var(--off); }
.fill-fault { background: var(--fault); fill: var(--fault); }
.fill-unknown { background: var(--unknown); fill: var(--unknown); }
.tag { display: inline-block; padding: 0 6px; border: 1px solid var(--line); border-radius: 4px;
  color: var(--quiet); font-size: 12px; }
.tag.warn { border-color: var(--warn); color: var(--warn); }
.tag.bad { border-color: var(--bad); background: var(--bad-ground); color: var(--bad);
  font-weight: 650; }
footer { margin-top: 14px; color: var(--quiet); font-size: 12px; }
@media (max-width: 640px) {
  body { padding: 12px 10px 24px; }
  .card { padding: 12px; }
  .columns { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  .key-figures { grid-template-columns: 1fr 1fr; }
  .key-figures dd { font-size: 19px; }
  .facts { grid-template-columns: minmax(6em, auto) 1fr; }
  .hours-chart { min-width: 560px; }
  .axis { font-size: 18px; }
  table { font-size: 13px; }
  thead th { font-size: 11px; }
  td, tbody th, thead th, tfoot th { padding-right: 9px; }
}
@media print {
  @page { margin: 14mm 13mm; }
  :root { font-size: 9.5pt; }
  body { max-width: none; padding: 0; background: none; }
  .card, .notice { margin-top: 8px; padding: 8px 10px; background: none; }
  .card, .notice, figure, tr { break-inside: avoid; }
  .card.long { break-inside: auto; }
  .key-figures { grid-template-columns: repeat(4, auto); }
  .key-figures dd { font-size: 15pt; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .swatch, .hours-chart rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .screen { display: none; }
}
`;
