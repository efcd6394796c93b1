// Judges a table row by row, without a look ahead. The rows go to standard output as they are
// judged, what is said about them in the end to standard error.

import { once } from "node:events";
import { COLUMNS_MAX, TableDetector } from "../../../runtime/diagnosis/detect/table-detector.ts";
import { Fault } from "../../../runtime/signal/fault.ts";
import { byteStream } from "../../host/byte-stream.ts";
import { terminal } from "../terminal.ts";
import { DetectSummary } from "./summary.ts";
import { readTable } from "./table.ts";

/** What is written at once. */
const BATCH_CHARACTERS = 65_536;
/** A threshold that is searched over the scores wants them finer than a person does. */
const SCORE_DIGITS = 6;

export interface DetectOptions {
  readonly time: string;
  readonly value: string;
  readonly json?: boolean;
  readonly delimiter?: string;
  readonly learn?: number;
}

export async function runDetect(file: string, options: DetectOptions): Promise<void> {
  const columns = columnsOf(options.value);
  const learn = options.learn === undefined ? {} : { learnRows: options.learn };
  const detector = new TableDetector({ columns: columns.length, ...learn });
  const summary = new DetectSummary();
  const output = new Output();
  if (!options.json) output.line("time,score,alarm,column");
  const name = file === "-" ? "standard input" : file;
  const delimiter = options.delimiter ?? null;
  const choice = { name, time: options.time, values: columns, delimiter };
  let lastMs = Number.NEGATIVE_INFINITY;
  let backwards = 0;
  try {
    for await (const { time, atMs, values } of readTable(byteStream(file), choice)) {
      if (atMs < lastMs) backwards += 1;
      lastMs = atMs;
      const { score, isAlarm, isLearning, column } = detector.row(atMs, values);
      const speaks = column < 0 ? null : columns[column]!;
      summary.add({ time, score, isAlarm, isLearning, column: speaks });
      const rounded = Number(score.toFixed(SCORE_DIGITS));
      output.line(
        options.json
          ? JSON.stringify({
              time,
              score: rounded,
              alarm: isAlarm,
              column: speaks,
              learning: isLearning,
            })
          : `${cell(time)},${rounded},${isAlarm ? 1 : 0},${cell(speaks ?? "")}`,
      );
      if (output.isFull) await output.flush();
      if (output.isClosed) return;
    }
  } finally {
    // What was judged before a broken line has its rows.
    await output.flush();
  }
  for (const line of summary.lines(detector.learnRows)) terminal.error(line);
  if (backwards > 0) {
    const rows = backwards === 1 ? "1 row is" : `${backwards} rows are`;
    terminal.error(`${rows} earlier than the row before: is "${options.time}" the time?`);
  }
}

function columnsOf(given: string): readonly string[] {
  const columns = given.split(",").map((column) => column.trim());
  const remedy = "Name one column, or several separated by commas.";
  const wrong = (message: string) => new Fault("SETTING_INVALID", message, remedy);
  if (columns.includes("")) throw wrong("--value has an empty name");
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (twice !== undefined) throw wrong(`--value names "${twice}" twice`);
  if (columns.length <= COLUMNS_MAX) return columns;
  throw wrong(`--value names ${columns.length} columns; ${COLUMNS_MAX} is the most`);
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Standard output that waits for its reader: a table of any length must not pile up here. */
class Output {
  #lines: string[] = [];
  #characters = 0;

  line(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
  }

  get isFull(): boolean {
    return this.#characters >= BATCH_CHARACTERS;
  }

  /** A reader that has seen enough, such as `head`. */
  get isClosed(): boolean {
    return process.stdout.destroyed;
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0 || this.isClosed) return;
    terminal.file(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
    this.#characters = 0;
    if (!process.stdout.writableNeedDrain) return;
    const settled = new AbortController();
    try {
      const { signal } = settled;
      await Promise.race([
        once(process.stdout, "drain", { signal }),
        once(process.stdout, "close", { signal }),
      ]);
    } finally {
      settled.abort();
    }
  }
}
