// `telltale schema`: the machine file's JSON Schema, for editors and other programs.

import type { Command } from "commander";
import { drivers } from "../drivers.ts";
import { machineSchemaText } from "../machine-file/machine-schema.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  telltale schema > machine.schema.json
  then, as the first line of machine.yaml, for editors with a YAML language server:
  # yaml-language-server: $schema=machine.schema.json`;

export function registerSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of the machine file, for editors")
    .addHelpText("after", EXAMPLES)
    .action(() => terminal.out(machineSchemaText(drivers).trimEnd()));
}
