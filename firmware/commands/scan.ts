// `telltale scan`: who is on a bus, before anybody has written a device into the machine file.

import type { Command } from "commander";
import type { Driver, Found } from "../../drivers/driver.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { snippetOf } from "../bring-up/found-snippet.ts";
import { scanBus } from "../bring-up/scan-bus.ts";
import { drivers } from "../drivers.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { fileExists, readTextFile } from "../host/files.ts";
import { stopSignal } from "../host/processes.ts";
import { hostTimers } from "../host/timers.ts";
import { MACHINE_FILE_BYTES_MAX } from "../machine-file/load.ts";
import { busOfText, busOfWords, type OneBus } from "../machine-file/one-bus.ts";
import { EXIT, terminal } from "./terminal.ts";

const EXAMPLES = `
A scan only reads. It asks every address in turn, so it disturbs a bus that is in use: stop the
meter first. Ctrl-C ends it; what was found until then is shown.

Exit status: 0 something was found, 1 nothing was, 2 bad input.

Examples:
  telltale scan modbus --set host=192.0.2.10
  telltale scan machine.yaml --bus plant
  telltale scan modbus --set host=192.0.2.10 --json`;

interface ScanOptions {
  readonly bus?: string;
  readonly set?: readonly string[];
  readonly json?: true;
}

export function registerScan(program: Command): void {
  const collect = (word: string, before: readonly string[] = []) => [...before, word];
  program
    .command("scan")
    .description("look who is on a bus, and print what to paste into the machine file")
    .argument("<driver or file>", "a driver's name, or a machine file with --bus")
    .option("--bus <name>", "the bus of the machine file")
    .option("--set <key=value>", "a setting of the bus; may be repeated", collect)
    .option("--json", "print each thing found as one line of JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (target: string, options: ScanOptions) => {
      process.exitCode = await runScan(target, options);
    });
}

async function runScan(target: string, options: ScanOptions): Promise<number> {
  const bus = busOf(target, options);
  if ("problems" in bus) {
    for (const problem of bus.problems) terminal.error(formatProblem(problem));
    return EXIT.badInput;
  }
  const { driver, settings } = bus;
  if (driver.scan === undefined) throw cannotScan(driver);
  const stop = stopSignal();
  const found = await scanBus({
    driver,
    settings,
    clock: controllerClock(),
    timers: hostTimers,
    log: silentLog,
    stop,
    progress: (text) => terminal.progress(text),
    onFound: (thing) => {
      terminal.progress(null);
      terminal.out(options.json ? JSON.stringify(thing) : foundLine(thing));
    },
  }).finally(() => terminal.progress(null));
  if (stop.aborted) terminal.error("the scan was interrupted; this is what it found until then");
  if (found.length === 0) terminal.error("nothing was found");
  const snippet = snippetOf(driver, options.bus ?? "NAME", found);
  if (!options.json && snippet !== "") {
    terminal.error("\nfor the machine file, with names of your own:\n");
    terminal.out(snippet.trimEnd());
  }
  return found.length > 0 ? EXIT.done : EXIT.failed;
}

function foundLine({ where, what }: Found): string {
  return `${where.padEnd(24)}  ${what}`;
}

function busOf(target: string, { bus, set = [] }: ScanOptions): OneBus {
  const isDriver = drivers.some(({ name }) => name === target);
  if (isDriver && bus === undefined) return busOfWords(target, set, drivers);
  if (set.length > 0) {
    const message = `--set belongs to a driver, and "${target}" names none`;
    throw new Fault("SETTING_INVALID", message, `the drivers are ${driverNames()}`);
  }
  if (!fileExists(target)) {
    const names = drivers.map(({ name }) => name);
    const message = `"${target}" is neither a driver nor a file${didYouMean(target, names)}`;
    throw new Fault("SETTING_INVALID", message, `the drivers are ${driverNames()}`);
  }
  if (bus === undefined) {
    const message = "a machine file has several lines: name the one to scan";
    throw new Fault("SETTING_INVALID", message, "write --bus NAME");
  }
  return busOfText(readTextFile(target, MACHINE_FILE_BYTES_MAX), target, bus, drivers);
}

function cannotScan(driver: Driver): Fault {
  const able = drivers.filter(({ scan }) => scan !== undefined).map(({ name }) => name);
  return new Fault(
    "SETTING_INVALID",
    `the driver ${driver.name} has no scan: nobody can ask such a line who is on it`,
    able.length === 0 ? "no driver here has one" : `those that have one: ${able.join(", ")}`,
  );
}

function driverNames(): string {
  return drivers.map(({ name }) => name).join(", ");
}
