// A statement as one HTML page that a person reads and prints: no script, nothing beside it. It
// shows what the statement says and proves nothing; whoever doubts it asks `telltale verify`.

import { formatProblem } from "../schema/problem.ts";
import type { Contract } from "./contract.ts";
import { readContract } from "./contract-file.ts";
import {
  boundText,
  chartLegend,
  exactText,
  groupedText,
  hoursChart,
  hoursText,
  html,
  Markup,
  momentText,
  moneyText,
} from "./page-parts.ts";
import { PAGE_STYLE } from "./page-style.ts";
import type { Hours, Statement, StatementDay, StatementLine } from "./statement.ts";
import { partiesCard, signaturesCard } from "./statement-people.ts";
import { daysTable, qualityCard, registersCard } from "./statement-tables.ts";

/** What the page needs to say about a contract that it cannot read. */
const UNREADABLE = "The contract in this statement cannot be read";

/** The whole page, ready to be written to a file, of a statement whose figures are its own. */
export function statementPage(statement: Statement): string {
  const contract = contractIn(statement);
  const title = titleOf(statement, contract);
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${new Markup(`<style>${PAGE_STYLE}</style>`)}
</head>
<body>
${statementBody(statement, contract)}
<footer>
<p>Hours are shown rounded down to 0.01 h; each figure holds its exact milliseconds, and amounts are
computed from those. Times are local to the contract’s zone. This page proves nothing by itself:
<code>telltale verify</code> with the statement’s file computes every figure again and checks every
signature.</p>
</footer>
</body>
</html>
`.text
  }`;
}

/** The contract in a statement, or what is wrong with it, in one sentence. */
export function contractIn({ contract }: Statement): Contract | string {
  // Its zone's offsets stand in the statement, so nobody here has to know the zone.
  const read = readContract(contract.text, "contract", { zoneMustBeKnown: false });
  return "contract" in read ? read.contract : formatProblem(read.problems[0]!);
}

/**
 * Everything that the page shows.
 * @param mark what stands beside the headings of figures that nobody may rely on
 */
export function statementBody(
  statement: Statement,
  contract: Contract | string,
  mark: Markup | null = null,
): Markup {
  const { figures } = statement;
  const days = figures.days.map((day) => ({ day: day.day, hours: hoursOfDay(day) }));
  return html`${header(statement, contract)}
<main>
${notes(figures.notes, contract, mark)}
${keyFigures(statement, contract, mark)}
<section class="card">
<h2>Amount ${mark}</h2>
${linesTable(statement)}
</section>
<section class="card">
<h2>Hours per day ${mark}</h2>
<figure><div class="scroll">${hoursChart(days)}</div>${chartLegend(days)}</figure>
</section>
${registersCard(figures, mark)}
<section class="card long">
<h2>By day and shift ${mark}</h2>
${daysTable(figures.days)}
</section>
${qualityCard(statement, mark)}
${partiesCard(statement, contract)}
${signaturesCard(statement, contract, mark)}
</main>`;
}

function titleOf({ figures, period }: Statement, contract: Contract | string): string {
  const days = figures.days;
  const span = days.length === 0 ? String(period.from) : `${days[0]!.day} to ${days.at(-1)!.day}`;
  const machine = typeof contract === "string" ? "" : `${contract.machine.serialNumber} `;
  return `Statement ${machine}${span}`;
}

function header({ period, contract: source }: Statement, contract: Contract | string): Markup {
  const from = momentText(period.from, period.offsets);
  const to = momentText(period.to, period.offsets);
  if (typeof contract === "string") {
    return html`<header class="top"><div><p class="kind">Statement of machine hours</p>
<h1>Machine unknown</h1><p>${from} to ${to}</p></div></header>
<details class="card"><summary>The contract as it stands in the statement</summary>
<pre>${source.text.slice(0, CONTRACT_CHARACTERS_MAX)}</pre></details>`;
  }
  const { maker, model, serialNumber } = contract.machine;
  return html`<header class="top">
<div><p class="kind">Statement of machine hours</p>
<h1>${maker} ${model}, ${serialNumber}</h1>
<p><span class="nowrap">${from}</span> to <span class="nowrap">${to}</span>
 <span class="quiet">${contract.zone}</span></p></div>
<div><p class="quiet small">Contract</p><p><strong>${contract.id}</strong></p>
<p><span>${contract.parties.lessor.name}</span> <span class="quiet">to</span>
 <span>${contract.parties.lessee.name}</span></p></div>
</header>`;
}

/** Of a contract that nobody can read, for whoever wants to know why. */
const CONTRACT_CHARACTERS_MAX = 20_000;

/** What the parties have to look at stands before every figure. */
function notes(
  sentences: readonly string[],
  contract: Contract | string,
  mark: Markup | null,
): Markup {
  const unreadable =
    typeof contract === "string"
      ? html`<aside class="notice bad"><h2>${UNREADABLE}</h2><p>${contract}</p></aside>`
      : null;
  // What nobody may rely on has nothing good to say either.
  if (sentences.length === 0 && mark !== null) return html`${unreadable}`;
  if (sentences.length === 0) {
    return html`${unreadable}<aside class="notice good"><p>The meter noted nothing in this period
that the parties would have to look at.</p></aside>`;
  }
  const heading = sentences.length === 1 ? "One thing" : `${sentences.length} things`;
  return html`${unreadable}<aside class="notice"><h2>${heading} to look at</h2>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul></aside>`;
}

function keyFigures(
  { figures }: Statement,
  contract: Contract | string,
  mark: Markup | null,
): Markup {
  const { total, hours, quality } = figures;
  const registers =
    typeof contract === "string" ? (["working"] as const) : contract.billing.registers;
  const billedMs = registers.reduce((sum, name) => sum + (hours[name] ?? 0), 0);
  const unknownMs = hours.unknown ?? 0;
  const figure = (name: string, [value, unit]: Shown, beneath: string, exactMs?: number) =>
    html`<div><dt>${name}</dt><dd${
      exactMs === undefined ? null : html` title="${exactText(exactMs)}"`
    }>${value} <small class="quiet">${unit}</small><span class="beneath">${beneath}</span></dd>
</div>`;
  const amount: Shown = [moneyText(total.amountMinor, total.decimals), total.currency];
  const hoursOf = (milliseconds: number): Shown => [hoursText(milliseconds), "h"];
  const gaps = `${groupedText(quality.gaps)} ${quality.gaps === 1 ? "gap" : "gaps"}`;
  return html`<section class="card">${mark}<dl class="key-figures">
${figure("Total", amount, "of the lines below")}
${figure("Billed", hoursOf(billedMs), `${registers.join(" and ")}, on hire`, billedMs)}
${figure("UNKNOWN", hoursOf(unknownMs), unknownWords(contract), unknownMs)}
${figure(
  "Lost at most",
  splitBound(quality.lossBoundMs),
  `${gaps}, in the lessee’s favour`,
  quality.lossBoundMs,
)}
</dl></section>`;
}

type Shown = readonly [value: string, unit: string];

function splitBound(milliseconds: number): Shown {
  const [value, unit] = boundText(milliseconds).split(" ") as [string, string];
  return [value, unit];
}

function unknownWords(contract: Contract | string): string {
  if (typeof contract === "string") return "nobody can tell what the machine did";
  return contract.unknown === "free" ? "not billed" : `billed as ${contract.unknown}`;
}

function linesTable({ figures }: Statement): Markup {
  const { lines, total } = figures;
  const money = (minor: number) => moneyText(minor, total.decimals);
  return html`<div class="scroll"><table class="lines">
<thead><tr><th scope="col">Line</th><th scope="col" class="right">Quantity</th>
<th scope="col" class="right">Rate</th><th scope="col" class="right">${total.currency}</th></tr>
</thead>
<tbody>${lines.map(
    (line) => html`<tr><th scope="row">${line.text}</th>
<td class="right"${
      line.unit === "ms" ? html` title="${exactText(line.quantity)}"` : null
    }>${quantityText(line)}</td>
<td class="right">${money(line.rateMinor)}<span class="quiet">${rateUnit(line.unit)}</span></td>
<td class="right">${money(line.amountMinor)}</td></tr>
<tr class="beneath"><td colspan="4" class="formula">${line.formula}</td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row" colspan="3">Total</th>
<td class="right">${money(total.amountMinor)}</td></tr></tfoot>
</table></div>`;
}

function quantityText({ quantity, unit }: StatementLine): string {
  switch (unit) {
    case "ms":
      return `${hoursText(quantity)} h`;
    case "once":
      return groupedText(quantity);
    case "28-days":
      return `${groupedText(quantity)} × 28 days`;
    default:
      return `${groupedText(quantity)} ${unit}${quantity === 1 ? "" : "s"}`;
  }
}

const RATE_UNITS = {
  ms: "/h",
  day: "/day",
  week: "/week",
  "28-days": "/28 days",
  once: "",
} as const;

function rateUnit(unit: StatementLine["unit"]): string {
  return RATE_UNITS[unit];
}

/** The shifts of a day together. */
function hoursOfDay({ shifts }: StatementDay): Hours {
  const sum: Record<string, number> = {};
  for (const hours of Object.values(shifts)) {
    for (const [name, value] of Object.entries(hours)) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}
