// `telltale detect`: the streaming detector over a table, one row at a time, without a look ahead.
// The rows go to standard output as they are judged, what is said about them to standard error.

import { once } from "node:events";
import { type Command, InvalidArgumentError } from "commander";
import {
  COLUMNS_MAX,
  LEARN_ROWS_LEAST,
  LEARN_ROWS_MAX,
  TableDetector,
} from "../../runtime/diagnosis/detect/table-detector.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { byteStream } from "../host/byte-stream.ts";
import { DetectSummary } from "./detect-summary.ts";
import { readTable } from "./detect-table.ts";
import { terminal } from "./terminal.ts";

const HELP = `
One column is watched for what it never did: alone, at this time of the day, at this time of the
week; what was told is not told again for some hundred rows. Several columns are watched together
for a process that left its level; the alarm stands for as long as it does. The first rows are taken
for normal: 50 for each column and at least 150. Until then the score is 0.

A score is 0 to 1, an alarm begins at 0.5. A time without a zone is taken for UTC. An empty cell,
NaN, NA or null is a missing value. The separator (comma, semicolon, tab) is told by the first line.

Examples:
  telltale detect oil.csv --time time --value pressure
  telltale detect pump.csv --time datetime --value "Current,Pressure,Volume Flow RateRMS" --json
  telltale detect - --time t --value level --learn 500 < level.csv > scores.csv`;

/** What is written at once. */
const BATCH_CHARACTERS = 65_536;

interface DetectOptions {
  readonly time: string;
  readonly value: string;
  readonly json?: boolean;
  readonly delimiter?: string;
  readonly learn?: number;
}

export function registerDetect(program: Command): void {
  program
    .command("detect")
    .description("watch a table of values for anomalies, row by row")
    .argument("<file>", "a table with a line of names, comma-separated; - for standard input")
    .requiredOption("--time <column>", "the column with the time")
    .requiredOption("--value <columns>", "the column or columns with the values, by commas")
    .option("--json", "one JSON object a row instead of comma-separated values")
    .option("--delimiter <character>", "what separates cells, or tab", delimiterOf)
    .option("--learn <rows>", "rows at the beginning that are taken for normal", learnRowsOf)
    .addHelpText("after", HELP)
    .action(runDetect);
}

function delimiterOf(given: string): string {
  const delimiter = given === "tab" || given === "\\t" ? "\t" : given;
  if (delimiter.length === 1 && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new InvalidArgumentError('It is one character, such as ; or the word "tab".');
}

function learnRowsOf(given: string): number {
  const rows = Number(given);
  if (Number.isInteger(rows) && rows >= LEARN_ROWS_LEAST && rows <= LEARN_ROWS_MAX) return rows;
  throw new InvalidArgumentError(
    `It is a whole number from ${LEARN_ROWS_LEAST} to ${LEARN_ROWS_MAX}.`,
  );
}

async function runDetect(file: string, options: DetectOptions): Promise<void> {
  const columns = columnsOf(options.value);
  const learn = options.learn === undefined ? {} : { learnRows: options.learn };
  const detector = new TableDetector({ columns: columns.length, ...learn });
  const summary = new DetectSummary();
  const output = new Output();
  if (!options.json) output.line("time,score,alarm,column");
  const name = file === "-" ? "standard input" : file;
  const delimiter = options.delimiter ?? null;
  const choice = { name, time: options.time, values: columns, delimiter };
  try {
    for await (const { time, atMs, values } of readTable(byteStream(file), choice)) {
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
}

/** A threshold that is searched over the scores wants them finer than a person does. */
const SCORE_DIGITS = 6;

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
