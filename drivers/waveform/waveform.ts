// Waveforms as raw samples, interleaved and without any header, from whatever can send bytes: a
// program's standard output, a recording, a named pipe, a TCP server, a serial port.

import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { type Bus, type Device, type DeviceContext, defineDriver } from "../driver.ts";
import { type ByteSource, openFifo, openRecording, openSerial, openTcp } from "./byte-source.ts";
import { openCommand } from "./command-source.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { RateWatch } from "./rate-watch.ts";
import { bytesPerSample } from "./sample-format.ts";
import {
  type DeviceSettings,
  deviceSettings,
  type PointSettings,
  pointSettings,
  type SourceSettings,
} from "./settings.ts";
import { type Decoder, SourceRun } from "./source-run.ts";
import { SyncDecoder } from "./sync-decoder.ts";

interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export const waveformDriver = defineDriver({
  name: "waveform",
  summary: "Raw samples from a command, a file, a named pipe, a TCP server or a serial port",
  bus: schema.strictObject({}),
  device: deviceSettings,
  point: pointSettings,
  create({ devices, clock, timers, log }): Bus {
    const platform = { clock, timers, log };
    const made = devices.map((device) => new WaveformDevice(device, platform));
    return {
      devices: made,
      async close() {
        await Promise.all(made.map((device) => device.close()));
      },
    };
  },
});

type Context = DeviceContext<DeviceSettings, PointSettings>;

class WaveformDevice implements Device {
  readonly #context: Context;
  readonly #platform: Platform;
  readonly #place: string;
  #run: SourceRun | null = null;
  /** From the beginning of a start to the end of its run. */
  #running: Promise<void> | null = null;
  #isClosed = false;
  /** Samples have come before: what came since then is missing when more arrive. */
  #hasDelivered = false;
  /** Ends a `start` whose first bytes have not come. */
  #refuse: ((fault: Fault) => void) | null = null;

  constructor(context: Context, platform: Platform) {
    this.#context = context;
    this.#platform = platform;
    this.#place = `Device ${context.name} (${describe(context.settings.source)})`;
  }

  /** Resolves when the first bytes have come and their samples are delivered. */
  async start(): Promise<void> {
    this.#running ??= this.#begin();
    try {
      await this.#running;
    } catch (error) {
      this.#running = null;
      throw error;
    }
  }

  async write(): Promise<void> {
    throw new Fault(
      "WRITE_REFUSED",
      `${this.#place} is a waveform and takes no values.`,
      "Write to a signal of another device.",
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuse?.(this.#closedFault());
    await this.#run?.leave();
  }

  async #begin(): Promise<void> {
    this.#checkChannels();
    // A program or pipe of the run before is gone before it is opened again.
    await this.#run?.close();
    if (this.#isClosed) throw this.#closedFault();
    await new Promise<void>((resolve, reject) => {
      this.#refuse = reject;
      this.#run = this.#makeRun(resolve);
      this.#run.start();
    });
  }

  #makeRun(started: () => void): SourceRun {
    const { settings, points, sink } = this.#context;
    const { source, timeout } = settings;
    return new SourceRun({
      place: this.#place,
      open: async () => openSource(source, this.#place, this.#platform),
      decoder: this.#makeDecoder(),
      rateWatch: this.#makeRateWatch(),
      timeoutMs: timeout,
      clock: this.#platform.clock,
      timers: this.#platform.timers,
      onFirstBytes: (at) => {
        this.#refuse = null;
        for (const point of this.#hasDelivered ? points.keys() : []) sink.gap(point, null, at);
        this.#hasDelivered = true;
        started();
      },
      onEnd: (fault) => {
        this.#running = null;
        if (this.#refuse === null) sink.lost(fault);
        else this.#refuse(fault);
        this.#refuse = null;
      },
    });
  }

  #makeDecoder(): Decoder {
    const { settings, points, sink } = this.#context;
    const { format, channels, sync } = settings;
    const channelOfPoint = points.map((point) => point.settings.channel);
    const decoder = new FrameDecoder({ format, channels, channelOfPoint, sink });
    if (sync === undefined) return decoder;
    return new SyncDecoder({
      marker: Buffer.from(sync.replaceAll(" ", ""), "hex"),
      payloadBytes: channels * bytesPerSample(format),
      decoder,
      onLost: (at) => {
        for (const point of points.keys()) sink.gap(point, null, at);
      },
    });
  }

  /** A recording is read as fast as it is taken: its rate says nothing about a clock. */
  #makeRateWatch(): RateWatch | null {
    const { settings, points, sink } = this.#context;
    const { rate, source } = settings;
    const { log } = this.#platform;
    if (rate === undefined || "file" in source) return null;
    const device = this.#place;
    return new RateWatch({
      rate,
      onMissing(frames, at) {
        for (const point of points.keys()) sink.gap(point, frames, at);
        log.warn("samples are missing: the source overran, or its rate is not as declared", {
          device,
          frames,
        });
      },
      onDrift(found, isBeyond) {
        const told = { device, declared: rate, found: Math.round(found * 100) / 100 };
        if (isBeyond) log.warn("the source's clock deviates from the declared rate", told);
        else log.info("the source keeps its declared rate again", told);
      },
    });
  }

  #checkChannels(): void {
    const { points, settings } = this.#context;
    for (const { name, settings: wanted } of points) {
      if (wanted.channel < settings.channels) continue;
      throw new Fault(
        "SETTING_INVALID",
        `${name}: ${this.#place} has no channel ${wanted.channel}.`,
        `Its \`channels\` is ${settings.channels}, and channels count from 0.`,
      );
    }
  }

  #closedFault(): Fault {
    return new Fault("BUS_CLOSED", `${this.#place} is being closed.`, "Start the meter again.");
  }
}

/** As a message names it: `serial /dev/ttyUSB0`. */
function describe(source: SourceSettings): string {
  if ("serial" in source) return `serial ${source.serial.port}`;
  const [kind, where] = Object.entries(source)[0]!;
  return `${kind} ${[where].flat().join(" ")}`;
}

async function openSource(
  source: SourceSettings,
  place: string,
  platform: Platform,
): Promise<ByteSource> {
  if ("command" in source) return openCommand(source.command, platform.timers, platform.log);
  if ("file" in source) return openRecording(source.file);
  if ("fifo" in source) return openFifo(source.fifo);
  if ("serial" in source) return openSerial(source.serial, place, platform.timers);
  return openTcp(source.tcp);
}
