// The work of `telltale replay`: recordings in, through the meter, and what it says out.

import { formatProblem } from "../../../runtime/schema/problem.ts";
import type { Log } from "../../../runtime/signal/log.ts";
import { sleep } from "../../../runtime/signal/timers.ts";
import { USAGE_STATES } from "../../../runtime/usage/usage-state.ts";
import { drivers } from "../../drivers.ts";
import { monoMs } from "../../host/clock.ts";
import { directoryHasFiles, removeDirectory } from "../../host/files.ts";
import { stopSignal } from "../../host/processes.ts";
import { makeScratchDirectory } from "../../host/scratch.ts";
import { hostTimers } from "../../host/timers.ts";
import { sha256Of } from "../../machine-file/adopt.ts";
import { loadMachineFile } from "../../machine-file/load.ts";
import type { Machine } from "../../machine-file/machine.ts";
import { numberOption, rateOption, scaleOption } from "../diagnose/options.ts";
import { badInput } from "../read-input.ts";
import { EXIT, terminal } from "../terminal.ts";
import { type Feed, merged, openFeed } from "./feeds.ts";
import { ReplayedMeter } from "./replayed-meter.ts";
import { VirtualTime } from "./virtual-time.ts";
import { clockWords, hoursOf, ReplayReport } from "./words.ts";

export interface ReplayOptions {
  readonly machine: string;
  readonly data?: string;
  readonly speed?: string;
  readonly repeat?: string;
  readonly waveform?: string;
  readonly time?: string;
  readonly hold?: readonly string[];
  readonly format?: string;
  readonly rate?: string;
  readonly scale?: string;
  readonly channel?: string;
  readonly json?: true;
}

/** Not zero: an instant of zero is one that nothing has. */
const BEGINS_AT_MS = 1_000;
/** How often a held signal speaks; faster than any of them turns stale. */
const HOLD_EVERY_MS = 250;
const SPEED_MAX = 1e6;
const REPEAT_MAX = 1e6;

export async function runReplay(files: readonly string[], options: ReplayOptions): Promise<number> {
  const loaded = loadMachineFile(options.machine, drivers);
  if (!("machine" in loaded)) {
    for (const problem of loaded.problems) terminal.error(formatProblem(problem));
    return EXIT.badInput;
  }
  const { machine } = loaded;
  const speed = options.speed === undefined || options.speed === "max" ? null : options.speed;
  const pace = numberOption("--speed", speed ?? undefined, 1e-3, SPEED_MAX) ?? null;
  const repeat = numberOption("--repeat", options.repeat, 1, REPEAT_MAX) ?? 1;
  const held = heldSignals(machine, options.hold ?? []);
  await using cleanup = new AsyncDisposableStack();
  const feeds: Feed[] = [];
  cleanup.defer(() => {
    for (const feed of feeds) feed.close();
  });
  for (const file of files) feeds.push(await openFeed(file, machine, feedOptions(options)));
  for (const note of feeds.flatMap(({ notes }) => notes)) terminal.error(note);

  const utc = feeds.find((feed) => feed.utc !== null)?.utc ?? null;
  const time = new VirtualTime(BEGINS_AT_MS, utc);
  const report = new ReplayReport(options.json === true, BEGINS_AT_MS);
  const replayed = await ReplayedMeter.open({
    directory: directoryFor(options.data, cleanup),
    machine,
    configuration: sha256Of(loaded.bytes),
    file: options.machine,
    time,
    log: LOG,
    ears: report,
    cleanup,
  });
  const hold = () => {
    for (const { index, value } of held) replayed.signal(index, value, time.mono());
  };
  hold();
  time.every(HOLD_EVERY_MS, hold);
  await play(replayed, time, feeds, { pace, repeat });
  await replayed.end();
  terminal.progress(null);
  summarise(replayed, report, time.mono() - BEGINS_AT_MS, options.json === true);
  return EXIT.done;
}

async function play(
  replayed: ReplayedMeter,
  time: VirtualTime,
  feeds: readonly Feed[],
  { pace, repeat }: { readonly pace: number | null; readonly repeat: number },
): Promise<void> {
  const stop = stopSignal();
  const startedAt = monoMs();
  for (let round = 0; round < repeat && !stop.aborted; round++) {
    const beginsAt = time.mono();
    for await (const event of merged(feeds)) {
      if (stop.aborted) break;
      const at = beginsAt + event.atMs;
      if (pace !== null) {
        const dueIn = (at - BEGINS_AT_MS) / pace - (monoMs() - startedAt);
        if (dueIn > 0) await sleep(hostTimers, dueIn, stop);
      }
      await replayed.goTo(at);
      event.apply(replayed, at);
      await replayed.settled();
      terminal.progress(`replaying: ${clockWords(at - BEGINS_AT_MS)}`);
    }
  }
}

function summarise(
  { meter }: ReplayedMeter,
  { counts }: ReplayReport,
  lengthMs: number,
  asJson: boolean,
): void {
  const { registers } = meter.metering.usage;
  const alarms = meter.metering.activeAlarms.map(({ id, text }) => ({ id, text }));
  const diagnosis = meter.diagnosis.status;
  if (asJson) {
    const body = { kind: "summary", lengthMs, ...counts, registers, alarms, diagnosis };
    terminal.out(JSON.stringify(body));
    return;
  }
  terminal.out("");
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const found = counted(counts.findings, "finding");
  const raised = counted(counts.alarmsRaised, "alarm");
  terminal.out(`${clockWords(lengthMs)} replayed: ${found}, ${raised}`);
  const hours = USAGE_STATES.map((state) => {
    return `${state} ${hoursOf(registers[STATE_REGISTERS[state]])}`;
  });
  terminal.out(`hours: ${hours.join(", ")}`);
  for (const { id, text } of alarms) terminal.out(`alarm ${id}: ${text}`);
  for (const { waveform, operatingState, zone, bearings, problems } of diagnosis) {
    const zones = zone === null ? "" : `, zone ${zone}`;
    terminal.out(`${waveform} in ${operatingState}${zones}`);
    for (const { bearing, verdict, confidence, reason } of bearings) {
      terminal.out(`  ${bearing}: ${verdict} (${Math.floor(confidence * 100)} %). ${reason}`);
    }
    for (const problem of problems) terminal.out(`  ${problem}`);
  }
}

const STATE_REGISTERS = {
  OFF: "off",
  STANDBY: "standby",
  IDLE: "idle",
  WORKING: "working",
  FAULT: "fault",
  UNKNOWN: "unknown",
} as const;

/** Simulated hours never come into the directory of a meter that counts real ones. */
function directoryFor(given: string | undefined, cleanup: AsyncDisposableStack): string {
  if (given === undefined) {
    const scratch = makeScratchDirectory();
    cleanup.defer(() => removeDirectory(scratch));
    return scratch;
  }
  if (!directoryHasFiles(given)) return given;
  throw badInput(
    `--data ${given} is not empty: replayed hours must not get among others`,
    "name a directory that is new or empty, or leave --data out",
  );
}

function heldSignals({ signals }: Machine, given: readonly string[]) {
  return given.map((text) => {
    const [name = "", value = ""] = text.split("=").map((part) => part.trim());
    const index = signals.findIndex((signal) => signal.name === name);
    const number = value === "" ? Number.NaN : Number(value);
    if (index !== -1 && Number.isFinite(number)) return { index, value: number };
    const names = signals.slice(0, 8).map((signal) => signal.name);
    throw badInput(
      `--hold ${text} names no signal with a number`,
      `write it such as --hold ${names[0] ?? "motorSpeed"}=1480; signals are ${names.join(", ")}`,
    );
  });
}

function feedOptions({ format, rate, scale, channel, waveform, time }: ReplayOptions) {
  return {
    rate: rateOption(rate),
    scale: scale === undefined ? null : scaleOption(scale),
    ...(format !== undefined && { format }),
    ...(channel !== undefined && { channel }),
    ...(waveform !== undefined && { waveform }),
    ...(time !== undefined && { time }),
  };
}

/** What goes wrong is told. Of a controller that is thrown away nobody has to be warned. */
const LOG: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message) => terminal.error(message),
};
