// A statement as a terminal shows it: hours by day and shift, lines that a pocket calculator can
// follow, the total, how good the evidence is, and what has to be looked at.

import { durationText, HOUR_MS, moneyText } from "../../runtime/ledger/amounts.ts";
import type { Contract } from "../../runtime/ledger/contract.ts";
import type { Hours, Statement, StatementFigures } from "../../runtime/ledger/statement.ts";
import { STATE_REGISTERS, type StateRegister } from "../../runtime/usage/usage-state.ts";
import { wrapped } from "./verify-words.ts";

/** What the narrowest terminal that people use shows without breaking a line. */
const COLUMNS = 79;
/** `123:59:59`, and a space before it. */
const HOURS_WIDTH = 10;
const DAY_WIDTH = 10;
const SHIFT_WIDTH_MAX = 8;
/** More rows than two months have; a year is read in the page or the file. */
const ROWS_MAX = 130;

export function summaryLines(statement: Statement, contract: Contract): readonly string[] {
  const { figures } = statement;
  const { lessor, lessee } = contract.parties;
  const { maker, model, serialNumber } = contract.machine;
  const { from, to } = figures.period;
  return [
    `statement ${contract.id}, ${shortTime(from)} to ${shortTime(to)}, ${contract.zone}`,
    `${lessor.name} to ${lessee.name}: ${maker} ${model}, ${serialNumber}`,
    "",
    ...hoursTable(figures),
    "",
    ...billLines(figures, contract),
    "",
    ...qualityLines(figures),
    ...figures.notes.flatMap((note) => ["", ...hanging("! ", note)]),
  ];
}

/** `2026-11-01T00:00:00.000+01:00` without what is zero. */
function shortTime(iso: string): string {
  const [day = "", time = ""] = iso.split("T");
  const clock = time.slice(0, 12).replace(/(:00)?\.000$/, "");
  return clock === "00:00" ? day : `${day} ${clock}`;
}

function hoursTable({ days, registers, hours }: StatementFigures): readonly string[] {
  const columns = STATE_REGISTERS.filter((name) => registers.difference[name] !== undefined);
  if (columns.length === 0) return ["no hours were counted"];
  const row = (day: string, shift: string, of: Hours) => {
    const cells = columns.map((name) => clockText(of[name]).padStart(HOURS_WIDTH));
    const name = shift.slice(0, SHIFT_WIDTH_MAX).padEnd(SHIFT_WIDTH_MAX);
    return `${day.padEnd(DAY_WIDTH)} ${name}${cells.join("")}`;
  };
  const rows = days.flatMap(({ day, shifts }) =>
    Object.entries(shifts).map(([shift, of], index) => {
      return row(index === 0 ? day : "", shift === "" ? "-" : shift, of);
    }),
  );
  const left = rows.length - ROWS_MAX;
  const more = left > 0 ? [`... and ${left} rows that stand in the file`] : [];
  return [
    header(columns),
    ...rows.slice(0, ROWS_MAX),
    ...more,
    row("all", "", registers.difference),
    row("on hire", "", hours),
  ];
}

function header(columns: readonly StateRegister[]): string {
  const names = columns.map((name) => name.padStart(HOURS_WIDTH)).join("");
  return `${"day".padEnd(DAY_WIDTH)} ${"shift".padEnd(SHIFT_WIDTH_MAX)}${names}`;
}

/** `12:34:56`, whole seconds: the milliseconds stand in the file. */
function clockText(ms: number | undefined): string {
  if (ms === undefined) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(ms / HOUR_MS)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function billLines({ lines, total }: StatementFigures, { currency }: Contract): readonly string[] {
  const amount = (text: string, minor: number) => {
    const money = moneyText(minor, currency);
    return `${text.padEnd(COLUMNS - money.length)}${money}`;
  };
  return [
    ...lines.flatMap(({ text, formula, amountMinor }) => [
      amount(text, amountMinor),
      ...hanging("    ", formula),
    ]),
    amount("total", total.amountMinor),
  ];
}

function qualityLines({ quality }: StatementFigures): readonly string[] {
  const { byTime, observedMs, gaps, lossBoundMs, conflicts, timeSteps, substitutedMs } = quality;
  const share = (ms: number) => (observedMs === 0 ? 0 : Math.floor((ms * 1_000) / observedMs) / 10);
  const facts = [
    `${durationText(observedMs)} were observed`,
    `${share(byTime.S)} % of it with synchronised time`,
    ...(observedMs > byTime.S ? [`${durationText(observedMs - byTime.S)} without`] : []),
    ...counted(gaps, "gap"),
    ...(lossBoundMs > 0
      ? [`at most ${durationText(lossBoundMs)} not metered: power cuts and stops`]
      : []),
    ...counted(conflicts, "conflict"),
    ...counted(timeSteps, "time step"),
    ...(substitutedMs > 0 ? [`${durationText(substitutedMs)} by the machine's own register`] : []),
  ];
  return hanging("", `${facts.join(", ")}.`);
}

function counted(count: number, one: string): readonly string[] {
  if (count === 0) return [];
  return [`${count} ${one}${count === 1 ? "" : "s"}`];
}

function hanging(before: string, text: string): readonly string[] {
  return wrapped(text, COLUMNS - before.length).map((line, index) => {
    return `${index === 0 ? before : " ".repeat(before.length)}${line}`;
  });
}
