// The samples in one column of a table, row by row, without holding the table.

import { pipeline, Readable } from "node:stream";
import { CsvError, type Info, Parser } from "csv-parse";
import { Fault } from "../../../runtime/signal/fault.ts";
import type { RecordingFile } from "../../host/recording-file.ts";
import type { RecordedBlock, RecordingOptions } from "./recording.ts";

const CHUNK_BYTES = 65_536;
/** Rows that are handed on together. */
const BLOCK_ROWS = 4_096;
/** A line of cells is never near this; a file without line ends is, and is no table. */
const RECORD_CHARACTERS_MAX = 65_536;
/** What spreadsheets write between cells; of two that are as frequent the first is taken. */
const SEPARATORS = ["\t", ";", ","] as const;

export interface CsvRow {
  readonly cells: readonly string[];
  /** Where the row ends in the file, counted from 1. */
  readonly line: number;
}

/** @param state where its position says how far the file was read. */
export async function* csvRows(
  source: RecordingFile,
  state: { position: number },
): AsyncGenerator<CsvRow> {
  const first = new Uint8Array(CHUNK_BYTES);
  const head = first.subarray(0, source.read(first, 0));
  const parser = new Parser({
    bom: true,
    delimiter: separatorOf(new TextDecoder().decode(head)),
    info: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  // What goes wrong on either side ends the iteration below with that error.
  pipeline(Readable.from(chunksOf(source, state)), parser, () => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      yield { cells: record, line: info.lines };
    }
  } catch (error) {
    throw error instanceof CsvError ? rowFault(source.file, error) : error;
  }
}

interface ParsedRow {
  readonly record: readonly string[];
  readonly info: Info;
}

function* chunksOf(source: RecordingFile, state: { position: number }): Generator<Buffer> {
  state.position = 0;
  for (;;) {
    // One each: the parser may keep what is the beginning of the next row.
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const got = source.read(chunk, state.position);
    if (got === 0) return;
    state.position += got;
    yield chunk.subarray(0, got);
  }
}

export async function* csvBlocks(
  source: RecordingFile,
  { column, scale }: RecordingOptions,
  state: { position: number },
): AsyncGenerator<RecordedBlock> {
  const samples = new Float32Array(BLOCK_ROWS);
  let count = 0;
  let chosen: { readonly index: number; readonly name: string } | null = null;
  for await (const { cells, line } of csvRows(source, state)) {
    if (chosen === null) {
      const isHeader = cells.some((cell) => cell !== "" && !isNumber(cell));
      chosen = columnOf(source.file, cells, isHeader, column);
      if (isHeader) continue;
    }
    const cell = cells[chosen.index] ?? "";
    if (!isNumber(cell)) {
      throw invalid(
        `${source.file}: line ${line}, column ${chosen.name}: "${cell}" is no number`,
        "correct that cell: decimals have a point, and a sample that is missing is NaN",
      );
    }
    samples[count++] = Number(cell.replace(/^([+-]?)inf(inity)?$/i, "$1Infinity")) * scale;
    if (count < BLOCK_ROWS) continue;
    yield { samples, count };
    count = 0;
  }
  if (count > 0) yield { samples, count };
}

/** Words for what is no number are no mistake of the table: the validity gate answers them. */
function isNumber(cell: string): boolean {
  if (/^(nan|[+-]?inf(inity)?)$/i.test(cell)) return true;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
}

function columnOf(
  file: string,
  cells: readonly string[],
  isHeader: boolean,
  wanted: string | undefined,
): { readonly index: number; readonly name: string } {
  const names = cells.map((cell, index) => (isHeader ? cell : `${index + 1}`));
  if (wanted === undefined && names.length === 1) return { index: 0, name: names[0]! };
  const byName = names.indexOf(wanted ?? "");
  const byNumber = /^\d+$/.test(wanted ?? "") ? Number(wanted) - 1 : -1;
  const index = byName === -1 ? byNumber : byName;
  if (names[index] !== undefined) return { index, name: names[index] };
  const what = wanted === undefined ? "has several columns" : `has no column "${wanted}"`;
  throw invalid(`${file} ${what}`, `give --column, one of ${names.join(", ")}`);
}

function separatorOf(text: string): string {
  const [first = ""] = text.replace(/"[^"]*"/g, "").split("\n", 1);
  const counts = SEPARATORS.map((separator) => first.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

function rowFault(file: string, error: CsvError): Fault {
  const line = `line ${String(error["lines"])}`;
  return new Fault(
    "SETTING_INVALID",
    `${file}: ${line} is no row of a table (${error.message})`,
    "open the file in an editor for text and correct that line",
    { cause: error },
  );
}

function invalid(message: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", message, remedy);
}
