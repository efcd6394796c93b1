// `telltale version`: which program this is, and the hash of the code that meters, as a contract
// names it.

import type { Command } from "commander";
import { codeHash } from "../host/code-hash.ts";
import { VERSION } from "../version.ts";
import { terminal } from "./terminal.ts";

export const VERSION_LINE = `telltale ${VERSION}`;

const EXAMPLE = `
Example:
  telltale version --json | jq -r .meteringCode`;

export function registerVersion(program: Command): void {
  program
    .command("version")
    .description("print the version and the hash of the metering code")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLE)
    .action(({ json }: { readonly json?: true }) => {
      if (json) terminal.out(JSON.stringify({ version: VERSION, meteringCode: codeHash() }));
      else for (const line of [VERSION_LINE, `metering code ${codeHash()}`]) terminal.out(line);
    });
}
