// Reads every device of a machine once, without a meter: what each signal's value is, or why there
// is none and what to try. Buses are asked side by side, the devices of a bus one after the other.

import type { Bus, Device, Sink } from "../../drivers/driver.ts";
import { Intake } from "../../runtime/intake/intake.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { type LiveValue, ProcessImage } from "../../runtime/signal/process-image.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import type { Machine, MachineBus, MachineDevice } from "../machine-file/machine.ts";
import { misfitOf } from "../meter/device-sink.ts";

/** A driver bounds its reads itself; a device that holds us longer is given up here. */
const READ_MS_MAX = 30_000;

/** A bus ends within 2 s by contract; one that does not must not keep a person waiting. */
const CLOSE_MS_MAX = 3_000;

/** How long a waveform's samples are counted, to see whether they come at the declared rate. */
const WAVEFORM_MS = 1_000;

export interface ProbeParts {
  readonly machine: Machine;
  /** Only this bus; null for all. */
  readonly bus: string | null;
  /** How long a device that speaks unasked may take to bring a first value of each point. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly stop: AbortSignal;
  /** A device is begun with; nothing is known yet. */
  readonly onAsk: (bus: string, device: string) => void;
  readonly onDevice: (result: DeviceResult) => void;
}

export interface FaultWords {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface PointResult {
  readonly name: string;
  readonly unit: string;
  /** After scale and range; null where there is no good value. */
  readonly value: number | null;
  readonly reason: string | null;
  readonly fault: FaultWords | null;
}

export interface DeviceResult {
  readonly bus: string;
  readonly device: string;
  readonly driver: string;
  readonly good: boolean;
  /** Until it had answered, or until it was given up. */
  readonly tookMs: number;
  readonly fault: FaultWords | null;
  readonly points: readonly PointResult[];
}

/** Gives the results in the machine file's order. Never rejects: what fails is in the results. */
export async function probeMachine(parts: ProbeParts): Promise<readonly DeviceResult[]> {
  const { machine, clock } = parts;
  const image = new ProcessImage(machine.signals);
  const intake = new Intake(image, { sample: () => undefined }, () => [], clock.mono());
  const buses = machine.buses.filter(({ name }) => parts.bus === null || name === parts.bus);
  const results = await Promise.all(buses.map((bus) => probeBus(bus, parts, image, intake)));
  return results.flat();
}

async function probeBus(
  definition: MachineBus,
  parts: ProbeParts,
  image: ProcessImage,
  intake: Intake,
): Promise<readonly DeviceResult[]> {
  const { clock, timers, log, stop } = parts;
  const sinks = definition.devices.map((device) => new ProbeSink(device, image, intake));
  let bus: Bus;
  try {
    bus = definition.driver.create({
      name: definition.name,
      settings: definition.settings,
      devices: definition.devices.map(({ name, settings, points }, index) => {
        return { name, settings, points, sink: sinks[index]!, wire: silentWire };
      }),
      clock,
      timers,
      log,
      // A contactor must not switch because somebody wants to see a value.
      onlyLooks: true,
    });
  } catch (error) {
    return sinks.map((sink) => tell(parts, definition, sink, 0, faultOf(definition, error)));
  }
  const results: DeviceResult[] = [];
  try {
    for (const [index, sink] of sinks.entries()) {
      if (stop.aborted) break;
      parts.onAsk(definition.name, sink.device.name);
      const beganAt = clock.mono();
      const fault = await ask(bus.devices[index]!, sink, definition, parts);
      results.push(tell(parts, definition, sink, clock.mono() - beganAt, fault));
    }
  } finally {
    await closeBus(bus, timers);
  }
  return results;
}

/** What went wrong with the device as a whole; null where nothing did. */
async function ask(
  device: Device,
  sink: ProbeSink,
  bus: MachineBus,
  { waitMs, timers, stop }: ProbeParts,
): Promise<Fault | null> {
  const ended = new AbortController();
  const end = () => ended.abort();
  stop.addEventListener("abort", end, { once: true });
  const limitMs = device.read ? READ_MS_MAX : waitMs;
  const tooLate = sleep(timers, limitMs, ended.signal).then(() =>
    stop.aborted
      ? new Fault("BUS_TIMEOUT", `Device ${sink.device.name}: interrupted.`, "Probe it again.")
      : lateFault(sink.device.name, limitMs, device.read !== undefined),
  );
  const attempt = async (): Promise<Fault | null> => {
    try {
      if (device.read) await device.read();
      else await device.start?.();
      if (!device.read) await sink.complete;
      return sink.fault === null ? null : faultOf(bus, sink.fault);
    } catch (error) {
      return faultOf(bus, error);
    }
  };
  const fault = await Promise.race([attempt(), tooLate]);
  if (fault === null && sink.hasWaveforms) await sleep(timers, WAVEFORM_MS, ended.signal);
  stop.removeEventListener("abort", end);
  ended.abort();
  return fault;
}

function lateFault(device: string, limitMs: number, isAsked: boolean): Fault {
  const seconds = limitMs / 1_000;
  return isAsked
    ? new Fault(
        "BUS_TIMEOUT",
        `Device ${device} has not come back within ${seconds} s of being asked.`,
        "Report it: a driver bounds its reads itself.",
      )
    : new Fault(
        "BUS_TIMEOUT",
        `Device ${device} did not bring a value of every signal within ${seconds} s.`,
        "Does it speak by itself, and as often? Wait longer with --wait 60s.",
      );
}

function tell(
  { onDevice }: ProbeParts,
  { name: bus, driver }: MachineBus,
  sink: ProbeSink,
  tookMs: number,
  fault: Fault | null,
): DeviceResult {
  const points = sink.results();
  const good = fault === null && points.every(({ value }) => value !== null);
  const device = sink.device.name;
  const result = { bus, device, driver: driver.name, good, tookMs, fault: words(fault), points };
  onDevice(result);
  return result;
}

async function closeBus(bus: Bus, timers: Timers): Promise<void> {
  const closed = new AbortController();
  const closing = bus.close().finally(() => closed.abort());
  await Promise.race([closing, sleep(timers, CLOSE_MS_MAX, closed.signal)]);
}

function faultOf({ name, driver }: MachineBus, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault(
    "DRIVER_DEFECT",
    `bus ${name}: the driver ${driver.name} failed: ${reasonOf(error)}`,
    "Look at the settings of the bus; report it where they are right.",
    { cause: error },
  );
}

function words(fault: Fault | null | undefined): FaultWords | null {
  return fault ? { code: fault.code, message: fault.message, remedy: fault.remedy } : null;
}

/** Where one device's values go: through intake into an image, so that scale and range count. */
class ProbeSink implements Sink {
  readonly device: MachineDevice;
  readonly #image: ProcessImage;
  readonly #intake: Intake;
  readonly #missing: Set<number>;
  readonly #faults = new Map<number, Fault>();
  readonly #samples: Float64Array;
  readonly #completed = Promise.withResolvers<void>();
  fault: Error | null = null;

  constructor(device: MachineDevice, image: ProcessImage, intake: Intake) {
    this.device = device;
    this.#image = image;
    this.#intake = intake;
    this.#missing = new Set(device.points.keys());
    this.#samples = new Float64Array(device.points.length);
    if (this.#missing.size === 0) this.#completed.resolve();
  }

  /** Resolves when each point has brought something, good or bad, or the device fell away. */
  get complete(): Promise<void> {
    return this.#completed.promise;
  }

  get hasWaveforms(): boolean {
    return this.device.points.some(({ kind }) => kind === "waveform");
  }

  sample(point: number, raw: number, at: Mono): void {
    const { kind, index } = this.device.points[point]!;
    if (kind === "signal") this.#intake.accept(index, raw, at);
    else this.#faults.set(point, misfitOf(this.device.points[point]!));
    this.#has(point);
  }

  bad(point: number, reason: Reason, at: Mono, fault?: Fault): void {
    if (fault) this.#faults.set(point, fault);
    const { kind, index } = this.device.points[point]!;
    if (kind === "signal") this.#intake.reject(index, reason, at);
    this.#has(point);
  }

  block(point: number, _samples: Float32Array, count: number): void {
    if (this.device.points[point]!.kind === "waveform") this.#samples[point]! += count;
    else this.#faults.set(point, misfitOf(this.device.points[point]!));
    this.#has(point);
  }

  gap(): void {
    // Samples are missing where a stream begins; what comes after it is what counts.
  }

  lost(fault: Error): void {
    this.fault = fault;
    this.#completed.resolve();
  }

  results(): readonly PointResult[] {
    return this.device.points.map(({ name, kind, index }, point) => {
      if (kind === "waveform") {
        const count = this.#samples[point]!;
        const reason = count > 0 ? null : "no samples came";
        const fault = words(count > 0 ? null : this.#faults.get(point));
        return { name, unit: "samples", value: count || null, reason, fault };
      }
      const { unit } = this.#image.signals[index]!;
      const live: LiveValue = this.#image.live(index, 0);
      const reason = this.#missing.has(point) ? "no value came" : (live.reason ?? null);
      const fault = words(live.value === null ? this.#faults.get(point) : null);
      return { name, unit, value: live.value, reason, fault };
    });
  }

  #has(point: number): void {
    this.#missing.delete(point);
    if (this.#missing.size === 0) this.#completed.resolve();
  }
}
