#!/usr/bin/env node
// The `telltale` command. Each command is one file in commands/; this one only lists them and turns
// what went wrong into an exit status: 0 done, 1 failed, 2 bad input or usage.

import { Command } from "commander";
import { reportFailure } from "./commands/failure.ts";
import { VERSION_LINE } from "./commands/version.ts";

type Register = (program: Command) => void;

/**
 * Commands that run for years load themselves alone: what the others need would stay in their
 * memory.
 */
const LONG_LIVED: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ["meter", async () => (await import("./commands/meter.ts")).registerMeter],
  ["gateway", async () => (await import("./commands/meter.ts")).registerGateway],
  ["run", async () => (await import("./commands/run.ts")).registerRun],
]);

async function all(): Promise<readonly Register[]> {
  return (await import("./commands/all.ts")).COMMANDS;
}

const HELP = `
Exit status: 0 done, 1 failed, 2 bad input or usage.

Example:
  telltale init machine.yaml && telltale check machine.yaml`;

const program = new Command("telltale")
  .description("The runtime inside a machine that is leased by the hour.")
  .version(VERSION_LINE, "--version", "print the version")
  .addHelpText("after", HELP)
  .showHelpAfterError("(telltale --help lists the commands and options)")
  // Before the commands are made: each inherits it.
  .exitOverride();

const alone = LONG_LIVED.get(process.argv[2] ?? "");
for (const register of alone ? [await alone()] : await all()) register(program);

// A reader that closes early, such as `head`, is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
