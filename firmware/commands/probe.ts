// `telltale probe`: reads every device of a machine file once, before a meter runs on it, and says
// what is wrong and what to try.

import type { Command } from "commander";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { parseDuration } from "../../runtime/schema/schema.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { Fault, type FaultCode } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { UNITS } from "../../runtime/signal/units.ts";
import { type DeviceResult, type PointResult, probeMachine } from "../bring-up/probe.ts";
import { type Verdict, verdictsOf } from "../bring-up/verdict.ts";
import { drivers } from "../drivers.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { stopSignal } from "../host/processes.ts";
import { hostTimers } from "../host/timers.ts";
import { loadMachineFile } from "../machine-file/load.ts";
import type { Machine } from "../machine-file/machine.ts";
import { rounded } from "./status.ts";
import { EXIT, terminal } from "./terminal.ts";

/** A person wants to know that something is still going on. */
const PROGRESS_EVERY_MS = 2_000;

const IN_USE: ReadonlySet<string> = new Set<FaultCode>(["BUS_BUSY", "BUS_CLOSED", "PORT_IN_USE"]);

const EXAMPLES = `
No meter is needed, and none should be running on the same lines: a serial line has one master, and
some Modbus TCP devices take one connection. Nothing is written to any device, with one exception: a
Firmata board is reset when its port is opened, and its outputs get their declared safe state.

Exit status: 0 every signal has a good value, 1 something has none, 2 the file is bad.

Examples:
  telltale probe machine.yaml
  telltale probe machine.yaml --bus plant
  telltale probe machine.yaml --json | jq '.devices[] | select(.good | not)'`;

interface ProbeOptions {
  readonly bus?: string;
  readonly wait: string;
  readonly json?: true;
}

export function registerProbe(program: Command): void {
  program
    .command("probe")
    .description("read every device of a machine file once: values, or why not and what to try")
    .argument("<file>", "the machine file")
    .option("--bus <name>", "only this bus")
    .option("--wait <duration>", "how long a device that speaks unasked may take", "10s")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: ProbeOptions) => {
      process.exitCode = await runProbe(file, options);
    });
}

async function runProbe(file: string, options: ProbeOptions): Promise<number> {
  const waitMs = parseDuration(options.wait);
  if (waitMs === null || waitMs === 0) {
    const message = `--wait ${options.wait}: not a duration`;
    throw new Fault("SETTING_INVALID", message, "write a number with ms, s or min, such as 30s");
  }
  const loaded = loadMachineFile(file, drivers);
  if (!("machine" in loaded)) {
    for (const problem of loaded.problems) terminal.error(formatProblem(problem));
    return EXIT.badInput;
  }
  const { machine } = loaded;
  checkBus(machine, options.bus);
  const stop = stopSignal();
  const waiting = new Map<string, number>();
  const clock = controllerClock(() => undefined);
  const progress = hostTimers.every(PROGRESS_EVERY_MS, () => {
    for (const [place, since] of waiting) {
      const seconds = Math.round((clock.mono() - since) / 1_000);
      if (seconds > 0) terminal.error(`waiting for ${place} (${seconds} s)`);
    }
  });
  const results = await probeMachine({
    machine,
    bus: options.bus ?? null,
    waitMs,
    clock,
    timers: hostTimers,
    log: silentLog,
    stop,
    onAsk: (bus, device) => waiting.set(`${bus}/${device}`, clock.mono()),
    onDevice: (result) => {
      waiting.delete(`${result.bus}/${result.device}`);
      if (!options.json) for (const line of deviceLines(result)) terminal.out(line);
    },
  });
  progress.cancel();
  const verdicts = verdictsOf(results);
  const devices = machine.buses
    .filter(({ name }) => options.bus === undefined || name === options.bus)
    .reduce((sum, bus) => sum + bus.devices.length, 0);
  const good = results.length === devices && results.every((result) => result.good);
  if (options.json) terminal.out(JSON.stringify({ good, devices: results, verdicts }, null, 2));
  else printEnd(results, devices, verdicts);
  return good ? EXIT.done : EXIT.failed;
}

function checkBus(machine: Machine, bus: string | undefined): void {
  const names = machine.buses.map(({ name }) => name);
  if (bus === undefined || names.includes(bus)) return;
  const hint = didYouMean(bus, names);
  const message = `--bus ${bus}: the file has no such bus${hint}`;
  throw new Fault("SETTING_INVALID", message, `its buses are ${names.join(", ") || "none"}`);
}

/** The device on one line, each of its signals on another. */
function deviceLines({ bus, device, driver, good, tookMs, fault, points }: DeviceResult): string[] {
  const took = `${Math.round(tookMs)} ms`;
  const word = good ? "good" : fault ? "failed" : "incomplete";
  const head = `${bus}/${device}  ${word}, ${driver}, ${took}`;
  const why = fault
    ? [`  ${fault.message} [${fault.code}]`, `    try: ${fault.remedy}`, ...inUse(fault.code)]
    : [];
  // Of a device that failed, the signals without a value say nothing that it has not said itself.
  const shown = fault ? points.filter(({ value }) => value !== null) : points;
  return [head, ...why, ...shown.flatMap(pointLines)];
}

function inUse(code: string): string[] {
  if (!IN_USE.has(code)) return [];
  return [
    "    if a meter runs on this line, look with `telltale status` and `telltale trace`,",
    "    or stop it before you probe",
  ];
}

function pointLines({ name, unit, value, reason, fault }: PointResult): string[] {
  const symbol = UNITS[unit]?.symbol ?? unit;
  const shown = value === null ? "—" : `${rounded(value)} ${symbol}`.trim();
  const line = `  ${name.padEnd(24)}${shown.padStart(16)}${reason ? `  ${reason}` : ""}`;
  if (fault) return [line, `    ${fault.message} [${fault.code}]`, `    try: ${fault.remedy}`];
  if (reason === "out-of-range") {
    return [line, "    try: is its range right? If so, look at type, word order and scale."];
  }
  if (reason === "sensor-fault") {
    return [
      line,
      "    try: the device has no number here: look at the sensor, type and word order.",
    ];
  }
  if (reason === "exception") {
    return [line, "    try: compare its register with the device's list; is that zero-based?"];
  }
  return [line];
}

function printEnd(
  results: readonly DeviceResult[],
  devices: number,
  verdicts: readonly Verdict[],
): void {
  for (const { bus, device, text } of verdicts) {
    terminal.out(`! ${device === null ? bus : `${bus}/${device}`}: ${text}`);
  }
  const points = results.flatMap((result) => result.points);
  const good = points.filter(({ value }) => value !== null).length;
  const goodDevices = results.filter((result) => result.good).length;
  const skipped = devices - results.length;
  const rest = skipped > 0 ? `, ${skipped} not asked` : "";
  terminal.out(
    `${goodDevices} of ${devices} devices good${rest}; ${good} of ${points.length} signals good`,
  );
}
