// What the machine file may say of a Firmata board and of what is connected to its pins.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { serialPortKeys } from "../shared/serial-port.ts";
import { SENSORS, sensorIssue } from "./sensor-table.ts";

/** A pin is a byte of seven bits on the wire. */
const PIN_MAX = 127;

/** An analog report has four bits for its channel. */
const CHANNEL_MAX = 15;

export const busSettings = schema.strictObject({
  port: serialPortKeys.port,
  baudRate: serialPortKeys.baudRate.removeDefault().default(57_600),
});
export type BusSettings = ReturnType<typeof busSettings.parse>;

export const deviceSettings = schema.strictObject({
  sampling: duration({ minMs: 10, maxMs: 10_000 })
    .prefault("100ms")
    .describe("How often the board reports analog inputs and I2C sensors"),
  check: duration({ minMs: 50, maxMs: 60_000 })
    .prefault("1s")
    .describe("How often the board is asked whether it is as it was set up; lost after two misses"),
  startTimeout: duration({ minMs: 200, maxMs: 60_000 })
    .prefault("10s")
    .describe("How long the board may take from opening the port to being set up"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

const pin = schema.int().min(0).max(PIN_MAX);
const level = schema.literal([0, 1]);

const digital = schema.strictObject({
  pin,
  pullUp: schema.boolean().default(false).describe("Switch on the board's own pull-up"),
});

const relay = schema.strictObject({
  pin,
  normallyClosed: schema
    .boolean()
    .default(false)
    .describe("The circuit is closed while the pin is low"),
  safe: level.default(0).describe("1 closed, 0 open: at start and when the bus is closed"),
});

const pwm = schema.strictObject({
  pin,
  safe: schema.int().min(0).max(255).default(0).describe("At start and when the bus is closed"),
});

const PULSE_MICROSECONDS_MIN = 544;
const PULSE_MICROSECONDS_MAX = 2_400;
const pulse = schema.int().min(PULSE_MICROSECONDS_MIN).max(PULSE_MICROSECONDS_MAX);

const servo = schema.strictObject({
  pin,
  safe: schema
    .number()
    .min(0)
    .max(180)
    .default(90)
    .describe("Degrees, at start and when the bus is closed"),
  pulse: schema
    .tuple([pulse, pulse])
    .refine(([from, to]) => from < to, "is not from the shorter to the longer pulse")
    .default([600, PULSE_MICROSECONDS_MAX])
    .describe("Microseconds at 0 and at 180 degrees"),
});

const sensor = schema
  .strictObject({
    controller: schema.enum(Object.keys(SENSORS)).describe("The sensor's chip"),
    quantity: schema.string().describe("What of it: temperature, pressure, humidity, x, y, z"),
    address: schema
      .int()
      .min(8)
      .max(119)
      .optional()
      .describe("I2C address, where it is not the usual one"),
  })
  .superRefine((given, context) => {
    const message = sensorIssue(given.controller, given.quantity);
    if (message !== null) context.addIssue({ code: "custom", message, path: ["quantity"] });
  });

const KINDS = ["analog", "digital", "relay", "pwm", "servo", "sensor"] as const;

export const pointSettings = schema
  .strictObject({
    analog: schema
      .int()
      .min(0)
      .max(CHANNEL_MAX)
      .optional()
      .describe("Analog input, 0 for A0: counts of the converter, 0 to 1023 on most boards"),
    digital: digital.optional(),
    relay: relay.optional(),
    pwm: pwm.optional(),
    servo: servo.optional(),
    sensor: sensor.optional(),
  })
  .superRefine((given, context) => {
    const kinds = KINDS.filter((kind) => given[kind] !== undefined);
    if (kinds.length === 1) return;
    const message = `names ${kinds.length} things; give exactly one of ${KINDS.join(", ")}`;
    context.addIssue({ code: "custom", message });
  });
export type PointSettings = ReturnType<typeof pointSettings.parse>;
