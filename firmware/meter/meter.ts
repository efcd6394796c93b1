// The meter: metering, the devices that feed it and the threads that look at its waveforms.

import type { Bus, Device, Sink } from "../../drivers/driver.ts";
import type { ConfigurationStatus } from "../../protocols/stream/frames.ts";
import { FeatureWorker } from "../../runtime/dsp/feature-worker.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { createRing, type RingWriter } from "../../runtime/ring/ring.ts";
import { WaveformIntake } from "../../runtime/ring/waveform-intake.ts";
import type { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { SpawnThread } from "../../runtime/signal/thread.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { Backoff } from "../../runtime/supervise/backoff.ts";
import {
  DevicePoller,
  type DeviceState,
  type DeviceSummary,
} from "../../runtime/supervise/poller.ts";
import type { Machine, MachineBus, MachineDevice } from "../machine-file/machine.ts";
import { type Metering, TICK_MS } from "./metering.ts";

export interface MeterParts {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly journal: Journal;
  readonly controller: string;
  readonly configuration: ConfigurationStatus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly spawn: SpawnThread;
}

interface OpenDevice {
  readonly bus: MachineBus;
  readonly definition: MachineDevice;
  readonly poller: DevicePoller;
}

export class Meter {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly controller: string;
  readonly configuration: ConfigurationStatus;
  readonly clock: Clock;
  readonly #parts: MeterParts;
  readonly #buses: Bus[] = [];
  readonly #devices: OpenDevice[] = [];
  readonly #waveforms: readonly WaveformIntake[];
  readonly #rings: readonly RingWriter[];
  readonly #featureBackoff = new Backoff();
  #features: FeatureWorker | null = null;
  #ticking: Timer | null = null;
  #featureRestart: Timer | null = null;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.machine = parts.machine;
    this.metering = parts.metering;
    this.controller = parts.controller;
    this.configuration = parts.configuration;
    this.clock = parts.clock;
    const { waveforms } = parts.machine;
    this.#rings = waveforms.map(({ ringSamples }) => createRing(ringSamples));
    this.#waveforms = waveforms.map(
      ({ scale, rate, windowSamples }, index) =>
        new WaveformIntake({
          ring: this.#rings[index]!,
          scale,
          rate,
          windowSamples,
          windowComplete: (end, at) => this.#features?.windowComplete(index, end, at),
        }),
    );
  }

  /** Begins to count, then to read: a device that hangs must not delay the first millisecond. */
  open(): void {
    const { metering, clock, timers, machine } = this.#parts;
    this.#ticking = timers.every(TICK_MS, () => metering.tick(clock.mono()));
    if (machine.waveforms.length > 0) this.#startFeatures();
    for (const bus of machine.buses) this.#openBus(bus);
  }

  devices(): readonly DeviceSummary[] {
    const now = this.clock.mono();
    return this.#devices.map(({ poller }) => poller.summary(now));
  }

  /** Stops reading, settles what is known and saves it. */
  async close(): Promise<void> {
    // A poller waits for its read, and closing the bus is what ends one.
    const stopping = this.#devices.map(({ poller }) => poller.stop());
    await Promise.all(this.#buses.map((bus) => bus.close()));
    await Promise.all(stopping);
    this.#ticking?.cancel();
    this.#featureRestart?.cancel();
    await this.#features?.close();
    this.metering.tick(this.clock.mono());
    this.metering.save();
  }

  /** A thread that died is started again; meanwhile its signals turn stale, which is the truth. */
  #startFeatures(): void {
    const { clock, timers, log, spawn, machine } = this.#parts;
    const startedAt = clock.mono();
    this.#features = new FeatureWorker({
      channels: machine.waveforms.map(({ windowSamples }, index) => ({
        ring: this.#rings[index]!.buffer,
        windowSamples,
      })),
      spawn,
      onFeatures: (channel, values, at, reason) => this.#takeFeatures(channel, values, at, reason),
      onFailure: (error) => {
        const waitMs = this.#featureBackoff.next(clock.mono() - startedAt);
        log.error("the feature thread ended", { reason: error.message, waitMs });
        this.#features = null;
        this.#featureRestart = timers.after(waitMs, () => this.#startFeatures());
      },
    });
  }

  #openBus(definition: MachineBus): void {
    const { clock, timers, log } = this.#parts;
    const sinks = definition.devices.map((device) => new DeviceSink(device, this));
    const bus = definition.driver.create({
      name: definition.name,
      settings: definition.settings,
      devices: definition.devices.map(({ name, settings, points }, index) => ({
        name,
        settings,
        points,
        sink: sinks[index]!,
      })),
      clock,
      timers,
      log,
    });
    this.#buses.push(bus);
    definition.devices.forEach((device, index) => {
      const poller = this.#pollerOf(definition, device, bus.devices[index]!);
      sinks[index]!.poller = poller;
      this.#devices.push({ bus: definition, definition: device, poller });
      poller.start();
    });
  }

  #pollerOf(bus: MachineBus, definition: MachineDevice, device: Device): DevicePoller {
    const { clock, timers, log, metering } = this.#parts;
    return new DevicePoller({
      name: definition.name,
      bus: bus.name,
      driver: bus.driver.name,
      device,
      everyMs: definition.everyMs,
      clock,
      timers,
      log,
      onBad: (reason) => {
        const at = clock.mono();
        for (const { kind, index } of definition.points) {
          if (kind === "signal") metering.intake.reject(index, reason, at);
          else this.#waveforms[index]!.gap();
        }
      },
      onTransition: (state, fault) => this.#recordTransition(definition.name, state, fault),
    });
  }

  #recordTransition(name: string, state: DeviceState, fault: Fault | null): void {
    const { journal, clock, log } = this.#parts;
    const why = fault && { code: fault.code, message: fault.message, remedy: fault.remedy };
    if (fault) log.warn(`device ${name} is ${state}`, { reason: fault.message });
    else log.info(`device ${name} is ${state}`);
    journal.record("device", { name, detail: { state, ...why } }, clock.mono());
  }

  waveform(index: number): WaveformIntake {
    return this.#waveforms[index]!;
  }

  /** A window's features are samples like any others, at the instant of their window. */
  #takeFeatures(
    channel: number,
    values: ArrayLike<number> | null,
    at: number,
    reason: Reason | null,
  ): void {
    const { featureSignals } = this.machine.waveforms[channel]!;
    const { intake } = this.metering;
    featureSignals.forEach((signal, position) => {
      if (values === null) intake.reject(signal, reason ?? "overrun", at);
      else intake.accept(signal, values[position]!, at);
    });
  }
}

/** Where one device's values go: point by point to intake or into a ring. */
class DeviceSink implements Sink {
  poller: DevicePoller | null = null;
  readonly #device: MachineDevice;
  readonly #meter: Meter;

  constructor(device: MachineDevice, meter: Meter) {
    this.#device = device;
    this.#meter = meter;
  }

  sample(point: number, raw: number, at: number): void {
    this.poller?.heard(at);
    this.#meter.metering.intake.accept(this.#device.points[point]!.index, raw, at);
  }

  bad(point: number, reason: Parameters<Sink["bad"]>[1], at: number): void {
    this.#meter.metering.intake.reject(this.#device.points[point]!.index, reason, at);
  }

  block(point: number, samples: Float32Array, count: number, at: number): void {
    this.poller?.heard(at);
    this.#meter.waveform(this.#device.points[point]!.index).block(samples, count, at);
  }

  gap(point: number): void {
    this.#meter.waveform(this.#device.points[point]!.index).gap();
  }

  lost(fault: Error): void {
    this.poller?.lost(fault);
  }
}
