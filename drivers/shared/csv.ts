// Tables as comma-separated values (RFC 4180), read and written: recordings, lists of tags. The one
// place that knows the packages for it.

import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { Fault } from "../../runtime/signal/fault.ts";

/** A line of cells is never near this; a file without line ends is, and is no table. */
const RECORD_CHARACTERS_MAX = 65_536;

/** A day of seconds, ten times over; what is longer wants another way than one text in memory. */
const ROWS_MAX = 1_000_000;

/**
 * What spreadsheets write between cells. Of two that are as frequent the first is taken: a comma
 * may stand inside a name, a tab does not.
 */
const SEPARATORS = ["\t", ";", ","] as const;

export interface CsvRow {
  /** Where the row ends in the file, counted from 1. */
  readonly line: number;
  /** Its cells by column, as text without surrounding blanks. */
  readonly cells: Readonly<Record<string, string>>;
}

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

/**
 * Reads a table whose first line names its columns. The separator is the one of comma, semicolon
 * and tab that the first line has most of. Throws SETTING_INVALID, which names `place` and line.
 */
export function parseCsv(text: string, place: string): CsvTable {
  const [header, ...records] = recordsOf(text, place);
  if (header === undefined) throw invalid(place, 1, "is empty: the first line names the columns");
  const columns = header.record;
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(place, header.line, `has two columns "${twice}"`);
  const rows = records.map(({ record, line }) => ({
    line,
    cells: Object.fromEntries(columns.map((name, index) => [name, record[index] ?? ""])),
  }));
  return { columns, rows };
}

/** Writes a table; what a row lacks is an empty cell. Lines end in `\n`. */
export function formatCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string | number | null | undefined>>[],
): string {
  return stringify([...rows], { header: true, columns: [...columns] });
}

/** A cell that begins with one of these is a formula to a spreadsheet. */
const FORMULA = /^[=+\-@\t\r]/;
/** The mark that keeps it text; a text that begins with one of its own gets another one before. */
const MARKED = /^'['=+\-@\t\r]/;

/** The text as a cell that no spreadsheet computes. */
export function guardCell(text: string): string {
  return FORMULA.test(text) || MARKED.test(text) ? `'${text}` : text;
}

/** The text of such a cell. */
export function unguardCell(cell: string): string {
  return MARKED.test(cell) ? cell.slice(1) : cell;
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly line: number;
}

function recordsOf(text: string, place: string): readonly CsvRecord[] {
  try {
    const found = parse(text, {
      bom: true,
      // Excel leaves the separators of empty cells at a row's end out, now and then.
      relax_column_count_less: true,
      delimiter: separatorOf(text),
      info: true,
      max_record_size: RECORD_CHARACTERS_MAX,
      skip_empty_lines: true,
      to: ROWS_MAX + 2,
      trim: true,
    }) as unknown as readonly { record: string[]; info: { lines: number } }[];
    if (found.length > ROWS_MAX + 1) {
      throw invalid(place, ROWS_MAX + 2, `is one row too many: ${ROWS_MAX} are read at most`);
    }
    return found.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error["lines"] === "number" ? error["lines"] : 1;
    throw invalid(place, line, `is no row of this table (${wordsOf(error)})`, error);
  }
}

function wordsOf(error: CsvError): string {
  if (error.code !== "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH") return error.message;
  return "it has more cells than the first line has names; is a text with a separator unquoted?";
}

function separatorOf(text: string): string {
  const [first = ""] = text.replace(/"[^"]*"/g, "").split("\n", 1);
  const counts = SEPARATORS.map((separator) => first.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

function invalid(place: string, line: number, what: string, cause?: unknown): Fault {
  return new Fault(
    "SETTING_INVALID",
    `${place}: line ${line} ${what}.`,
    "Open the file in an editor for text and correct that line.",
    { cause },
  );
}
