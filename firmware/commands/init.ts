// `telltale init`: a ten-line machine file to begin with.

import { type Command, Option } from "commander";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { writeNewFile } from "../host/files.ts";
import { TEMPLATE_DEFAULT, TEMPLATES } from "../machine-file/templates.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  telltale init
  telltale init compressor.yaml --template modbus-tcp`;

export function registerInit(program: Command): void {
  const template = new Option("--template <name>", "what it reads")
    .choices(Object.keys(TEMPLATES))
    .default(TEMPLATE_DEFAULT);
  program
    .command("init")
    .description("write a ten-line machine file to begin with")
    .argument("[file]", "the file to write; one that exists is never overwritten", "machine.yaml")
    .addOption(template)
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: { readonly template: string }) =>
      runInit(file, options.template),
    );
}

function runInit(file: string, template: string): void {
  let written: boolean;
  try {
    written = writeNewFile(file, TEMPLATES[template]!);
  } catch (error) {
    const remedy = "Name a file in a directory that exists and that this user may write.";
    const message = `${file} cannot be written (${reasonOf(error)})`;
    throw new Fault("DATA_UNUSABLE", message, remedy, { cause: error });
  }
  if (!written) {
    const remedy = "Name another file, or move this one away.";
    throw new Fault("SETTING_INVALID", `${file} exists already and is not overwritten`, remedy);
  }
  terminal.out(`${file} is written. Next: telltale check ${file}`);
}
