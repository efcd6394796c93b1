// Signals that follow a script instead of a machine, for dry runs of a machine file: the same
// intake, hours and records without any hardware. Values depend on the monotonic clock alone,
// counted from the bus's first read, so that a run with a given clock comes out the same each
// time.

import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { type Bus, type Device, type DeviceContext, defineDriver } from "../driver.ts";
import { readRecording } from "./recording.ts";
import {
  type Course,
  courseOf,
  type DeviceSettings,
  deviceSettings,
  isWithin,
  type PointSettings,
  pointSettings,
  valueAt,
  type Wave,
} from "./script.ts";

export const simulatedDriver = defineDriver({
  name: "simulated",
  summary: "Scripted signals for a dry run without a machine",
  bus: schema.strictObject({}),
  device: deviceSettings,
  point: pointSettings,
  create({ devices, clock, timers }): Bus {
    const run = new Run(clock, timers);
    return {
      devices: devices.map((device) => new SimulatedDevice(device, run)),
      async close() {
        run.closing.abort();
      },
    };
  },
});

/** What the devices of a bus share: one beginning, so that their waves keep step. */
class Run {
  readonly timers: Timers;
  readonly closing = new AbortController();
  readonly #clock: Clock;
  #beganAt: Mono | null = null;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.timers = timers;
  }

  now(): { readonly at: Mono; readonly elapsedMs: number } {
    const at = this.#clock.mono();
    this.#beganAt ??= at;
    return { at, elapsedMs: at - this.#beganAt };
  }
}

class SimulatedDevice implements Device {
  readonly #context: DeviceContext<DeviceSettings, PointSettings>;
  readonly #run: Run;
  /** A written point keeps its value: the script no longer drives it. */
  readonly #written = new Map<number, number>();
  #courses: readonly Course[] | null;

  constructor(context: DeviceContext<DeviceSettings, PointSettings>, run: Run) {
    this.#context = context;
    this.#run = run;
    this.#courses = coursesOf(context.points.map(({ settings }) => settings.wave));
  }

  async read(): Promise<void> {
    const { points, sink } = this.#context;
    // Nothing is awaited that need not be: a dry run with a clock of its own reads at once.
    if (this.#courses === null) this.#courses = await this.#load();
    if (this.#slowBy() > 0) await this.#dawdle();
    const courses = this.#courses;
    const { at, elapsedMs } = this.#run.now();
    for (const [index, { settings }] of points.entries()) {
      const value = valueAt(courses[index]!, settings, elapsedMs);
      if (value === null) sink.bad(index, "sensor-fault", at);
      else sink.sample(index, this.#written.get(index) ?? value, at);
    }
  }

  async write(point: number, raw: number): Promise<void> {
    if (this.#slowBy() > 0) await this.#dawdle();
    this.#written.set(point, raw);
  }

  /** Recordings are read once, at the first read: a file that is not there is told as a fault. */
  async #load(): Promise<readonly Course[]> {
    const { name, points } = this.#context;
    return await Promise.all(
      points.map(async ({ name: point, settings: { wave } }) =>
        "recording" in wave
          ? await readRecording(wave.recording, `Device ${name}, ${point}`)
          : courseOf(wave),
      ),
    );
  }

  /** By how much it answers late now; throws where it does not answer. */
  #slowBy(): number {
    const { name, settings } = this.#context;
    const { elapsedMs } = this.#run.now();
    if (isWithin(settings.silent, elapsedMs)) {
      throw new Fault(
        "BUS_TIMEOUT",
        `Device ${name} is silent, as its script says.`,
        "Take `silent` out of the machine file, or wait until it is over.",
      );
    }
    return settings.slow !== undefined && isWithin(settings.slow, elapsedMs) ? settings.slow.by : 0;
  }

  #dawdle(): Promise<void> {
    return sleep(this.#run.timers, this.#context.settings.slow!.by, this.#run.closing.signal);
  }
}

/** The courses of the points; null where a recording has to be read first. */
function coursesOf(waves: readonly Wave[]): readonly Course[] | null {
  const courses: Course[] = [];
  for (const wave of waves) {
    if ("recording" in wave) return null;
    courses.push(courseOf(wave));
  }
  return courses;
}
