// What the person at the terminal gets when a command fails. A mistake of theirs gets a sentence
// and a remedy; a mistake of ours says that it is ours. Neither gets a stack trace unless asked
// for.

import { CommanderError } from "commander";
import { Fault, type FaultCode, reasonOf } from "../../runtime/signal/fault.ts";
import { environmentVariable } from "../host/environment.ts";
import { EXIT, terminal } from "./terminal.ts";

const BAD_INPUT: ReadonlySet<FaultCode> = new Set(["MACHINE_FILE_INVALID", "SETTING_INVALID"]);

/** Says what failed, and gives the exit status. */
export function reportFailure(error: unknown): number {
  // Commander has said already what was wrong; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  const debug = environmentVariable("TELLTALE_DEBUG") === "1";
  if (error instanceof Fault) {
    terminal.error(`telltale: ${error.message}`);
    terminal.error(`  ${error.remedy} [${error.code}]`);
    if (debug && error.stack) terminal.error(error.stack);
    return BAD_INPUT.has(error.code) ? EXIT.badInput : EXIT.failed;
  }
  terminal.error(`telltale: this should not happen: ${reasonOf(error)}`);
  terminal.error("  It is a mistake in Telltale. Please report it with the command you gave and");
  terminal.error("  what it prints with TELLTALE_DEBUG=1 set.");
  if (debug && error instanceof Error && error.stack) terminal.error(error.stack);
  return EXIT.failed;
}
