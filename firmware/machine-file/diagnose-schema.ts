// The keys under `waveforms.NAME.diagnose`: what the waveform measures, what turns near it, and
// when it is judged; and those under `diagnosis`, for the machine as a whole.

import { QUANTITIES } from "../../runtime/diagnosis/channel.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";
import { USAGE_STATES } from "../../runtime/usage/usage-state.ts";

/** More than these one sensor does not hear apart. */
export const BEARINGS_MAX = 8;
export const GEARS_MAX = 4;

const positive = (what: string) => schema.number().positive("must be more than 0").describe(what);
const span = (what: string) =>
  schema
    .tuple([schema.number(), schema.number()])
    .refine(([low, high]) => low < high, "has its low end not below its high end")
    .optional()
    .describe(what);
const ratio = positive("Speed of its shaft, divided by the speed that is given").default(1);

export const bearingEntry = schema.union([
  schema.string().min(1, "is empty"),
  schema.strictObject({
    type: schema.string().min(1, "is empty").describe("As below, or n=9,d=7.94,D=39.04,angle=0"),
    ratio,
  }),
]);

export const gearEntry = schema.strictObject({
  teeth: schema
    .int("must be a whole number")
    .min(2, "is less than 2")
    .max(2_000, "is more than 2000")
    .describe("Teeth of the wheel"),
  ratio,
});

export const diagnoseKeys = schema.strictObject({
  quantity: schema
    .enum(QUANTITIES)
    .optional()
    .describe("What the samples are; by default what the unit says"),
  rpm: positive("Speed of the shaft in revolutions per minute, where it never changes").optional(),
  speed: schema
    .string()
    .optional()
    .describe("Signal with the speed of the shaft, in /min, Hz or /s; instead of rpm"),
  load: schema.string().optional().describe("Signal with the load, which stands beside findings"),
  bearings: schema
    .unknown()
    .optional()
    .describe("Rolling bearings by name: a designation, or n=9,d=7.94,D=39.04,angle=0"),
  gears: schema.unknown().optional().describe("Gear wheels by name: teeth, and ratio"),
  severity: schema
    .union([
      schema.string().min(1, "is empty"),
      schema.strictObject({
        velocityRms: schema
          .tuple([positive("A/B"), positive("B/C"), positive("C/D")])
          .refine(([ab, bc, cd]) => ab < bc && bc < cd, "must rise")
          .describe("Boundaries A/B, B/C, C/D in mm/s RMS, 10–1000 Hz"),
      }),
    ])
    .optional()
    .describe("Limits of vibration after ISO 20816, such as group2-rigid, or boundaries"),
  mains: schema
    .union([schema.literal(50), schema.literal(60), schema.literal(16.7)])
    .default(50)
    .describe("Frequency of the supply in Hz; default 50"),
  fullScale: positive("Value at which the sensor clips, in the waveform's unit").optional(),
  polePairs: schema
    .int("must be a whole number")
    .min(1, "is less than 1")
    .max(60, "is more than 60")
    .optional()
    .describe("Pole pairs of the motor, for what its current says"),
  regime: schema
    .strictObject({
      rpm: span("Least and most speed of the shaft in which anything is concluded"),
      load: span("Least and most load, in the unit of its signal"),
    })
    .optional()
    .describe("Outside of it nothing is concluded"),
  when: schema
    .array(schema.enum(USAGE_STATES))
    .min(1, "is empty; name at least one usage state")
    .optional()
    .describe("Usage states in which it is judged; default [IDLE, WORKING]"),
});

/** More than these together say nothing about one of them. */
const WATCHED_MAX = 24;
const HOUR = 3_600_000;

export const diagnosisKeys = schema.strictObject({
  learn: duration({ minMs: HOUR / 6, maxMs: 90 * 24 * HOUR })
    .default(24 * HOUR)
    .describe("Time in a usage state before anything is held against what is usual there"),
  watch: schema
    .array(schema.string())
    .max(WATCHED_MAX, `names more than ${WATCHED_MAX} signals`)
    .refine((names) => new Set(names).size === names.length, "names one twice")
    .default([])
    .describe("Signals that are learned together: each has a range or a deadband"),
});
