// `telltale replay`: recordings through the running pipeline, at any speed.

import type { Command } from "commander";
import type { ReplayOptions } from "./replay/run.ts";

const HELP = `
What is fed goes the way of live samples: intake, rings, diagnosis thread, hours, alarms, journal
and ledger, in a scratch directory that is gone afterwards, or in a new one that you name. The clock
is the recording's own. At full speed time waits for each answer of the diagnosis, so that two runs
say the same.

A CSV feeds signals: its columns are named as they are, in their units, and one column has the time
in seconds or as dates. f32, wav and i16 feed a waveform: f32 and wav in its unit, i16 as its device
gives it. Several recordings run side by side.

Exit status: 0 replayed, 2 a file cannot be read or an option is wrong.

Examples:
  telltale replay week.csv --machine machine.yaml
  telltale replay bearing.f32 --machine machine.yaml --hold motorSpeed=1480 --repeat 60
  telltale replay bearing.i16 log.csv --machine machine.yaml --speed 10 --json`;

export function registerReplay(program: Command): void {
  const collect = (word: string, before: readonly string[] = []) => [...before, word];
  program
    .command("replay")
    .description("feed recordings through the running pipeline: findings, alarms and hours")
    .argument("<recording...>", "the recordings")
    .requiredOption("--machine <file>", "the machine file")
    .option("--speed <n|max>", "how many times faster than the recording; default max")
    .option("--repeat <n>", "so many times one after the other; default 1")
    .option("--waveform <name>", "which waveform of the machine file a recording is")
    .option("--time <column>", "the CSV's column of times; default one called time, t or timestamp")
    .option("--hold <signal=value>", "a signal that keeps a value; again for others", collect)
    .option("--format <name>", "f32, i16, wav or csv; else the file's name says it")
    .option("--rate <hz>", "samples per second, or rows of a CSV without times")
    .option("--scale <factor>", "from the recording's samples to the unit of the waveform")
    .option("--channel <n>", "of a WAV file, from 1; of f32 and i16 with how many there are: 2/4")
    .option("--data <directory>", "keep journal and ledger in this new directory")
    .option("--json", "print JSON lines")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], options: ReplayOptions) => {
      const { runReplay } = await import("./replay/run.ts");
      process.exitCode = await runReplay(files, options);
    });
}
