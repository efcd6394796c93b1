#!/usr/bin/env node
// The `telltale` command. Each command is one file in commands/; this one only lists them and turns
// what went wrong into an exit status: 0 done, 1 failed, 2 bad input or usage.

import { Command } from "commander";
import { registerCheck } from "./commands/check.ts";
import { registerContract } from "./commands/contract.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerExport } from "./commands/export.ts";
import { reportFailure } from "./commands/failure.ts";
import { registerInit } from "./commands/init.ts";
import { registerInstruct } from "./commands/instruct.ts";
import { registerKey } from "./commands/key.ts";
import { registerLease } from "./commands/lease.ts";
import { registerLedger } from "./commands/ledger.ts";
import { registerGateway, registerMeter } from "./commands/meter.ts";
import { registerProbe } from "./commands/probe.ts";
import { registerRun } from "./commands/run.ts";
import { registerScan } from "./commands/scan.ts";
import { registerSchema } from "./commands/schema.ts";
import { registerSign } from "./commands/sign.ts";
import { registerStatement } from "./commands/statement.ts";
import { registerStatus } from "./commands/status.ts";
import { registerTags } from "./commands/tags.ts";
import { registerTail } from "./commands/tail.ts";
import { registerTemplates } from "./commands/templates.ts";
import { registerTrace } from "./commands/trace.ts";
import { registerVerify } from "./commands/verify.ts";
import { registerVersion, VERSION_LINE } from "./commands/version.ts";
import { registerWitness } from "./commands/witness.ts";

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

for (const register of [
  registerInit,
  registerCheck,
  registerSchema,
  registerTemplates,
  registerTags,
  registerScan,
  registerProbe,
  registerRun,
  registerStatus,
  registerTail,
  registerTrace,
  registerExport,
  registerLedger,
  registerStatement,
  registerInstruct,
  registerLease,
  registerWitness,
  registerKey,
  registerContract,
  registerSign,
  registerDemo,
  registerMeter,
  registerGateway,
  registerVerify,
  registerVersion,
]) {
  register(program);
}

// A reader that closes early, such as `head`, is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
