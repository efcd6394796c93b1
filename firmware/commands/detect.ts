// `telltale detect`: the streaming detector over a table. What it needs is loaded when it is asked
// for.

import { type Command, InvalidArgumentError } from "commander";
import { LEARN_ROWS_LEAST, LEARN_ROWS_MAX } from "../../runtime/diagnosis/detect/table-detector.ts";
import type { DetectOptions } from "./detect/run.ts";

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
    .action(async (file: string, options: DetectOptions) => {
      const { runDetect } = await import("./detect/run.ts");
      await runDetect(file, options);
    });
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
