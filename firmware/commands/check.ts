// `telltale check`: everything that is wrong with a machine file at once, or what it amounts to.

import type { Command } from "commander";
import { formatProblem, type Problem } from "../../runtime/schema/problem.ts";
import { drivers } from "../drivers.ts";
import { sha256Of } from "../machine-file/adopt.ts";
import { describeMachine, type MachineDescription } from "../machine-file/describe.ts";
import { loadMachineFile } from "../machine-file/load.ts";
import { EXIT, terminal } from "./terminal.ts";

const EXAMPLES = `
Exit status: 0 the file is good, 2 it is not.

Examples:
  telltale check machine.yaml
  telltale check machine.yaml --json`;

export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("check a machine file and say what it amounts to")
    .argument("<file>", "the machine file")
    .option("--json", "print one JSON object instead of sentences")
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: { readonly json?: true }) => {
      process.exitCode = runCheck(file, options.json === true);
    });
}

interface CheckResult {
  readonly file: string;
  readonly good: boolean;
  /** SHA-256 of the file, hexadecimal: what a contract names as approved. */
  readonly sha256: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly summary: MachineDescription | null;
}

function runCheck(file: string, asJson: boolean): number {
  const loaded = loadMachineFile(file, drivers);
  const good = "machine" in loaded;
  const result: CheckResult = {
    file,
    good,
    sha256: sha256Of(loaded.bytes),
    problems: good ? [] : loaded.problems,
    warnings: good ? loaded.warnings : [],
    summary: good ? describeMachine(loaded.machine) : null,
  };
  if (asJson) terminal.out(JSON.stringify(result, null, 2));
  else print(result);
  return good ? EXIT.done : EXIT.badInput;
}

function print({ file, sha256, problems, warnings, summary }: CheckResult): void {
  for (const problem of problems) terminal.error(formatProblem(problem));
  for (const warning of warnings) terminal.error(`warning: ${formatProblem(warning)}`);
  if (summary === null) {
    terminal.error(count(problems.length, "problem"));
    return;
  }
  const { buses, devices, signals, waveforms, alarms, usage, beside } = summary;
  const counts = [
    count(buses, "bus", "buses"),
    count(devices, "device"),
    count(signals, "signal"),
    count(waveforms, "waveform"),
    count(alarms, "alarm"),
  ];
  terminal.out(`${file}: good: ${counts.join(", ")}`);
  const rows = [...Object.entries(usage), ...Object.entries(beside), ["SHA-256", sha256] as const];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, sentence] of rows) terminal.out(`  ${name.padEnd(width)}  ${sentence}`);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
