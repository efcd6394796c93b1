// Options that several commands share, so that they read the same everywhere.

import { InvalidArgumentError, Option } from "commander";
import type { Log } from "../../runtime/signal/log.ts";
import { environmentVariable } from "../host/environment.ts";
import { hostLog } from "../host/log.ts";

export function dataOption(): Option {
  return new Option(
    "--data <directory>",
    "where the journal and the registers lie (default: $STATE_DIRECTORY, else per user)",
  ).argParser(directoryOf);
}

/** An empty text would mean the current directory: a variable of a script that was never set. */
function directoryOf(given: string): string {
  if (given.trim() !== "") return given;
  throw new InvalidArgumentError("It is empty; name a directory, or leave --data out.");
}

/** The log of one process: plain lines for a person at a terminal, JSON for whoever collects it. */
export function logOf(name: string): Log {
  const level = environmentVariable("TELLTALE_LOG") ?? "info";
  const format = environmentVariable("TELLTALE_LOG_FORMAT");
  const plain = format ? format === "plain" : process.stderr.isTTY === true;
  return hostLog(name, { plain, level });
}
