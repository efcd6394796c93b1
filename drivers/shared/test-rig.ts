// For tests of drivers: a bus as the meter makes it from a machine file, with sinks that remember
// what they were given and wires that remember the frames.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import { type Log, silentLog } from "../../runtime/signal/log.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import type { Bus, Driver, Sink } from "../driver.ts";

/** A device as the machine file has it: its settings, and those of its points. */
export interface DeviceUnderTest {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly points: readonly Readonly<Record<string, unknown>>[];
}

export interface RigParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log?: Log;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly devices: readonly DeviceUnderTest[];
  readonly onlyLooks?: true;
}

export interface OpenedBus {
  readonly bus: Bus;
  readonly sinks: readonly RecordingSink[];
  readonly wires: readonly RecordingWire[];
}

/** Points are named `point0`, `point1`, …; devices `device0`, `device1`, … */
export function makeBus(driver: Driver, parts: RigParts): OpenedBus {
  const { clock, timers, log = silentLog, settings = {}, devices, onlyLooks } = parts;
  const sinks = devices.map(() => new RecordingSink());
  const wires = devices.map(() => new RecordingWire());
  const bus = driver.create({
    name: "bus",
    settings: driver.bus.parse(settings),
    devices: devices.map((device, index) => ({
      name: `device${index}`,
      settings: driver.device.parse(device.settings ?? {}),
      points: device.points.map((point, position) => ({
        name: `point${position}`,
        settings: driver.point.parse(point),
      })),
      sink: sinks[index]!,
      wire: wires[index]!,
    })),
    clock,
    timers,
    log,
    ...(onlyLooks && { onlyLooks }),
  });
  return { bus, sinks, wires };
}

export interface Got {
  readonly point: number;
  readonly value: number | Reason;
  readonly at: Mono;
  readonly fault?: Fault;
}

/** The latest things are kept, so that a test that runs for long does not fill the memory. */
const KEPT_MAX = 100_000;

export class RecordingSink implements Sink {
  readonly got: Got[] = [];
  readonly blocks: { readonly point: number; readonly samples: Float32Array; at: Mono }[] = [];
  readonly gaps: { readonly point: number; readonly count: number | null }[] = [];
  readonly losses: Error[] = [];
  #wake: (() => void)[] = [];

  sample(point: number, raw: number, at: Mono): void {
    this.#add({ point, value: raw, at });
  }

  bad(point: number, reason: Reason, at: Mono, fault?: Fault): void {
    this.#add({ point, value: reason, at, ...(fault && { fault }) });
  }

  block(point: number, samples: Float32Array, count: number, at: Mono): void {
    this.blocks.push({ point, samples: samples.slice(0, count), at });
    this.#said();
  }

  gap(point: number, count: number | null): void {
    this.gaps.push({ point, count });
    this.#said();
  }

  lost(fault: Error): void {
    this.losses.push(fault);
    this.#said();
  }

  /** The values of one point, in order. */
  values(point = 0): (number | Reason)[] {
    return this.got.filter((entry) => entry.point === point).map((entry) => entry.value);
  }

  latest(point = 0): number | Reason | undefined {
    return this.got.findLast((entry) => entry.point === point)?.value;
  }

  /** Waits until the condition holds; it is looked at whenever the device says something. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #add(entry: Got): void {
    this.got.push(entry);
    if (this.got.length > KEPT_MAX) this.got.shift();
    this.#said();
  }

  #said(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export class RecordingWire implements Wire {
  readonly isTraced = true;
  readonly frames: { readonly way: "sent" | "received"; readonly frame: Uint8Array | string }[] =
    [];

  sent(frame: Uint8Array | string): void {
    this.frames.push({ way: "sent", frame: copy(frame) });
  }

  received(frame: Uint8Array | string): void {
    this.frames.push({ way: "received", frame: copy(frame) });
  }

  counted(): void {
    throw new Error("a driver tells each frame by itself");
  }
}

function copy(frame: Uint8Array | string): Uint8Array | string {
  return typeof frame === "string" ? frame : Uint8Array.from(frame);
}

/** The code of the fault with which an attempt ended; a sentence where it ended otherwise. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof Fault ? error.code : `no fault: ${String(error)}`;
}
