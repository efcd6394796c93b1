// The answer about a statement as markup, for the page that a person opens from disk: the verdict,
// each check by its name with what it means, and the statement as computed there.

import { html, type Markup, momentText, moneyText } from "./page-parts.ts";
import type { Statement, StatementFigures } from "./statement.ts";
import { statementBody } from "./statement-page.ts";
import { type Answer, CHECK_NAMES, type CheckName } from "./verdict.ts";
import type { Verdict } from "./verify.ts";

/** What the marks of the verdicts say, besides their colours. */
const WORDS: Readonly<Record<Answer["verdict"], string>> = {
  ok: "in order",
  failed: "failed",
  warning: "warning",
  "not-checked": "not checked",
};

/** Beside the heading of each figure: who scrolls or prints a part has to see it as well. */
const MARK = html`<span class="tag bad">not valid: do not rely on it</span>`;

/** The worst of a check's answers is the check's. */
const RANK: readonly Answer["verdict"][] = ["failed", "warning", "not-checked", "ok"];

export function verdictMarkup(file: string, verdict: Verdict): Markup {
  return html`${headline(file, verdict)}
<section class="card"><h2>Checks</h2>
<ul class="checks">${sorted(verdict).map((check) => checkItem(check, verdict))}</ul></section>
${statementMarkup(verdict)}`;
}

function answersOf(check: CheckName, { answers }: Verdict): readonly Answer[] {
  return answers.filter((answer) => answer.check === check);
}

function worstOf(check: CheckName, verdict: Verdict): Answer["verdict"] {
  const kinds = answersOf(check, verdict).map((answer) => answer.verdict);
  return RANK.find((kind) => kinds.includes(kind)) ?? "not-checked";
}

/** What is wrong comes first; within a rank the order of the names. */
function sorted(verdict: Verdict): readonly CheckName[] {
  const rank = (check: CheckName) => RANK.indexOf(worstOf(check, verdict));
  return CHECK_NAMES.toSorted((one, other) => rank(one) - rank(other));
}

function headline(file: string, verdict: Verdict): Markup {
  const worst = CHECK_NAMES.map((check) => worstOf(check, verdict));
  const count = (kind: Answer["verdict"]) => worst.filter((one) => one === kind).length;
  const failed = count("failed");
  const warned = count("warning");
  const words = verdict.valid
    ? `No check has failed${warned === 0 ? "." : `; ${warned} have a warning.`}`
    : `${failed} of ${CHECK_NAMES.length} checks failed.`;
  return html`<aside class="notice ${verdict.valid ? "good" : "bad"}" id="verdict">
<h2>${verdict.valid ? "Valid" : "Not valid"}</h2><p>${file}: ${words}</p>
${aboutMarkup(verdict)}</aside>`;
}

/** What the verdict is about, so that nobody has to look for it below. */
function aboutMarkup({ valid, statement, contract, figures }: Verdict): Markup | null {
  if (statement === null || contract === null) return null;
  const { machine, parties } = contract;
  return html`<dl class="facts">${figures === null ? null : sumMarkup(valid, statement, figures)}
<dt>Machine</dt><dd>${machine.maker} ${machine.model}, ${machine.serialNumber}</dd>
<dt>Contract</dt><dd>${contract.id}: ${parties.lessor.name} and ${parties.lessee.name}</dd></dl>`;
}

function sumMarkup(isValid: boolean, { period }: Statement, { total }: StatementFigures): Markup {
  const [from, to] = [period.from, period.to].map((utc) => momentText(utc, period.offsets));
  const amount = `${moneyText(total.amountMinor, total.decimals)} ${total.currency}`;
  return html`<dt>Total</dt><dd><strong class="nowrap">${amount}</strong>
 <span class="quiet">as computed here</span>${isValid ? null : html` ${MARK}`}</dd>
<dt>Period</dt><dd>${from} to ${to}</dd>`;
}

function checkItem(check: CheckName, verdict: Verdict): Markup {
  const worst = worstOf(check, verdict);
  return html`<li data-check="${check}" data-verdict="${worst}">
<span class="mark mark-${worst}">${WORDS[worst]}</span>
<div><h3>${check}</h3>${answersOf(check, verdict).map(answerMarkup)}</div></li>`;
}

function answerMarkup({ where, expected, found, means }: Answer): Markup {
  const places = [
    where?.leaf === undefined ? null : `leaf ${where.leaf}`,
    where?.line === undefined ? null : `line ${where.line}`,
    where?.field ?? null,
  ].filter((place) => place !== null);
  const facts = [
    ["Where", places.length === 0 ? undefined : places.join(", ")],
    ["Expected", expected],
    ["Found", found],
  ] as const;
  const given = facts.filter(([, text]) => text !== undefined);
  const list = given.map(([name, text]) => html`<dt>${name}</dt><dd><code>${text}</code></dd>`);
  return html`<p>${means}</p>${given.length === 0 ? null : html`<dl class="facts">${list}</dl>`}`;
}

/** With the figures that were computed here, whatever the file says of them. */
function statementMarkup({ valid, statement, contract, figures }: Verdict): Markup | null {
  if (statement === null || contract === null || figures === null) return null;
  const shown = { ...statement, figures };
  if (valid) return html`<div id="statement">${statementBody(shown, contract)}</div>`;
  return html`<div id="statement" class="not-valid">
<aside class="notice bad"><h2>Not valid: do not rely on these figures</h2>
<p>They follow from what the file says, and what it says is not in order; see the checks above.</p>
</aside>
${statementBody(shown, contract, MARK)}</div>`;
}
