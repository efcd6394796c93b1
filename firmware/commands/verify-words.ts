// The answer about a statement as a person reads it in a terminal: what is wrong first and in full,
// what is in order by its name.

import type { Answer, Place } from "../../runtime/ledger/verdict.ts";
import type { Verdict } from "../../runtime/ledger/verify.ts";

/** A terminal that is not asked for its width has at least so many columns. */
const COLUMNS = 80;
const INDENT = "    ";

export function verdictLines(file: string, verdict: Verdict, columns = COLUMNS): string[] {
  const { answers } = verdict;
  const lines = [headline(file, verdict), ...aboutLines(verdict)];
  for (const kind of ["failed", "warning"] as const) {
    for (const answer of answers.filter((one) => one.verdict === kind)) {
      lines.push("", ...answerLines(answer, columns));
    }
  }
  const unchecked = Map.groupBy(
    answers.filter(({ verdict: kind }) => kind === "not-checked"),
    ({ means }) => means,
  );
  for (const [means, group] of unchecked) {
    const names = group.map(({ check }) => check).join(", ");
    lines.push("", ...wrapped(`  not checked: ${names}`, columns));
    lines.push(...wrapped(`${INDENT}${means}`, columns));
  }
  const good = answers.filter((answer) => answer.verdict === "ok").map(({ check }) => check);
  if (good.length > 0) lines.push("", ...wrapped(`  in order: ${good.join(", ")}`, columns));
  lines.push(...noteLines(verdict, columns));
  return lines;
}

/** Nothing of it is wrong, and no check looks at it: whether it is right the parties know. */
function noteLines({ figures }: Verdict, columns: number): string[] {
  if (figures === null || figures.notes.length === 0) return [];
  const notes = figures.notes.flatMap((note) => wrapped(`${INDENT}- ${note}`, columns));
  return ["", "  to look at, as the statement notes:", ...notes];
}

function headline(file: string, { valid, answers }: Verdict): string {
  const of = (kind: Answer["verdict"]) =>
    new Set(answers.filter(({ verdict }) => verdict === kind).map(({ check }) => check)).size;
  const failed = of("failed");
  const warned = of("warning");
  const warnings = warned === 0 ? "" : `, ${warned} with a warning`;
  if (valid) return `${file}: valid${warnings}`;
  return `${file}: NOT VALID: ${failed} ${failed === 1 ? "check has" : "checks have"} failed`;
}

function aboutLines({ statement, contract, figures }: Verdict): string[] {
  if (statement === null) return [];
  const lines = [`  controller ${statement.controller}`];
  if (contract !== null) {
    const { lessor, lessee } = contract.parties;
    lines.push(`  contract ${contract.id}: ${lessor.name} and ${lessee.name}`);
  }
  if (figures === null) return lines;
  const { period, total } = figures;
  lines.push(`  period ${period.from} to ${period.to}`);
  lines.push(`  total, as computed here: ${money(total.amountMinor, total)}`);
  return lines;
}

function answerLines(answer: Answer, columns: number): string[] {
  const { check, verdict, where, expected, found, means } = answer;
  const place = where ? placeText(where) : "";
  const head = `  ${verdict.toUpperCase()}  ${check}${place === "" ? "" : `: ${place}`}`;
  return [
    ...wrapped(head, columns),
    ...(expected === undefined ? [] : wrapped(`${INDENT}expected: ${expected}`, columns)),
    ...(found === undefined ? [] : wrapped(`${INDENT}found: ${found}`, columns)),
    ...wrapped(`${INDENT}${means}`, columns),
  ];
}

function placeText({ leaf, line, field }: Place): string {
  return [
    ...(leaf === undefined ? [] : [`leaf ${leaf}`]),
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(field === undefined ? [] : [field]),
  ].join(", ");
}

function money(minor: number, { currency, decimals }: { currency: string; decimals: number }) {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const sign = minor < 0 ? "-" : "";
  return `${sign}${whole}${decimals === 0 ? "" : `.${digits.slice(-decimals)}`} ${currency}`;
}

/** Breaks between words; a hash that is longer than a line stays whole, to be copied. */
export function wrapped(text: string, columns: number): string[] {
  const indent = /^ */.exec(text)![0];
  const further = `${indent}  `;
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(/\s+/)) {
    const isFirst = line.trim() === "";
    if (!isFirst && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = further + word;
    } else {
      line += isFirst ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
