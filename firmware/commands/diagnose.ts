// `telltale diagnose`: the meter's diagnosis on a recording, as a report for people or as JSON.

import type { Command } from "commander";
import { SEVERITY_NAMES } from "../../runtime/diagnosis/severity.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { DiagnoseOptions } from "./diagnose/options.ts";
import { wrap } from "./diagnose/words.ts";
import { terminal } from "./terminal.ts";

const HELP = `
The verdict is outer, inner, ball, cage, none or cannot-tell; docs/diagnose.md says what it stands
on. It needs the speed and the bearing. Without one of them it is cannot-tell, and everything else
is still given. Formats are little-endian; without --unit the samples are taken as g.

${wrap(`--iso is one of ${SEVERITY_NAMES.join(", ")}.`).join("\n")}

Exit status: 0 the recording was read, whatever the verdict; 2 it cannot be read, or an option is
wrong. With --json standard output holds one JSON object in both cases.

Examples:
  telltale diagnose pump.f32 --rate 12000 --rpm 1772 --bearing 6205 --iso group2-rigid
  telltale diagnose pump.wav --scale 50 --unit m/s2 --rpm 1480 --bearing n=9,d=7.94,D=39.04,angle=0
  telltale diagnose log.csv --column x --rate 2000 --rpm 960 --json
  telltale diagnose pump.i16 --rate 25600 --scale 0.0015 --rpm 1800 --bearing 6205 --plot pump.svg`;

export function registerDiagnose(program: Command): void {
  program
    .command("diagnose")
    .description("diagnose a recording: bearings, severity, what can and what cannot be told")
    .argument("<file>", "the recording")
    .option("--rate <hz>", "samples per second; a WAV file says it itself")
    .option("--rpm <n>", "speed of the shaft in turns per minute; 0 at rest")
    .option(
      "--bearing <name|geometry>",
      "such as 6205, or n=9,d=7.94,D=39.04,angle=0 (mm, degrees)",
    )
    .option("--format <name>", "f32, i16, wav or csv; else the file's name says it")
    .option("--scale <factor>", "what one raw step is, of a WAV file what full scale is; default 1")
    .option("--unit <ucum>", "of the samples after scaling: [g], m/s2, mm/s, um, A; default [g]")
    .option(
      "--quantity <name>",
      "acceleration, velocity, displacement, current, other; else by unit",
    )
    .option("--full-scale <value>", "where the sensor or converter clips, in the unit")
    .option("--column <name>", "of a CSV file, by name or by number from 1")
    .option("--channel <n>", "of a WAV file, from 1; of f32 and i16 with how many there are: 2/4")
    .option("--iso <limits>", "judge the severity after ISO 20816, such as group2-rigid")
    .option("--teeth <n>", "of a gear wheel on the shaft")
    .option("--mains <hz>", "of the supply, to tell pick-up; default 50")
    .option("--plot <file.svg>", "write a picture of the spectra with the bearing's lines")
    .option("--json", "print one JSON object instead of a report")
    .addHelpText("after", HELP)
    .action(async (file: string, options: DiagnoseOptions) => {
      const { runDiagnose } = await import("./diagnose/run.ts");
      try {
        await runDiagnose(file, options);
      } catch (error) {
        if (options.json && error instanceof Fault) terminal.out(refusal(file, error));
        throw error;
      }
    });
}

/** A program that asked for JSON gets an answer whatever happened. */
function refusal(file: string, { code, message, remedy }: Fault): string {
  const answer = { file, verdict: "cannot-tell", confidence: 0, reason: message, evidence: [] };
  return JSON.stringify({ ...answer, error: { code, message, remedy } }, null, 2);
}
