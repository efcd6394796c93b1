// `telltale version`, for those who do not think of `--version`.

import type { Command } from "commander";
import { VERSION } from "../version.ts";
import { terminal } from "./terminal.ts";

export const VERSION_LINE = `telltale ${VERSION}`;

export function registerVersion(program: Command): void {
  program
    .command("version")
    .description("print the version")
    .action(() => terminal.out(VERSION_LINE));
}
