// `telltale status`: what a running instance knows at this moment.

import { type Command, Option } from "commander";
import type { MeterState, SignalSummary } from "../../protocols/stream/frames.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import { UNITS } from "../../runtime/signal/units.ts";
import type { DeviceSummary } from "../../runtime/supervise/poller.ts";
import { isCount, REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";
import { askInstance, connectLocally } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
Examples:
  telltale status
  telltale status --json | jq .usage`;

interface StatusOptions {
  readonly data?: string;
  readonly url?: string;
  readonly json?: true;
}

export function urlOption(): Option {
  return new Option("--url <url>", "a stream elsewhere, such as ws://127.0.0.1:8420/stream");
}

export function registerStatus(program: Command): void {
  program
    .command("status")
    .description("what a running instance knows: state, hours, signals, devices, alarms")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (options: StatusOptions) => {
      const reader = await connectLocally(options);
      const state = (await askInstance(reader, "state")) as MeterState;
      const signals = (await askInstance(reader, "signals")) as readonly SignalSummary[];
      reader.client.close();
      if (options.json) terminal.out(JSON.stringify(state, null, 2));
      else for (const line of statusLines(state, signals)) terminal.out(line);
    });
}

/** The state as lines of at most 80 columns. */
function statusLines(
  { machine, controller, time, usage, values, devices, alarms, journal, configuration }: MeterState,
  signals: readonly SignalSummary[],
): readonly string[] {
  const { maker, model, serialNumber, location } = machine;
  const lasted = age(time.mono - usage.sinceMono);
  return [
    `${maker} ${model}, ${serialNumber}${location ? `, ${location}` : ""}`,
    `controller ${controller}`,
    ...configuration.problems.map((problem) => `! ${problem}`),
    ...journalLines(journal, time.mono),
    "",
    `${usage.state} for ${lasted}`,
    ...REGISTER_NAMES.map((name) => {
      const value = usage.registers[name];
      const shown = isCount(name) ? `${value}` : `${hours(value)} h`;
      return `  ${name.padEnd(12)}${shown.padStart(14)}`;
    }),
    "",
    ...signals.map((signal) => signalLine(signal, values[signal.name])),
    "",
    ...devices.flatMap(deviceLines),
    "",
    ...(alarms.length === 0 ? ["no alarms"] : []),
    ...alarms.map(
      ({ id, severity, ne107, text }) => `ALARM ${id} (${severity}, ${ne107}): ${text}`,
    ),
  ];
}

/** Nothing while the disk takes what it is given. */
function journalLines(
  { refusal, pendingRows, droppedRows }: MeterState["journal"],
  now: number,
): readonly string[] {
  if (refusal === null) return [];
  const lost = droppedRows === 0 ? "" : `, ${droppedRows} are lost`;
  return [
    `! the journal cannot be written for ${age(now - refusal.since.mono)}: ${refusal.reason}`,
    `  ${pendingRows} records wait in memory${lost}; hours go on`,
  ];
}

function signalLine({ name, unit }: SignalSummary, live: LiveValue | undefined): string {
  const symbol = UNITS[unit]?.symbol ?? unit;
  const head = `  ${name.padEnd(24)}`;
  if (!live) return `${head}—`;
  const shown = live.value === null ? "—" : `${rounded(live.value)} ${symbol}`.trim();
  const since = live.age === null ? "never sampled" : `${age(live.age)} old`;
  const last = live.last ? `, last ${rounded(live.last.value)} ${symbol}` : "";
  const why = live.reason ? `  ${live.reason}${last}` : "";
  return `${head}${shown.padStart(14)}  ${since}${why}`;
}

/** Two lines at least: what becomes of it, and what goes over its wire. */
function deviceLines(device: DeviceSummary): string[] {
  const { name, driver, state, reads, lastGoodAge, lastError } = device;
  const good = lastGoodAge === null ? "no good answer yet" : `good ${age(lastGoodAge)} ago`;
  const line = `${name.padEnd(24)}${state.padStart(14)}  ${driver}, ${counted(reads, "read")}`;
  const lines = [`  ${line}, ${good}`, ...trafficLines(device)];
  return state === "up" || !lastError ? lines : [...lines, `    ${lastError.message}`];
}

function trafficLines({ requests, answers, roundTrips, errors, ...rest }: DeviceSummary): string[] {
  const parts: string[] = [];
  if (requests + answers > 0)
    parts.push(`${counted(requests, "request")}, ${counted(answers, "answer")}`);
  if (roundTrips) {
    const { minMs, meanMs, maxMs } = roundTrips;
    parts.push(`round trip ${round(minMs)}/${round(meanMs)}/${round(maxMs)} ms`);
  }
  if (rest.skippedReads > 0) parts.push(`${rest.skippedReads} skipped`);
  const kinds = Object.entries(errors).map(([code, count]) => `${count} ${code}`);
  const failures = kinds.length === 0 ? [] : [`    errors: ${kinds.join(", ")}`];
  return parts.length === 0 ? failures : [`    ${parts.join(", ")}`, ...failures];
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function round(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
}

/** Hours with two decimals, rounded down: a register is never shown larger than it is. */
function hours(milliseconds: number): string {
  return (Math.floor(milliseconds / 36_000) / 100).toFixed(2);
}

export function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `340 ms`, `12 s`, `5 min`, `3 h`, `2 d`. */
function age(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
