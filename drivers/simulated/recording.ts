// A recording as a course of values: a table with a column of seconds and one of values. Each value
// holds until the next one's time.

import { readFile, stat } from "node:fs/promises";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { CsvRow } from "../shared/csv.ts";
import type { Course, Recording } from "./script.ts";

/** A week of seconds with a dozen columns; a larger file would be held in memory as a whole. */
const FILE_BYTES_MAX = 64_000_000;

export interface RecordedValue {
  readonly atMs: number;
  /** Null where the cell is empty: the point was broken then. */
  readonly value: number | null;
}

/** Reads the file once. Throws SETTING_INVALID, with the line where it has one. */
export async function readRecording(recording: Recording, place: string): Promise<Course> {
  const { file } = recording;
  const text = await textOf(file, place);
  // Loaded here, because few machines have a recording and all have this driver.
  const { parseCsv } = await import("../shared/csv.ts");
  const { columns, rows } = parseCsv(text, `${place}: ${file}`);
  for (const name of [recording.time, recording.column]) {
    if (columns.includes(name)) continue;
    throw invalid(`${place}: ${file} has no column "${name}"`, `It has ${columns.join(", ")}.`);
  }
  return courseOfRecording(valuesOf(rows, recording, place), recording.repeat);
}

/** Before the first time the first value holds, so that a recording need not begin at 0. */
export function courseOfRecording(values: readonly RecordedValue[], repeat: boolean): Course {
  const begin = values[0]!.atMs;
  // The last value holds as long as the one before it, so that a repeated run keeps its rhythm.
  const step = values.length > 1 ? values.at(-1)!.atMs - values.at(-2)!.atMs : 1;
  const lengthMs = values.at(-1)!.atMs - begin + step;
  return (elapsedMs) => {
    const atMs = begin + (repeat ? elapsedMs % lengthMs : elapsedMs);
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (values[middle]!.atMs <= atMs) low = middle;
      else high = middle - 1;
    }
    return values[low]!.value;
  };
}

function valuesOf(
  rows: readonly CsvRow[],
  { file, time, column }: Recording,
  place: string,
): readonly RecordedValue[] {
  const values: RecordedValue[] = [];
  for (const { line, cells } of rows) {
    const [when, cell] = [cells[time]!, cells[column]!];
    const atMs = Number(when) * 1_000;
    const value = cell === "" ? null : Number(cell);
    const before = values.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    if (when === "" || !Number.isFinite(atMs) || atMs <= before) {
      const what = `${place}: ${file}: line ${line}: ${time} is "${when}"`;
      throw invalid(what, "Write seconds, each more than the one before.");
    }
    if (value !== null && !Number.isFinite(value)) {
      const what = `${place}: ${file}: line ${line}: ${column} is "${cell}"`;
      throw invalid(what, "Write a number, or leave the cell empty for a broken point.");
    }
    values.push({ atMs, value });
  }
  if (values.length === 0) throw invalid(`${place}: ${file} has no rows`, "Record some.");
  return values;
}

async function textOf(file: string, place: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= FILE_BYTES_MAX) return await readFile(file, "utf8");
  } catch (error) {
    throw invalid(
      `${place}: ${file} cannot be read: ${reasonOf(error)}`,
      "Relative paths count from the directory in which the meter runs.",
    );
  }
  throw invalid(`${place}: ${file} has more than ${FILE_BYTES_MAX} bytes`, "Record less.");
}

function invalid(what: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", `${what}.`, remedy);
}
