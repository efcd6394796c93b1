// The signals of a machine file as a table, and a table as changes of a machine file. The result is
// checked as every machine file is, and what is wrong is told with the line of the table.

import type { Driver } from "../../drivers/driver.ts";
import type { CsvTable } from "../../drivers/shared/csv.ts";
import { formatProblem, type Problem } from "../../runtime/schema/problem.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { isMap, type YamlMap } from "./entries.ts";
import { parseMachineFile } from "./parse-machine-file.ts";
import { COMMON_COLUMNS, cellOf, columnsOfSignal, readCell } from "./tag-cells.ts";
import { CannotSplice, SectionEditor } from "./yaml-splice.ts";

export interface TagTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

/** Every signal that is declared, in the file's order. @throws CannotSplice */
export function tagsOf(text: string): TagTable {
  const entries = [...new SectionEditor(text, "signals").values];
  const signals = entries.map(([name, entry]) => {
    const columns = isMap(entry) ? columnsOfSignal(entry) : new Map<string, unknown>();
    return new Map<string, unknown>([["name", name], ...columns]);
  });
  const own = new Set(signals.flatMap((columns) => [...columns.keys()]));
  for (const column of COMMON_COLUMNS) own.delete(column);
  const columns = [...COMMON_COLUMNS, ...own];
  const rows = signals.map((values) =>
    Object.fromEntries(columns.map((column) => [column, cellOf(column, values.get(column))])),
  );
  return { columns, rows };
}

/** The names in a section of the file; null where it cannot be told. */
export function entryNames(text: string, section: string): readonly string[] | null {
  try {
    return [...new SectionEditor(text, section).values.keys()];
  } catch (error) {
    if (error instanceof CannotSplice) return null;
    throw error;
  }
}

export interface TagChange {
  readonly kind: "added" | "changed" | "removed";
  readonly name: string;
  /** `unit: V → A`, one for each key; of an added signal, what it says. */
  readonly details: readonly string[];
}

export type TagImport =
  | { readonly text: string; readonly changes: readonly TagChange[] }
  | { readonly problems: readonly string[] };

export interface ImportParts {
  readonly text: string;
  /** What the machine file and the table are called in messages. */
  readonly file: string;
  readonly table: CsvTable;
  readonly tableName: string;
  readonly drivers: readonly Driver[];
  /** Signals that the table does not have go. */
  readonly remove?: boolean;
}

interface Row {
  readonly line: number;
  readonly name: string;
  /** Undefined where the cell is empty. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** The text with the table's signals in it; nothing is written here. */
export function importTags(parts: ImportParts): TagImport {
  const { text, file, tableName, drivers } = parts;
  const problems: string[] = [];
  const rows = readRows(parts, problems);
  if (problems.length > 0) return { problems };
  let editor: SectionEditor;
  const changes: TagChange[] = [];
  try {
    editor = new SectionEditor(text, "signals");
    for (const row of rows) applyRow(editor, row, changes);
    if (parts.remove) removeOthers(editor, rows, changes);
  } catch (error) {
    if (!(error instanceof CannotSplice)) throw error;
    return { problems: [`${file}: ${error.message}`] };
  }
  const result = changes.length === 0 ? text : editor.result;
  const parsed = parseMachineFile(result, file, drivers);
  if (!("problems" in parsed)) return { text: result, changes };
  const lines = new Map(rows.map(({ name, line }) => [name, line]));
  return { problems: parsed.problems.map((problem) => told(problem, lines, tableName)) };
}

/** A problem of a signal that came from the table is told with the table's line. */
function told(problem: Problem, lines: ReadonlyMap<string, number>, tableName: string): string {
  const [section, name, ...rest] = problem.path.split(".");
  const line = section === "signals" && name !== undefined ? lines.get(name) : undefined;
  if (line === undefined) return formatProblem(problem);
  const column = rest.length === 0 ? "" : ` ${rest.join(".")}:`;
  return `${tableName}:${line} ${name}:${column} ${problem.message}`;
}

function readRows({ table, tableName }: ImportParts, problems: string[]): readonly Row[] {
  const { columns } = table;
  const refuse = (line: number, message: string) =>
    problems.push(`${tableName}:${line} ${message}`);
  if (!columns.includes("name")) {
    const hint = didYouMean("name", columns);
    refuse(1, `there is no column "name"${hint}; the first line names the columns`);
    return [];
  }
  if (columns.includes("range.low") !== columns.includes("range.high")) {
    refuse(1, "range.low and range.high go together: give both columns, or none");
  }
  const seen = new Map<string, number>();
  const rows: Row[] = [];
  for (const { line, cells } of table.rows) {
    const values = new Map<string, unknown>();
    for (const column of columns) {
      const cell = readCell(column, cells[column] ?? "");
      if ("problem" in cell) refuse(line, `${cells["name"]}: ${column}: ${cell.problem}`);
      else values.set(column, cell.value);
    }
    const name = cells["name"] ?? "";
    const first = seen.get(name);
    if (name === "") refuse(line, "the signal has no name");
    else if (first !== undefined)
      refuse(line, `${name}: is named a second time; see line ${first}`);
    seen.set(name, line);
    if ((values.get("range.low") === undefined) !== (values.get("range.high") === undefined)) {
      refuse(
        line,
        `${name}: the range has one end only; fill range.low and range.high, or neither`,
      );
    }
    values.delete("name");
    rows.push({ line, name, values: withRange(values) });
  }
  return rows;
}

/** The two columns of the range become the list of the machine file again. */
function withRange(values: Map<string, unknown>): ReadonlyMap<string, unknown> {
  if (!values.has("range.low")) return values;
  const [low, high] = [values.get("range.low"), values.get("range.high")];
  values.delete("range.low");
  values.delete("range.high");
  return values.set("range", low === undefined || high === undefined ? undefined : [low, high]);
}

function applyRow(editor: SectionEditor, { name, values }: Row, changes: TagChange[]): void {
  const before = editor.values.get(name);
  if (before === undefined) {
    const given = [...values].filter(([, value]) => value !== undefined);
    const entry: Record<string, unknown> = {};
    for (const [column, value] of given) setDeep(entry, column.split("."), value);
    editor.add(name, entry);
    const details = given.map(([column, value]) => `${column}: ${shown(value)}`);
    changes.push({ kind: "added", name, details });
    return;
  }
  const changed = new Map<readonly string[], unknown>();
  const details: string[] = [];
  for (const [column, value] of values) {
    const old = getDeep(before, column.split("."));
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    changed.set(column.split("."), value);
    details.push(`${column}: ${shown(old)} → ${shown(value)}`);
  }
  if (changed.size === 0) return;
  editor.change(name, changed);
  changes.push({ kind: "changed", name, details });
}

function removeOthers(editor: SectionEditor, rows: readonly Row[], changes: TagChange[]): void {
  const kept = new Set(rows.map(({ name }) => name));
  for (const name of editor.values.keys()) {
    if (kept.has(name)) continue;
    editor.remove(name);
    changes.push({ kind: "removed", name, details: [] });
  }
}

function setDeep(map: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (rest.length === 0) map[key!] = value;
  else {
    const below = isMap(map[key!]) ? { ...(map[key!] as YamlMap) } : {};
    setDeep(below, rest, value);
    map[key!] = below;
  }
}

function getDeep(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isMap(current)) return undefined;
    current = current[key];
  }
  return current;
}

function shown(value: unknown): string {
  if (value === undefined) return "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}
