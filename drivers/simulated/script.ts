// What the machine file may say of a scripted signal, and the values that follow from it.

import { duration, schema } from "../../runtime/schema/schema.ts";

const swing = schema.strictObject({
  min: schema.number(),
  max: schema.number(),
  period: duration({ minMs: 1 }),
});

const column = schema.string().min(1);

const wave = schema.union([
  schema.strictObject({ constant: schema.number() }),
  schema.strictObject({ ramp: swing }).describe("From min up to max, then from min again"),
  schema.strictObject({ sine: swing }).describe("Begins in the middle, rising"),
  schema.strictObject({ square: swing }).describe("Half a period min, half a period max"),
  schema
    .strictObject({
      recording: schema.strictObject({
        file: schema.string().min(1).describe("A table as CSV, whose first line names the columns"),
        column: column.describe("The column with the values; an empty cell is a broken point"),
        time: column.default("time").describe("The column with seconds, rising"),
        repeat: schema.boolean().default(false).describe("From the beginning again at its end"),
      }),
    })
    .describe("Values as they were recorded, each until the next one's time"),
]);
export type Wave = ReturnType<typeof wave.parse>;
export type Recording = Extract<Wave, { recording: unknown }>["recording"];

/** A stretch of the run, counted from the first read. */
const stretch = schema.strictObject({ from: duration(), for: duration({ minMs: 1 }) });
type Stretch = ReturnType<typeof stretch.parse>;

/** A driver that answers later would be taken for one that hangs. */
const SLOW_MAX_MS = 30_000;

export const deviceSettings = schema.strictObject({
  silent: stretch.optional().describe("When the device does not answer at all"),
  slow: schema
    .strictObject({
      ...stretch.shape,
      by: duration({ minMs: 1, maxMs: SLOW_MAX_MS }).describe("How late its answers are"),
    })
    .optional()
    .describe("When the device answers late"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

const seed = schema.int().min(0).max(0xffff_ffff).default(1);

export const pointSettings = schema.strictObject({
  wave,
  broken: stretch.optional().describe("When the point has no usable value"),
  stuck: stretch.optional().describe("When it keeps the value that it had at the beginning of it"),
  notANumber: stretch.optional().describe("When it is not a number, as a wrong float is"),
  spike: schema
    .strictObject({ ...stretch.shape, by: schema.number().describe("What is added") })
    .optional()
    .describe("When it jumps"),
  drift: schema
    .strictObject({ from: duration().prefault("0s"), perHour: schema.number() })
    .optional()
    .describe("What is added with each hour that passes"),
  noise: schema
    .strictObject({ amplitude: schema.number().min(0), seed })
    .optional()
    .describe("Evenly spread from −amplitude to amplitude; one seed gives one run"),
});
export type PointSettings = ReturnType<typeof pointSettings.parse>;

export function isWithin(span: Stretch | undefined, elapsedMs: number): boolean {
  return span !== undefined && elapsedMs >= span.from && elapsedMs < span.from + span.for;
}

/** A wave without its recording: a function of the time since the first read; null has no value. */
export type Course = (elapsedMs: number) => number | null;

export function courseOf(script: Exclude<Wave, { recording: unknown }>): Course {
  if ("constant" in script) return () => script.constant;
  if ("ramp" in script) {
    const { min, max, period } = script.ramp;
    return (elapsedMs) => min + ((max - min) * (elapsedMs % period)) / period;
  }
  if ("sine" in script) {
    const { min, max, period } = script.sine;
    return (elapsedMs) => {
      const turn = (2 * Math.PI * (elapsedMs % period)) / period;
      return (min + max) / 2 + ((max - min) / 2) * Math.sin(turn);
    };
  }
  const { min, max, period } = script.square;
  return (elapsedMs) => (elapsedMs % period < period / 2 ? min : max);
}

/** The raw value with everything that the script does to it; null where there is none. */
export function valueAt(course: Course, settings: PointSettings, elapsedMs: number): number | null {
  const { broken, stuck, notANumber, spike, drift, noise } = settings;
  if (isWithin(broken, elapsedMs) || isWithin(notANumber, elapsedMs)) return null;
  const at = isWithin(stuck, elapsedMs) ? stuck!.from : elapsedMs;
  const value = course(at);
  if (value === null) return null;
  // A transmitter that is stuck has neither noise nor jumps of its own any more.
  const jump = spike !== undefined && isWithin(spike, at) ? spike.by : 0;
  const crept =
    drift === undefined ? 0 : (Math.max(0, at - drift.from) / 3_600_000) * drift.perHour;
  const hiss = noise === undefined ? 0 : noise.amplitude * evenAt(noise.seed, at);
  return value + jump + crept + hiss;
}

/**
 * From −1 to 1, by the instant alone: a value does not depend on how often it was read. The mixing
 * is that of mulberry32.
 */
function evenAt(given: number, elapsedMs: number): number {
  let state = (Math.imul(given + 1, 0x9e37_79b1) ^ Math.floor(elapsedMs)) >>> 0;
  state = (state + 0x6d2b_79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
}
