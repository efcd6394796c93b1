// One signal as a row of a table and back: keys below keys become columns such as `register.type`,
// and a cell is written so that a spreadsheet neither computes it nor turns it into another value.

import { stringify } from "yaml";
import { guardCell, unguardCell } from "../../drivers/shared/csv.ts";
import { isMap, type YamlMap } from "./entries.ts";
import { readYamlValue } from "./yaml-value.ts";

/** Columns that every table has, in this order; what is the driver's own follows. */
export const COMMON_COLUMNS = [
  "name",
  "device",
  "description",
  "unit",
  "scale",
  "offset",
  "range.low",
  "range.high",
  "deadband",
  "heartbeat",
  "stale",
] as const;

/** Taken as they stand: a unit "1" is no number, and a description may look like anything. */
const TEXT_COLUMNS: ReadonlySet<string> = new Set(["name", "device", "description", "unit"]);

const NUMBER_COLUMNS: ReadonlySet<string> = new Set([
  "scale",
  "offset",
  "range.low",
  "range.high",
  "deadband",
]);

const DECIMAL_COMMA = /^[-+]?\d+,\d+$/;

export type Cell = { readonly value: unknown } | { readonly problem: string };

/** The keys of a signal by column; `range` takes two columns, other lists stay one cell. */
export function columnsOfSignal(entry: YamlMap): Map<string, unknown> {
  const columns = new Map<string, unknown>();
  const visit = (map: YamlMap, prefix: string) => {
    for (const [key, value] of Object.entries(map)) {
      const column = `${prefix}${key}`;
      if (column === "range" && Array.isArray(value) && value.length === 2) {
        columns.set("range.low", value[0]);
        columns.set("range.high", value[1]);
      } else if (isMap(value) && Object.keys(value).length > 0) visit(value, `${column}.`);
      else columns.set(column, value);
    }
  };
  visit(entry, "");
  return columns;
}

export function cellOf(column: string, value: unknown): string | number {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return value;
  const isPlain = TEXT_COLUMNS.has(column) || typeof value === "boolean";
  const text = isPlain ? String(value) : stringify(value, FLOW).trimEnd();
  return guardCell(text);
}

const FLOW = { collectionStyle: "flow", lineWidth: 0 } as const;

/** What a cell says; an empty one says that the key is not there. */
export function readCell(column: string, cell: string): Cell {
  if (cell === "") return { value: undefined };
  const text = unguardCell(cell);
  if (TEXT_COLUMNS.has(column)) return { value: text };
  if (DECIMAL_COMMA.test(text)) {
    const point = text.replace(",", ".");
    return { problem: `"${text}" has a decimal comma; write ${point} with a point` };
  }
  if (NUMBER_COLUMNS.has(column)) {
    const number = Number(text);
    if (Number.isFinite(number)) return { value: number };
    return { problem: `"${text}" is not a number` };
  }
  return readYamlValue(text) ?? { problem: `"${text}" is neither a value nor YAML` };
}
