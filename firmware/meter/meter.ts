// The meter: metering, the devices that feed it and the threads that look at its waveforms.

import assert from "node:assert/strict";
import type { Bus, Device } from "../../drivers/driver.ts";
import type { ConfigurationStatus } from "../../protocols/stream/frames.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { WaveformIntake } from "../../runtime/ring/waveform-intake.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { SpawnThread } from "../../runtime/signal/thread.ts";
import { sleep, type Timer, type Timers } from "../../runtime/signal/timers.ts";
import { SCHEDULE_LOOK_MS } from "../../runtime/supervise/bus-schedule.ts";
import {
  DevicePoller,
  type DeviceState,
  type DeviceSummary,
} from "../../runtime/supervise/poller.ts";
import type { Machine, MachineBus, MachineDevice } from "../machine-file/machine.ts";
import { BusWatch } from "./bus-watch.ts";
import type { ClockWatch } from "./clock-watch.ts";
import { DeviceSink } from "./device-sink.ts";
import { DeviceWire } from "./device-wire.ts";
import { DiagnosisDesk, type DiagnosisStore } from "./diagnosis-desk.ts";
import type { MeterLedger } from "./meter-ledger.ts";
import { type Metering, TICK_MS } from "./metering.ts";
import { ProcessBus } from "./process-bus.ts";
import type { Upkeep } from "./upkeep.ts";

/**
 * How long buses and the diagnosis thread, side by side, hold up a stop. The journal's flush and
 * close come after it, and all of them together stay below the supervisor's STOP_MS.
 */
const SOURCES_CLOSE_MS = 1_000;

export interface MeterParts {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly upkeep: Upkeep;
  readonly ledger: MeterLedger;
  /** Looks at the clocks before each tick. */
  readonly watch: ClockWatch;
  readonly journal: Pick<Journal, "record">;
  readonly diagnosisStore: DiagnosisStore;
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
  readonly wire: DeviceWire;
}

export class Meter {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly upkeep: Upkeep;
  readonly ledger: MeterLedger;
  readonly diagnosis: DiagnosisDesk;
  readonly controller: string;
  readonly configuration: ConfigurationStatus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly #parts: MeterParts;
  readonly #buses: Bus[] = [];
  readonly #devices: OpenDevice[] = [];
  #ticking: Timer | null = null;
  #watching: Timer | null = null;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.machine = parts.machine;
    this.metering = parts.metering;
    this.upkeep = parts.upkeep;
    this.ledger = parts.ledger;
    this.controller = parts.controller;
    this.configuration = parts.configuration;
    this.clock = parts.clock;
    this.timers = parts.timers;
    const { machine, metering, journal, clock, timers, log, spawn, diagnosisStore: store } = parts;
    const record: Journal["record"] = (kind, body, at) => journal.record(kind, body, at);
    const options = { machine, metering, store, record, clock, timers, log, spawn };
    this.diagnosis = new DiagnosisDesk(options);
  }

  /** Begins to count, then to read: a device that hangs must not delay the first millisecond. */
  open(): void {
    const { metering, upkeep, watch, clock, timers, machine } = this.#parts;
    this.#ticking = timers.every(TICK_MS, () => {
      watch.look();
      metering.tick(clock.mono());
      upkeep.look();
      this.diagnosis.look();
    });
    this.diagnosis.open();
    for (const bus of machine.buses) this.#openBus(bus);
    this.#watchBuses();
  }

  #watchBuses(): void {
    const { metering, clock, timers, machine, log } = this.#parts;
    const watch = new BusWatch({
      buses: machine.buses,
      summaries: () => this.devices(),
      onAlarm: (alarm, state) => metering.systemAlarm(alarm, state, clock.mono()),
      log,
    });
    this.#watching = timers.every(SCHEDULE_LOOK_MS, () => watch.look());
  }

  devices(): readonly DeviceSummary[] {
    const now = this.clock.mono();
    return this.#devices.map(({ poller }) => poller.summary(now));
  }

  /** The wire of a device, for a trace; undefined where there is no such device. */
  wireOf(device: string): DeviceWire | undefined {
    return this.#devices.find(({ definition }) => definition.name === device)?.wire;
  }

  get wires(): readonly DeviceWire[] {
    return this.#devices.map(({ wire }) => wire);
  }

  /**
   * Stops reading, settles what is known and saves it. Whatever a device does, the hours are saved,
   * and the journal gets its share of the time that a clean stop has.
   */
  async close(): Promise<void> {
    this.#ticking?.cancel();
    this.#watching?.cancel();
    for (const { wire } of this.#devices) wire.close();
    try {
      await this.#closeSources();
    } finally {
      this.metering.stop("asked");
    }
  }

  /** Never rejects; what is not done in time goes on beside what follows. */
  async #closeSources(): Promise<void> {
    const { timers, log } = this.#parts;
    const done = new AbortController();
    const failed = (reason: unknown) =>
      log.error("a part of the meter did not close cleanly", { reason: reasonOf(reason) });
    // A poller waits for its read, and closing the bus is what ends one.
    const closing = [
      ...this.#devices.map(({ poller }) => poller.stop()),
      ...this.#buses.map(async (bus) => bus.close()),
      this.diagnosis.close(),
    ];
    const closed = Promise.all(closing.map((part) => part?.catch(failed)));
    void closed.then(() => done.abort());
    await sleep(timers, SOURCES_CLOSE_MS, done.signal);
    if (!done.signal.aborted) log.warn("devices are still closing", { waitMs: SOURCES_CLOSE_MS });
  }

  #openBus(definition: MachineBus): void {
    const { clock, timers } = this.#parts;
    const sinks = definition.devices.map(
      (device) => new DeviceSink(device, this, new DeviceWire(clock, timers)),
    );
    const devices = this.#createBus(definition, sinks);
    definition.devices.forEach((device, index) => {
      const { wire } = sinks[index]!;
      const poller = this.#pollerOf(definition, device, devices[index]!, wire);
      sinks[index]!.poller = poller;
      this.#devices.push({ bus: definition, definition: device, poller, wire });
      poller.start();
    });
  }

  /** A bus that its driver cannot make has devices that only say why; the others go on. */
  #createBus(definition: MachineBus, sinks: readonly DeviceSink[]): readonly Device[] {
    try {
      const bus = this.#createBusOf(definition, sinks);
      this.#buses.push(bus);
      assert(bus.devices.length === sinks.length, "a bus has the devices of its machine file");
      return bus.devices;
    } catch (error) {
      const fault = creationFault(definition, error);
      this.#parts.log.error(fault.message, { bus: definition.name, error });
      const refuse = async () => {
        throw fault;
      };
      return sinks.map(() => ({ read: refuse, write: refuse }));
    }
  }

  #createBusOf(definition: MachineBus, sinks: readonly DeviceSink[]): Bus {
    const { clock, timers, log } = this.#parts;
    const { driver } = definition;
    const context = {
      name: definition.name,
      settings: definition.settings,
      devices: definition.devices.map(({ name, settings, points }, index) => ({
        name,
        settings,
        points,
        sink: sinks[index]!,
        wire: sinks[index]!.wire,
      })),
      clock,
      timers,
      log,
    };
    return driver.ownProcess ? new ProcessBus(driver, context) : driver.create(context);
  }

  #pollerOf(
    bus: MachineBus,
    definition: MachineDevice,
    device: Device,
    wire: DeviceWire,
  ): DevicePoller {
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
      onBad: (reason, keepsSince) => {
        const at = clock.mono();
        for (const { kind, index } of definition.points) {
          if (kind === "waveform") this.waveform(index).gap();
          // What the failed attempt delivered before it failed is no older than its failure.
          else if (metering.image.sampledAt[index]! < keepsSince) {
            metering.intake.reject(index, reason, at);
          }
        }
      },
      onTransition: (state, fault) => this.#recordTransition(definition.name, state, fault),
      onFault: (fault) => wire.fault(fault),
      frames: () => wire.counts,
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
    return this.diagnosis.waveform(index);
  }
}

function creationFault({ name, driver }: MachineBus, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault(
    "SETTING_INVALID",
    `bus ${name} cannot be made: the driver ${driver.name} failed: ${reasonOf(error)}`,
    "look at the settings of the bus; report it with the log where they are right",
    { cause: error },
  );
}
