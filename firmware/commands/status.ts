// `telltale status`: what a running instance knows at this moment.

import { type Command, Option } from "commander";
import type { LedgerSummary, MeterState, SignalSummary } from "../../protocols/stream/frames.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import { UNITS } from "../../runtime/signal/units.ts";
import type { DeviceSummary } from "../../runtime/supervise/poller.ts";
import type { ServiceStatus } from "../../runtime/usage/service-status.ts";
import { isCount, REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";
import { age } from "./age.ts";
import { alarmSummary } from "./alarm-words.ts";
import { diagnosisLines } from "./diagnosis-words.ts";
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
function statusLines(state: MeterState, signals: readonly SignalSummary[]): readonly string[] {
  const { machine, controller, time, usage, services, ledger, values } = state;
  const { devices, diagnosis, alarms } = state;
  const { journal, configuration } = state;
  const { maker, model, serialNumber, location } = machine;
  const lasted = age(time.mono - usage.sinceMono);
  return [
    `${maker} ${model}, ${serialNumber}${location ? `, ${location}` : ""}`,
    `controller ${controller}`,
    ...configuration.problems.map((problem) => `! ${problem}`),
    ...journalLines(journal, time.mono),
    "",
    stateLine(usage, lasted),
    ...registerLines(usage),
    "",
    ...proofLines(ledger),
    ...services.map(serviceLine),
    "",
    ...signals.map((signal) => signalLine(signal, values[signal.name])),
    "",
    ...devices.flatMap(deviceLines),
    "",
    ...diagnosis.flatMap(diagnosisLines),
    ...(diagnosis.length === 0 ? [] : [""]),
    ...(alarms.length === 0 ? ["no alarms"] : []),
    ...alarms.flatMap((alarm) => alarmSummary(alarm, time)),
    ...(alarms.length === 0 ? [] : ["more of them: telltale alarms"]),
  ];
}

/** `FAULT for 5 min, said by alarm:hot, mode Setup, overload`. */
function stateLine({ state, source, mode, overload }: MeterState["usage"], lasted: string): string {
  const more = [
    source === null ? "" : `said by ${source}`,
    mode === "None" ? "" : `mode ${mode}`,
    overload ? "overload" : "",
  ].filter((words) => words !== "");
  return [`${state} for ${lasted}`, ...more].join(", ");
}

/** In all, and beside it since the machine went on hire and since it was last started. */
function registerLines({ registers, periods }: MeterState["usage"]): readonly string[] {
  const columns = [
    ["in all", registers],
    ["rental", periods.rental],
    ["trip", periods.trip],
  ] as const;
  const there = columns.flatMap(([title, from]) => (from === null ? [] : [[title, from] as const]));
  const head = there.length === 1 ? [] : [there.map(([title]) => title.padStart(14)).join("")];
  const rows = REGISTER_NAMES.map((name) => {
    const cells = there.map(([, from]) => {
      const shown = isCount(name) ? `${from[name]}` : `${hours(from[name])} h`;
      return shown.padStart(14);
    });
    return `  ${name.padEnd(12)}${cells.join("")}`;
  });
  return [...head.map((line) => `  ${"".padEnd(12)}${line}`), ...rows];
}

function proofLines({ size, segment, pendingLeaves, lease }: LedgerSummary): readonly string[] {
  const where = segment === 1 ? "" : ` in segment ${segment}`;
  const waiting = pendingLeaves === 0 ? "" : `, ${pendingLeaves} wait for the disk`;
  const hired = lease === null ? "no lease" : `lease ${lease.id}: ${lease.state}`;
  return [`  ledger of ${size} leaves${where}${waiting}; ${hired}`];
}

function serviceLine({ name, register, state, remaining }: ServiceStatus): string {
  const amount = isCount(register) ? `${Math.abs(remaining)}` : `${hours(Math.abs(remaining))} h`;
  const words = remaining > 0 ? `in ${amount}` : `overdue by ${amount}`;
  return `  service ${name.padEnd(14)}${state.padStart(8)}  ${words} of ${register}`;
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
