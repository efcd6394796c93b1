// What the machine file may say of a GPIO bus, of a group of lines and of one line.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { BIASES, DRIVES } from "./backend.ts";

export const busSettings = schema.strictObject({
  backend: schema
    .enum(["auto", "character-device", "sysfs"])
    .default("auto")
    .describe("How the kernel is asked; auto is the character device wherever there is one"),
});
export type BusSettings = ReturnType<typeof busSettings.parse>;

export const deviceSettings = schema.strictObject({
  repeat: duration({ minMs: 20, maxMs: 60_000 })
    .prefault("1s")
    .describe("How often a level that did not change is read and told again"),
  report: duration({ minMs: 20, maxMs: 60_000 })
    .prefault("100ms")
    .describe("How often pulses are told; between two reports they are only counted"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

/** Longer windows belong to the right of the sink, where values are averaged. */
const WINDOW_MAX_MS = 60_000;
const TIMEOUT_MAX_MS = 600_000;
/** The kernel takes microseconds in 32 bits; no contact bounces for so long. */
const DEBOUNCE_MAX_MS = 10_000;
/** More than any encoder has in one revolution. */
const PULSES_PER_REVOLUTION_MAX = 100_000;

const rate = {
  window: duration({ minMs: 20, maxMs: WINDOW_MAX_MS })
    .prefault("1s")
    .describe("Over how long it is averaged, where pulses come that often"),
  timeout: duration({ minMs: 20, maxMs: TIMEOUT_MAX_MS })
    .prefault("5s")
    .describe("Without a pulse for this long the value is 0; not shorter than the window"),
};

const level = schema.literal([0, 1]);

const line = schema.union([
  schema.string().min(1, "is empty; write a line's name, such as GPIO17"),
  schema.strictObject({
    chip: schema
      .string()
      .min(1, "is empty; write a chip's label, such as pinctrl-bcm2711")
      .describe("Label of the chip, as `telltale scan` shows it; or its name, such as gpiochip0"),
    offset: schema.int().min(0).max(65_535).describe("Number of the line on its chip, from 0"),
  }),
]);

const ROLES = ["input", "count", "frequency", "speed", "output"] as const;

export const pointSettings = schema
  .strictObject({
    line: line.describe("Name of the line, such as GPIO17; or its chip and offset"),
    activeLow: schema.boolean().default(false).describe("1 is the low voltage, for all roles"),
    bias: schema.enum(BIASES).default("as-is").describe("The chip's own resistor"),
    debounce: duration({ maxMs: DEBOUNCE_MAX_MS })
      .prefault("0ms")
      .describe("A change counts once it has held for this long; not for outputs"),
    input: schema.literal(true).optional().describe("The level, 0 or 1"),
    count: schema.literal(true).optional().describe("Pulses since the bus was started"),
    frequency: schema.strictObject(rate).optional().describe("Pulses per second"),
    speed: schema
      .strictObject({
        pulsesPerRevolution: schema.int().min(1).max(PULSES_PER_REVOLUTION_MAX),
        ...rate,
      })
      .optional()
      .describe("Revolutions per minute"),
    output: schema
      .strictObject({
        safe: level.describe("The level at the end, and at start where nothing else is said"),
        start: schema
          .union([schema.enum(["keep", "safe"]), level])
          .default("safe")
          .describe("The level at start; keep is the one that the pin has then"),
        drive: schema.enum(DRIVES).default("push-pull"),
      })
      .optional()
      .describe("Can be written"),
  })
  .superRefine((given, context) => {
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: "custom", message, path });
    const roles = ROLES.filter((role) => given[role] !== undefined);
    if (roles.length !== 1) {
      refuse(`has ${roles.length} roles; give exactly one of ${ROLES.join(", ")}`);
    }
    if (given.output !== undefined && given.debounce > 0) {
      refuse("has no place at an output", "debounce");
    }
    for (const role of ["frequency", "speed"] as const) {
      const { window, timeout } = given[role] ?? { window: 0, timeout: 0 };
      if (timeout < window) refuse("is shorter than the window", role, "timeout");
    }
  });
export type PointSettings = ReturnType<typeof pointSettings.parse>;
