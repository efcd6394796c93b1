// The tables of a statement's page: registers, hours by day and shift, and how good the time is.

import { COUNT_REGISTERS, isCount, type RegisterName } from "../usage/usage-state.ts";
import {
  boundText,
  exactText,
  groupedText,
  HOUR_COLUMNS,
  hoursCell,
  hoursText,
  html,
  type Markup,
  STATE_COLUMNS,
} from "./page-parts.ts";
import type { Hours, Statement, StatementDay, StatementFigures } from "./statement.ts";

/** The lifetime registers at both ends, and what of their difference was on hire. */
export function registersCard({ registers, hours }: StatementFigures, mark: Markup | null): Markup {
  const { opening, closing, difference } = registers;
  const counts = COUNT_REGISTERS.map((register) => [register, register] as const);
  const present = [...HOUR_COLUMNS, ...counts].filter(([register]) =>
    [opening, closing, hours].some((each) => (each[register] ?? 0) !== 0),
  );
  const cell = (name: RegisterName, value: number | undefined) =>
    isCount(name) ? html`<td class="right">${groupedText(value ?? 0)}</td>` : hoursCell(value);
  return html`<section class="card">
<h2>Registers <small class="quiet">in hours; they never reset</small> ${mark}</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Register</th><th scope="col" class="right">Begin</th>
<th scope="col" class="right">End</th><th scope="col" class="right">Difference</th>
<th scope="col" class="right">On hire</th></tr></thead>
<tbody>${present.map(
    ([name, words]) => html`<tr><th scope="row" class="nowrap">${swatch(name)}${words}</th>
${[opening, closing, difference, hours].map((each) => cell(name, each[name]))}</tr>`,
  )}</tbody>
</table></div></section>`;
}

function swatch(name: RegisterName): Markup | null {
  const isState = STATE_COLUMNS.some(([register]) => register === name);
  return isState ? html`<i class="swatch fill-${name}"></i>` : null;
}

/** A row for each day, and one beneath for each shift where there is more than one. */
export function daysTable(days: readonly StatementDay[]): Markup {
  const all = days.flatMap(({ shifts }) => Object.values(shifts));
  const columns = HOUR_COLUMNS.filter(([register]) =>
    all.some((hours) => (hours[register] ?? 0) > 0),
  );
  if (columns.length === 0) return html`<p class="quiet">Nothing was counted.</p>`;
  const cells = (each: readonly Hours[]) =>
    columns.map(([register]) => hoursCell(sumOf(each, register)));
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Day</th>${columns.map(
    ([, name]) => html`<th scope="col" class="right">${name}</th>`,
  )}</tr></thead>
<tbody>${days.map(({ day, shifts }) => {
    const entries = Object.entries(shifts);
    const isSplit = entries.length > 1 || (entries.length === 1 && entries[0]![0] !== "");
    const rows = entries.map(
      ([name, hours]) =>
        html`<tr class="shift"><th scope="row">${
          name === "" ? "outside shifts" : name
        }</th>${cells([hours])}</tr>`,
    );
    const whole = cells(Object.values(shifts));
    return html`<tr><th scope="row" class="numeric nowrap">${day}</th>${whole}</tr>
${isSplit ? rows : null}`;
  })}</tbody>
<tfoot><tr><th scope="row">All days</th>${cells(all)}</tr></tfoot>
</table></div>`;
}

function sumOf(all: readonly Hours[], name: RegisterName): number {
  return all.reduce((sum, hours) => sum + (hours[name] ?? 0), 0);
}

const TIME_WORDS = {
  S: "clock synchronised",
  R: "durations exact, their place in the calendar is not sure",
  I: "a clock that nobody vouches for",
  U: "no clock",
} as const;

/** How well the time was known, and what was lost. Hours are exact whatever the clock says. */
export function qualityCard({ figures }: Statement, mark: Markup | null): Markup {
  const { quality } = figures;
  const timed = Object.values(quality.byTime).reduce((sum, value) => sum + value, 0);
  const share = (value: number) =>
    timed === 0 ? "–" : `${(Math.floor((value / timed) * 1_000) / 10).toFixed(1)} %`;
  const qualities = Object.entries(TIME_WORDS) as [keyof typeof TIME_WORDS, string][];
  const fact = (name: string, value: string, title: string | null, looksBad: boolean) =>
    html`<dt>${name}</dt><dd class="numeric"${title === null ? null : html` title="${title}"`}>${
      looksBad ? html`<span class="tag warn">${value}</span>` : value
    }</dd>`;
  const time = (name: string, value: number, looksBad = false) =>
    fact(name, `${hoursText(value)} h`, exactText(value), looksBad && value > 0);
  const count = (name: string, value: number) => fact(name, groupedText(value), null, value > 0);
  return html`<section class="card">
<h2>Quality ${mark}</h2>
<div class="columns">
<div class="scroll"><table>
<thead><tr><th scope="col">Time</th><th scope="col" class="right">Hours</th>
<th scope="col" class="right">Share</th></tr></thead>
<tbody>${qualities.map(
    ([quality_, words]) => html`<tr><th scope="row"><strong>${quality_}</strong>
 <span class="quiet">${words}</span></th>${hoursCell(quality.byTime[quality_])}
<td class="right quiet">${share(quality.byTime[quality_])}</td></tr>`,
  )}</tbody></table></div>
<dl class="facts">
${time("Observed", quality.observedMs)}
${time("UNKNOWN", quality.unknownMs, true)}
${count("Gaps", quality.gaps)}
${fact(
  "Lost at most",
  boundText(quality.lossBoundMs),
  exactText(quality.lossBoundMs),
  quality.lossBoundMs > 0,
)}
${count("Contradictions", quality.conflicts)}
${count("Steps of the clock", quality.timeSteps)}
${time("Substituted", quality.substitutedMs, true)}
</dl>
</div>
${hashes("Configuration", quality.configurations)}
${hashes("Metering code", quality.software)}
</section>`;
}

/** SHA-256 in full: somebody may have to compare it on paper. */
function hashes(name: string, all: readonly string[]): Markup | null {
  if (all.length === 0) return null;
  return html`<p class="small hashes"><span class="quiet">${name}</span>
 ${all.map((hash) => html`<code>${hash}</code> `)}</p>`;
}
