// The contract between a driver and the rest: the only file that a driver's author has to read.
//
// A driver turns the devices on one bus into samples. It scales nothing, judges no range, keeps no
// history and never decides when to try again: the meter calls `read` on each device's own
// schedule, behind that device's own circuit breaker, and everything else happens to the right of
// the sink. Each failure is a `Fault` with a code (runtime/signal/fault.ts); a wrong value must
// never be delivered as a sample.

import type { Schema } from "../runtime/schema/schema.ts";
import type { Clock, Mono } from "../runtime/signal/instant.ts";
import type { Log } from "../runtime/signal/log.ts";
import type { Reason } from "../runtime/signal/quality.ts";
import type { Timers } from "../runtime/signal/timers.ts";

/** Position of a point (a signal or a waveform channel) in its device's list. */
export type PointIndex = number;

/** Where the values of one device go. Nothing here waits or throws. */
export interface Sink {
  /**
   * One raw value, as the device gave it, at the instant its answer arrived or its edge happened.
   */
  sample(point: PointIndex, raw: number, at: Mono): void;
  /** The device said or showed that this point has no usable value. */
  bad(point: PointIndex, reason: Reason, at: Mono): void;
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
}

export interface BusContext<BusSettings, DeviceSettings, PointSettings> {
  readonly name: string;
  readonly settings: BusSettings;
  readonly devices: readonly DeviceContext<DeviceSettings, PointSettings>[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
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

/** A driver: its word in the machine file, the schemas of its settings, and how its bus is made. */
export interface Driver<BusSettings = unknown, DeviceSettings = unknown, PointSettings = unknown> {
  readonly name: string;
  /** One line for `telltale schema` and the documentation. */
  readonly summary: string;
  readonly bus: Schema<BusSettings>;
  readonly device: Schema<DeviceSettings>;
  readonly point: Schema<PointSettings>;
  /** Constructors store, `read` and `start` act: nothing is touched before the first of these. */
  create(context: BusContext<BusSettings, DeviceSettings, PointSettings>): Bus;
}

/** Gives a driver to the table of drivers; the settings arrive as its own schemas made them. */
export function defineDriver<BusSettings, DeviceSettings, PointSettings>(
  driver: Driver<BusSettings, DeviceSettings, PointSettings>,
): Driver {
  return {
    ...driver,
    create: (context) =>
      driver.create(context as BusContext<BusSettings, DeviceSettings, PointSettings>),
  };
}
