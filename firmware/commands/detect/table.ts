// Reads a table as it comes: comma-separated values (RFC 4180) and what spreadsheets make of them.
// One row is in memory at a time; what is wrong is named by line and column.

import { CsvError, type Parser, parse } from "csv-parse";
import { Fault } from "../../../runtime/signal/fault.ts";

/** A line of cells is never near this; a file without line ends is, and is no table. */
const RECORD_CHARACTERS_MAX = 65_536;
/** Of two that are as frequent in the first line the first is taken. */
const SEPARATORS = ["\t", ";", ","] as const;
/** What tables write where nothing was measured, in lower case. */
const MISSING: ReadonlySet<string> = new Set(["", "nan", "na", "n/a", "null", "none", "-"]);
/** Seconds since 1970 reach it in the year 5138: a larger number is in milliseconds. */
const SECONDS_MAX = 1e11;
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?))?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

export interface TableChoice {
  /** How messages call it. */
  readonly name: string;
  readonly time: string;
  readonly values: readonly string[];
  /** Null where the first line shall tell. */
  readonly delimiter: string | null;
}

/** Written over with each row. */
export interface TableRow {
  line: number;
  /** As it stands in the table. */
  time: string;
  /** A time without a zone is taken for UTC: only the time of day and of week counts. */
  atMs: number;
  /** NaN where a cell is missing. */
  readonly values: Float64Array;
}

/** @throws Fault SETTING_INVALID */
export async function* readTable(
  pieces: AsyncIterable<Uint8Array>,
  choice: TableChoice,
): AsyncGenerator<TableRow> {
  const parser = await parserOf(pieces, choice);
  const row: TableRow = {
    line: 0,
    time: "",
    atMs: 0,
    values: new Float64Array(choice.values.length),
  };
  let columns: Columns | null = null;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
      if (columns === null) {
        columns = columnsOf(record, choice);
        continue;
      }
      // The line on which the row ends: rows of one line are the rule.
      row.line = info.lines;
      fill(row, record, columns, choice);
      yield row;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const said = WORDS[error.code] ?? error.message;
    throw wrong(`${choice.name}: line ${error["lines"]} is no row of this table (${said})`, error);
  }
  if (columns === null) throw wrong(`${choice.name}: line 1 is empty; it has to name the columns`);
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

const WORDS: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: "it has more or fewer cells than the first line",
  CSV_MAX_RECORD_SIZE: `it has more than ${RECORD_CHARACTERS_MAX} characters`,
  CSV_QUOTE_NOT_CLOSED: "a quotation mark is not closed",
  INVALID_OPENING_QUOTE: "a quotation mark stands inside a cell",
  CSV_INVALID_CLOSING_QUOTE: "something follows a closing quotation mark",
};

/** The first line is waited for, because it tells how the cells are separated. */
async function parserOf(
  pieces: AsyncIterable<Uint8Array>,
  { delimiter, name }: TableChoice,
): Promise<Parser> {
  const iterator = pieces[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (!head.includes(0x0a) && head.length <= RECORD_CHARACTERS_MAX) {
    const { value, done } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  if (head.includes(0)) throw wrong(`${name}: it is no table of text`);
  const parser = parse({
    bom: true,
    delimiter: delimiter ?? separatorOf(head.toString("utf8").split(/\r?\n/, 1)[0]!),
    info: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    skip_empty_lines: true,
    trim: true,
  });
  void feed(parser, head, iterator);
  return parser;
}

/** Errors of the source come out of the parser, where the rows are read. */
async function feed(
  parser: Parser,
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): Promise<void> {
  try {
    parser.write(head);
    for (;;) {
      if (parser.writableNeedDrain) await emptied(parser);
      if (parser.destroyed) break;
      const { value, done } = await rest.next();
      if (done) break;
      parser.write(value);
    }
    await rest.return?.();
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function emptied(parser: Parser): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      parser.off("drain", done);
      parser.off("close", done);
      resolve();
    };
    parser.on("drain", done);
    parser.on("close", done);
  });
}

function separatorOf(line: string): string {
  let best: string = ",";
  let most = 0;
  for (const separator of SEPARATORS) {
    const count = line.split(separator).length - 1;
    if (count <= most) continue;
    most = count;
    best = separator;
  }
  return best;
}

interface Columns {
  readonly names: readonly string[];
  readonly time: number;
  readonly values: readonly number[];
}

function columnsOf(names: readonly string[], choice: TableChoice): Columns {
  const find = (column: string) => {
    const at = names.indexOf(column);
    if (at < 0) {
      const remedy = `Its columns are: ${names.join(", ")}.`;
      throw wrong(`${choice.name} has no column "${column}"`, undefined, remedy);
    }
    if (names.lastIndexOf(column) === at) return at;
    throw wrong(`${choice.name}: line 1 has two columns "${column}"`);
  };
  return { names, time: find(choice.time), values: choice.values.map(find) };
}

function fill(
  row: TableRow,
  record: readonly string[],
  { names, time, values }: Columns,
  { name }: TableChoice,
): void {
  row.time = record[time]!;
  row.atMs = timeOf(row.time);
  if (Number.isNaN(row.atMs)) {
    const remedy = "Write 2026-11-23T14:05:00Z, 2026-11-23 14:05:00, or seconds since 1970.";
    const what = `"${short(row.time)}" is no time`;
    throw wrong(`${name}: line ${row.line}, column "${names[time]}": ${what}`, undefined, remedy);
  }
  for (let at = 0; at < values.length; at++) {
    const cell = record[values[at]!]!;
    const value = numberOf(cell);
    if (value === null) {
      const where = `${name}: line ${row.line}, column "${names[values[at]!]}"`;
      throw wrong(`${where}: "${short(cell)}" is no number`);
    }
    row.values[at] = value;
  }
}

/** Milliseconds since 1970; NaN for what is no time. */
export function timeOf(text: string): number {
  if (NUMBER.test(text)) {
    const number = Number(text);
    return Math.abs(number) > SECONDS_MAX ? number : number * 1_000;
  }
  const [, date, time, zone] = DATE_TIME.exec(text) ?? [];
  if (date === undefined) return Number.NaN;
  const clock = (time ?? "00:00").replace(",", ".");
  return Date.parse(`${date}T${clock}${zone?.toUpperCase() ?? "Z"}`);
}

/** NaN for a missing cell, an infinite one among them; null for what is no number. */
function numberOf(cell: string): number | null {
  if (NUMBER.test(cell)) return Number(cell);
  return MISSING.has(cell.toLowerCase()) || INFINITE.test(cell) ? Number.NaN : null;
}

function short(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

function wrong(message: string, cause?: unknown, remedy = "Correct the table there."): Fault {
  return new Fault("SETTING_INVALID", message, remedy, { cause });
}
