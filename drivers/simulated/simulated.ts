// Signals that follow a script instead of a machine, for dry runs of a machine file: the same
// intake, hours and records without any hardware. Values depend on the monotonic clock alone,
// counted from the bus's first read, so that a run with a given clock comes out the same each
// time.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import { type Bus, type Device, type DeviceContext, defineDriver } from "../driver.ts";

const swing = schema.strictObject({
  min: schema.number(),
  max: schema.number(),
  period: duration({ minMs: 1 }),
});

const wave = schema.union([
  schema.strictObject({ constant: schema.number() }),
  schema.strictObject({ ramp: swing }).describe("From min up to max, then from min again"),
  schema.strictObject({ sine: swing }).describe("Begins in the middle, rising"),
  schema.strictObject({ square: swing }).describe("Half a period min, half a period max"),
]);
export type Wave = ReturnType<typeof wave.parse>;

/** A stretch of the run, counted from the first read. */
const stretch = schema.strictObject({ from: duration(), for: duration({ minMs: 1 }) });
type Stretch = ReturnType<typeof stretch.parse>;

const deviceSettings = schema.strictObject({
  silent: stretch.optional().describe("When the device does not answer at all"),
});
const pointSettings = schema.strictObject({
  wave,
  broken: stretch.optional().describe("When the point has no usable value"),
});
type DeviceSettings = ReturnType<typeof deviceSettings.parse>;
type PointSettings = ReturnType<typeof pointSettings.parse>;

/** The raw value at `elapsedMs` after the first read. */
export function waveAt(script: Wave, elapsedMs: number): number {
  if ("constant" in script) return script.constant;
  if ("ramp" in script) {
    const { min, max, period } = script.ramp;
    return min + ((max - min) * (elapsedMs % period)) / period;
  }
  if ("sine" in script) {
    const { min, max, period } = script.sine;
    const turn = (2 * Math.PI * (elapsedMs % period)) / period;
    return (min + max) / 2 + ((max - min) / 2) * Math.sin(turn);
  }
  const { min, max, period } = script.square;
  return elapsedMs % period < period / 2 ? min : max;
}

export const simulatedDriver = defineDriver({
  name: "simulated",
  summary: "Scripted signals for a dry run without a machine",
  bus: schema.strictObject({}),
  device: deviceSettings,
  point: pointSettings,
  create({ devices, clock }): Bus {
    const run = new Run(clock);
    return {
      devices: devices.map((device) => new SimulatedDevice(device, run)),
      async close() {},
    };
  },
});

/** What the devices of a bus share: one beginning, so that their waves keep step. */
class Run {
  readonly #clock: Clock;
  #beganAt: Mono | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
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

  constructor(context: DeviceContext<DeviceSettings, PointSettings>, run: Run) {
    this.#context = context;
    this.#run = run;
  }

  async read(): Promise<void> {
    const { points, sink } = this.#context;
    const { at, elapsedMs } = this.#run.now();
    this.#assertAwake(elapsedMs);
    for (const [index, { settings }] of points.entries()) {
      if (isWithin(settings.broken, elapsedMs)) sink.bad(index, "sensor-fault", at);
      else sink.sample(index, this.#written.get(index) ?? waveAt(settings.wave, elapsedMs), at);
    }
  }

  async write(point: number, raw: number): Promise<void> {
    this.#assertAwake(this.#run.now().elapsedMs);
    this.#written.set(point, raw);
  }

  #assertAwake(elapsedMs: number): void {
    if (!isWithin(this.#context.settings.silent, elapsedMs)) return;
    throw new Fault(
      "BUS_TIMEOUT",
      `Device ${this.#context.name} is silent, as its script says.`,
      "Take `silent` out of the machine file, or wait until it is over.",
    );
  }
}

function isWithin(span: Stretch | undefined, elapsedMs: number): boolean {
  return span !== undefined && elapsedMs >= span.from && elapsedMs < span.from + span.for;
}
