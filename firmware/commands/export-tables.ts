// A statement as tables for a spreadsheet: the hours of each day and shift, the lines of the bill,
// the leaves. Hours stand twice, as decimals rounded down and as the exact milliseconds.

import { formatCsv, guardCell } from "../../drivers/shared/csv.ts";
import { hourText } from "../../protocols/aemp/equipment.ts";
import { parseLeaf } from "../../runtime/ledger/leaf.ts";
import { isoText } from "../../runtime/ledger/local-time.ts";
import { decimalText } from "../../runtime/ledger/page-parts.ts";
import type { Statement } from "../../runtime/ledger/statement.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { COUNT_REGISTERS, isCount, REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";

type Row = Readonly<Record<string, string | number>>;

type Write = (statement: Statement) => string;

const TABLES: ReadonlyMap<string, Write> = new Map([
  ["days", daysTable],
  ["lines", linesTable],
  ["leaves", leavesTable],
]);

/** @throws Fault SETTING_INVALID */
export function tableOf(name: string): Write {
  const table = TABLES.get(name);
  if (table !== undefined) return table;
  const remedy = `there are ${[...TABLES.keys()].join(", ")}`;
  throw new Fault("SETTING_INVALID", `there is no table "${name}"`, remedy);
}

const TIME_REGISTERS = REGISTER_NAMES.filter((name) => !isCount(name));

/** A row for each shift of each day; `""` is the time outside all shifts. */
function daysTable({ figures }: Statement): string {
  const columns = ["day", "shift", ...TIME_REGISTERS.flatMap(timeColumns), ...COUNT_REGISTERS];
  const rows = figures.days.flatMap(({ day, shifts }) =>
    Object.entries(shifts).map(([shift, hours]): Row => {
      const times = TIME_REGISTERS.flatMap((name) => timeCells(name, hours[name] ?? 0));
      const counts = COUNT_REGISTERS.map((name) => [name, hours[name] ?? 0] as const);
      return { day, shift: guardCell(shift), ...Object.fromEntries([...times, ...counts]) };
    }),
  );
  return formatCsv(columns, rows);
}

function timeColumns(name: string): readonly [string, string] {
  return [`${name}Hours`, `${name}Ms`];
}

function timeCells(
  name: string,
  milliseconds: number,
): readonly (readonly [string, Row[string]])[] {
  const [hours, exact] = timeColumns(name);
  return [
    [hours, hourText(milliseconds)],
    [exact, milliseconds],
  ];
}

const LINE_COLUMNS = [
  "id",
  "text",
  "quantity",
  "quantityHours",
  "unit",
  "rate",
  "amount",
  "currency",
  "formula",
] as const;

/** The lines of the bill and their total; amounts are decimals with a point. */
function linesTable({ figures }: Statement): string {
  const { currency, decimals, amountMinor } = figures.total;
  const rows = figures.lines.map(({ id, text, quantity, unit, rateMinor, formula, ...line }) => ({
    id: guardCell(id),
    text: guardCell(text),
    quantity,
    ...(unit === "ms" && { quantityHours: hourText(quantity) }),
    unit,
    rate: decimalText(rateMinor, decimals),
    amount: decimalText(line.amountMinor, decimals),
    currency,
    formula: guardCell(formula),
  }));
  const total = { id: "total", amount: decimalText(amountMinor, decimals), currency };
  return formatCsv(LINE_COLUMNS, [...rows, total]);
}

const LEAF_COLUMNS = [
  "seq",
  "type",
  "utc",
  "local",
  "timeQuality",
  "boot",
  "bootSequence",
  "mono",
  "state",
  "mode",
  "overloaded",
  "lease",
  "leaseState",
  ...REGISTER_NAMES,
  "details",
] as const;

/** From the opening leaf to the end of the closing tree; registers in milliseconds and events. */
function leavesTable({ leaves, period }: Statement): string {
  const rows = leaves.flatMap((text) => {
    const leaf = parseLeaf(text);
    // Figures have been computed of them, so each is one.
    if (typeof leaf === "string") return [];
    const { seq, typ, utc, tq, boot, bseq, mono, st, mode, ovl, lease, regs, d } = leaf;
    return {
      seq,
      type: typ,
      utc: utc === undefined ? "" : new Date(utc).toISOString(),
      local: utc === undefined ? "" : isoText(utc, period.offsets),
      timeQuality: tq,
      boot: guardCell(boot),
      bootSequence: bseq,
      mono,
      state: st,
      mode,
      overloaded: String(ovl),
      lease: guardCell(lease?.id ?? ""),
      leaseState: lease?.state ?? "",
      ...regs,
      details: guardCell(JSON.stringify(d)),
    };
  });
  return formatCsv(LEAF_COLUMNS, rows);
}
