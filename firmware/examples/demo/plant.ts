// The demo's plant: a process of its own that behaves like the compressor and the accelerometer
// that Telltale is wired to. It stands for hardware: it shares nothing with the running Telltale
// but the wire.
//
// Modbus TCP, unit 1 (what machine.yaml reads):
//   input register 0   supply voltage           0.1 V
//   input register 1   motor current            0.1 A
//   input register 2   oil pressure             0.01 bar
//   input register 3   discharge temperature    0.1 °C, signed
//   input register 4   fault word               bit 2: over-temperature
//   holding 10 and 11  the controller's hours   0.05 h, unsigned 32 bits, high word first
//   coil 0             start inhibit            writable; holds the next start only
// Waveform TCP: signed 16-bit little-endian, one channel, 25,600 per second, 1024 counts are 1 g.

import { parseArgs } from "node:util";
import { parseDuration } from "../../../runtime/schema/schema.ts";
import type { Mono } from "../../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../../runtime/signal/timers.ts";
import { HostClock } from "../../host/clock.ts";
import { hostTimers } from "../../host/timers.ts";
import { Compressor } from "./compressor.ts";
import { ControllerServer } from "./modbus-server.ts";
import { HOUR_COUNT_MS, HOUR_COUNTS_PER_HOUR } from "./registers.ts";
import { BLOCK_SAMPLES, RATE_HZ, WaveformServer } from "./waveform-server.ts";

const BLOCK_MS = (BLOCK_SAMPLES * 1_000) / RATE_HZ;
/** After a pause longer than this (a sleeping laptop) the machine goes on from now. */
const BLOCKS_BEHIND_MAX = 25;
const SPEED_MAX = 1_000;
/** The highest count of the hour register, in hours. */
const HOURS_MAX = 0xffff_ffff / HOUR_COUNTS_PER_HOUR;

const USAGE = `usage: plant.ts [--modbus-port 8502] [--waveform-port 8503] [--seed 1] [--onset 3min]
                [--speed 1] [--hours 6000]
Ports: 0 takes a free one. --onset: a duration of the model's time, or never. --speed: model time
per real time; the waveform keeps its real rate. Ends when its standard input ends.`;

class UsageError extends Error {}

interface PlantOptions {
  readonly modbusPort: number;
  readonly waveformPort: number;
  readonly seed: number;
  readonly onsetMs: number;
  readonly speed: number;
  readonly hours: number;
}

class Plant {
  readonly #options: PlantOptions;
  readonly #compressor: Compressor;
  readonly #controller: ControllerServer;
  readonly #waveform = new WaveformServer();
  readonly #block = new Float32Array(BLOCK_SAMPLES);
  readonly #mono: () => Mono;
  readonly #timers: Timers;
  #pace: Timer | null = null;
  #originMs = 0;
  #blocks = 0;

  constructor(options: PlantOptions, mono: () => Mono, timers: Timers) {
    this.#options = options;
    this.#mono = mono;
    this.#timers = timers;
    this.#compressor = new Compressor({
      seed: options.seed,
      onsetMs: options.onsetMs,
      motorOnMs: Math.round(options.hours * HOUR_COUNTS_PER_HOUR) * HOUR_COUNT_MS,
    });
    this.#controller = new ControllerServer(this.#compressor);
  }

  async open(): Promise<{ modbus: number; waveform: number }> {
    const { modbusPort, waveformPort } = this.#options;
    const modbus = await named("--modbus-port", modbusPort, this.#controller.open(modbusPort));
    const waveform = await named(
      "--waveform-port",
      waveformPort,
      this.#waveform.open(waveformPort),
    );
    this.#originMs = this.#mono();
    this.#pace = this.#timers.every(BLOCK_MS, () => this.#produce());
    return { modbus, waveform };
  }

  async close(): Promise<void> {
    this.#pace?.cancel();
    await Promise.all([this.#controller.close(), this.#waveform.close()]);
  }

  /**
   * Brings machine and waveform to the present. The clock paces, so that late timers do not add up.
   */
  #produce(): void {
    const dueBlocks = Math.floor((this.#mono() - this.#originMs) / BLOCK_MS);
    if (dueBlocks - this.#blocks > BLOCKS_BEHIND_MAX) this.#blocks = dueBlocks - 1;
    for (; this.#blocks < dueBlocks; this.#blocks++) {
      this.#compressor.step(BLOCK_MS * this.#options.speed);
      if (this.#waveform.clients === 0) continue;
      this.#compressor.accelerationBlock(this.#block, RATE_HZ);
      this.#waveform.send(this.#block);
    }
  }
}

/** Says which option to change where a port cannot be had. */
async function named(option: string, port: number, opening: Promise<number>): Promise<number> {
  try {
    return await opening;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const what = code === "EADDRINUSE" ? "is already in use" : `cannot be opened (${code})`;
    const message = `port ${port} on 127.0.0.1 ${what}; give another one with ${option}`;
    throw new Error(message, { cause: error });
  }
}

function readOptions(args: readonly string[]): PlantOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      "modbus-port": { ...text, default: "8502" },
      "waveform-port": { ...text, default: "8503" },
      seed: { ...text, default: "1" },
      onset: { ...text, default: "3min" },
      speed: { ...text, default: "1" },
      hours: { ...text, default: "6000" },
    },
  });
  const onsetMs = values.onset === "never" ? Number.POSITIVE_INFINITY : parseDuration(values.onset);
  if (onsetMs === null) throw new UsageError(`--onset ${values.onset} is no duration, as 3min is`);
  return {
    modbusPort: numberOf("--modbus-port", values["modbus-port"], 0, 65_535, true),
    waveformPort: numberOf("--waveform-port", values["waveform-port"], 0, 65_535, true),
    seed: numberOf("--seed", values.seed, 0, 0xffff_ffff, true),
    onsetMs,
    speed: numberOf("--speed", values.speed, 0.1, SPEED_MAX, false),
    hours: numberOf("--hours", values.hours, 0, HOURS_MAX, false),
  };
}

function numberOf(name: string, text: string, low: number, high: number, whole: boolean): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new UsageError(`${name} ${text} is not ${kind} from ${low} to ${high}`);
}

/** Resolves when somebody wants the plant to end, or nobody is left who does not. */
function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => resolve();
    process.once("SIGTERM", end);
    process.once("SIGINT", end);
    // The parent keeps a pipe open: however it dies, the pipe ends, and the plant with it.
    for (const event of ["end", "close", "error"] as const) process.stdin.once(event, end);
    process.stdin.resume();
    process.stdout.once("error", end);
  });
}

/**
 * Besides ours there are those of parseArgs, which complains of unknown options in its own words.
 */
function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code.startsWith("ERR_PARSE_ARGS");
}

async function main(): Promise<number> {
  // Only its monotonic half is used: the live machine does not know the time of day.
  const clock = new HostClock({ boot: "plant", synchronised: () => false });
  let plant: Plant;
  try {
    plant = new Plant(readOptions(process.argv.slice(2)), () => clock.mono(), hostTimers);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`plant: ${error.message}\n${USAGE}\n`);
    return 2;
  }
  try {
    const ended = untilAskedToEnd();
    const ports = await plant.open();
    process.stdout.write(`${JSON.stringify(ports)}\n`);
    await ended;
  } catch (error) {
    process.stderr.write(`plant: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await plant.close();
  }
  return 0;
}

process.exit(await main());
