// What the machine file may say of a waveform device and of a channel of it.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { serialPortKeys } from "../shared/serial-port.ts";
import { SAMPLE_FORMATS } from "./sample-format.ts";

/** More interleaved channels than any analog front end for vibration has. */
const CHANNELS_MAX = 64;

const ADDRESS = /^(\[[0-9A-Fa-f:]+\]|[^\s:[\]]+):(\d{1,5})$/;

/** Host and port of a text such as `logger:8503` or `[fe80::1]:8503`; null where it is none. */
export function parseAddress(text: string): { host: string; port: number } | null {
  const [, host, digits] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ""), port };
}

const path = schema.string().min(1, "is empty");

const source = schema.union([
  schema.strictObject({
    command: schema
      .array(schema.string())
      .min(1, "is empty; write the program and its arguments as a list")
      .describe("A program and its arguments, whose standard output is read; no shell"),
  }),
  schema.strictObject({
    file: path.describe("A recording, read once from its beginning, as fast as it is taken"),
  }),
  schema.strictObject({ fifo: path.describe("A named pipe that another program writes to") }),
  schema.strictObject({
    tcp: schema
      .string()
      .refine((text) => parseAddress(text) !== null, "is not an address; write host:port")
      .describe("host:port of a server that sends samples to whoever connects"),
  }),
  schema.strictObject({
    serial: schema.strictObject(serialPortKeys).describe("A serial port that is only listened to"),
  }),
]);
export type SourceSettings = ReturnType<typeof source.parse>;

export const deviceSettings = schema.strictObject({
  source,
  format: schema
    .enum(SAMPLE_FORMATS)
    .default("s16le")
    .describe("Sign, bits and byte order of one sample"),
  channels: schema
    .int()
    .min(1)
    .max(CHANNELS_MAX)
    .default(1)
    .describe("Channels, interleaved: one sample of each makes a frame"),
  sync: schema
    .string()
    .regex(/^(?:[0-9A-Fa-f]{2} ?){1,8}$/, "is not 1 to 8 bytes; write them as in AA 55")
    .optional()
    .describe("Bytes in hexadecimal that begin each frame; with them a lost byte is noticed"),
  timeout: duration({ minMs: 100, maxMs: 600_000 })
    .prefault("5s")
    .describe("Without a byte for this long the source counts as lost"),
  rate: schema
    .number()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe("Frames per second; with it, missing ones and a clock that drifts are noticed"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

export const pointSettings = schema.strictObject({
  channel: schema
    .int()
    .min(0)
    .max(CHANNELS_MAX - 1)
    .default(0)
    .describe("Position in the frame, from 0"),
});
export type PointSettings = ReturnType<typeof pointSettings.parse>;
