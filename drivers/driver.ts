// The contract between a driver and the rest: the only file that a driver's author has to read.
//
// A driver turns the devices on one bus into samples. It scales nothing, judges no range, keeps no
// history and never decides when to try again: the meter calls `read` on each device's own
// schedule, behind that device's own circuit breaker, and everything else happens to the right of
// the sink. Each failure is a `Fault` with a code (runtime/signal/fault.ts); a wrong value must
// never be delivered as a sample.

import type { Schema } from "../runtime/schema/schema.ts";
import type { Fault } from "../runtime/signal/fault.ts";
import type { Clock, Mono } from "../runtime/signal/instant.ts";
import type { Log } from "../runtime/signal/log.ts";
import type { Reason } from "../runtime/signal/quality.ts";
import type { Timers } from "../runtime/signal/timers.ts";
import type { Wire } from "../runtime/signal/wire.ts";

/** Position of a point (a signal or a waveform channel) in its device's list. */
export type PointIndex = number;

/** Where the values of one device go. Nothing here waits or throws. */
export interface Sink {
  /**
   * One raw value, as the device gave it, at the instant its answer arrived or its edge happened.
   */
  sample(point: PointIndex, raw: number, at: Mono): void;
  /**
   * The device said or showed that this point has no usable value. `fault` tells a person more than
   * the reason does, where there is more to tell.
   */
  bad(point: PointIndex, reason: Reason, at: Mono, fault?: Fault): void;
  /**
   * `count` consecutive samples of a waveform, copied before return; `at` belongs to the last one.
   */
  block(point: PointIndex, samples: Float32Array, count: number, at: Mono): void;
  /** Samples of a waveform are missing here; `count` is null where nobody knows how many. */
  gap(point: PointIndex, count: number | null, at: Mono): void;
  /** A device that speaks unasked has fallen silent or away; its points turn bad. */
  lost(fault: Error): void;
}

/** What the machine file says of one device on the bus, checked by the driver's own schemas. */
export interface DeviceContext<DeviceSettings, PointSettings> {
  readonly name: string;
  readonly settings: DeviceSettings;
  readonly points: readonly { readonly name: string; readonly settings: PointSettings }[];
  readonly sink: Sink;
  /** Tell it each frame, where there are frames: it counts them and shows them to who asks. */
  readonly wire: Wire;
}

export interface BusContext<BusSettings, DeviceSettings, PointSettings> {
  readonly name: string;
  readonly settings: BusSettings;
  readonly devices: readonly DeviceContext<DeviceSettings, PointSettings>[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /**
   * A person looks whether everything can be read (`telltale probe`): no output is driven, whatever
   * its settings say of its start and its end.
   */
  readonly onlyLooks?: true;
}

/**
 * One device. A device that is asked has `read`; one that speaks unasked (edges, frames, waveforms)
 * has `start` and pushes through its sink until the bus is closed.
 */
export interface Device {
  /**
   * Reads every point once and delivers each through the sink, good or bad. Resolves when the
   * device has answered; rejects with a `Fault` when it has not. Never runs twice at the same time
   * for one device; several devices of one bus may be asked at once, and the bus puts them in
   * order.
   */
  read?(): Promise<void>;
  /**
   * Begins to push. Resolves once the device is there; rejects with a `Fault`; called again later.
   */
  start?(): Promise<void>;
  /** Writes one point and reads it back where the bus permits; rejects with a `Fault`. */
  write(point: PointIndex, raw: number): Promise<void>;
}

/** The devices of a bus, in the order of `BusContext.devices`. Opening the line is lazy. */
export interface Bus {
  readonly devices: readonly Device[];
  /** Ends everything within 2 s; hardware is left in its declared safe state. Never rejects. */
  close(): Promise<void>;
}

/** What a scan is given; nothing of the machine file but the settings of the one bus. */
export interface ScanContext<BusSettings> {
  readonly settings: BusSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Aborted when the person has seen enough: end soon, and leave the hardware as it was. */
  readonly stop: AbortSignal;
  /** What is being tried at the moment, for the person who waits. */
  progress(text: string): void;
}

/** Something that a scan has found. */
export interface Found {
  /** Where, in the word that the machine file uses: `unit 3`, `GPIO17`, `/dev/serial/by-id/…`. */
  readonly where: string;
  /** What is known of it. */
  readonly what: string;
  /** What a device or signal in the machine file would say to reach it; empty where unknown. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A driver: its word in the machine file, the schemas of its settings, and how its bus is made. */
export interface Driver<BusSettings = unknown, DeviceSettings = unknown, PointSettings = unknown> {
  readonly name: string;
  /** One line for `telltale schema` and the documentation. */
  readonly summary: string;
  readonly bus: Schema<BusSettings>;
  readonly device: Schema<DeviceSettings>;
  readonly point: Schema<PointSettings>;
  /**
   * Each bus runs in a process of its own: for native code that can crash, for packages that cannot
   * be closed or that load for seconds, and for outputs that need a safe state when the meter dies
   * (the process then closes its bus). Settings must survive JSON.
   */
  readonly ownProcess?: true;
  /** Constructors store, `read` and `start` act: nothing is touched before the first of these. */
  create(context: BusContext<BusSettings, DeviceSettings, PointSettings>): Bus;
  /** Looks who is on a bus, for a person who sets one up. Reads only; bounded in time. */
  scan?(context: ScanContext<BusSettings>): AsyncIterable<Found>;
}

/** Gives a driver to the table of drivers; the settings arrive as its own schemas made them. */
export function defineDriver<BusSettings, DeviceSettings, PointSettings>(
  driver: Driver<BusSettings, DeviceSettings, PointSettings>,
): Driver {
  const { scan, ...rest } = driver;
  return {
    ...rest,
    create: (context) =>
      driver.create(context as BusContext<BusSettings, DeviceSettings, PointSettings>),
    ...(scan && { scan: (context) => scan.call(driver, context as ScanContext<BusSettings>) }),
  };
}
