// The keys of a machine file that are the same whatever the driver, with their defaults and limits.
// The descriptions are what an editor shows while somebody writes the file.

import { NE107, PRIORITIES } from "../../runtime/diagnosis/alarms.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";
import { unknownUnit } from "../../runtime/schema/suggest.ts";
import { UNITS } from "../../runtime/signal/units.ts";

/**
 * Bounds of one machine. A controller of the Raspberry Pi class serves this many with room to
 * spare.
 */
export const SIGNALS_MAX = 1_000;
export const WAVEFORMS_MAX = 32;
export const DEVICES_MAX = 64;
export const BUSES_MAX = 64;
export const ALARMS_MAX = 1_000;
/** Nesting of `all` and `any`; deeper than this nobody can say what a machine's hours depend on. */
export const EXPRESSION_DEPTH_MAX = 8;
export const OPERANDS_MAX = 32;
/** What a page and a plant client show in one line. */
const TEXT_MAX = 200;
const SENTENCE_MAX = 1_000;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const text = (max = TEXT_MAX) =>
  schema
    .string()
    .max(max, `is longer than ${max} characters`)
    // Control characters would break the lines of logs and pages. A refinement, because editors
    // read the patterns of a JSON Schema without the flag that this one needs.
    .refine((value) => /^\P{Cc}*$/u.test(value), "has a line break or control character in it");
const filled = (max = TEXT_MAX) => text(max).min(1, "is empty");

const unit = schema
  .enum(Object.keys(UNITS) as [string, ...string[]], {
    error: (issue) =>
      typeof issue.input === "string"
        ? unknownUnit(issue.input)
        : 'must be a UCUM code in quotes; for no unit write "1"',
  })
  .default("1")
  .describe("UCUM code of the unit that the value has after scaling");

const factor = schema
  .number()
  .refine((value) => value !== 0, "cannot be 0; every value would be 0");

const description = text().default("").describe("What it is, for people");

const SIZE = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)$/;
const NOT_A_SIZE = "is not a size; write a number with kB, MB, GB or TB";
const SIZE_BYTES: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Bytes, as people write them. Decimal, as disks and cards are sold. */
const size = (bytesMin: number, bytesMax: number) =>
  schema.codec(
    schema.string({ error: NOT_A_SIZE }).regex(SIZE, NOT_A_SIZE),
    schema
      .number()
      .min(bytesMin, `is less than ${bytesMin / 1e6}MB, the least that is sensible here`)
      .max(bytesMax, `is more than ${bytesMax / 1e9}GB, the most that is allowed here`),
    {
      decode: (written) => {
        const match = SIZE.exec(written)!;
        return Math.round(Number(match[1]) * SIZE_BYTES[match[2]!]!);
      },
      encode: (bytes) => `${bytes / 1e6}MB`,
    },
  );

const host = schema.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, "is not a host name or address");
const port = schema
  .number()
  .int("is not a whole number")
  .min(0, "is less than 0")
  .max(65_535, "is more than 65535, the last port")
  .describe("TCP port; 0 lets the system choose a free one");

export const identityKeys = schema.strictObject({
  maker: filled().describe("Who made the machine"),
  model: filled().describe("What the maker calls this type of machine"),
  serialNumber: filled().describe(
    "The maker's number of this one machine; in quotes if all digits",
  ),
  location: text().default("").describe("Where it stands"),
});

export const busKeys = schema.looseObject({
  driver: schema.string().describe("Which driver speaks on this bus"),
});

export const deviceKeys = schema.looseObject({
  bus: schema.string().describe("Name of the bus it is on"),
  every: duration({ minMs: 10, maxMs: DAY })
    .default(SECOND)
    .describe("How often it is asked for all its signals; default 1s"),
});

export const signalKeys = schema.looseObject({
  description,
  device: schema.string().describe("Name of the device it is read from"),
  unit,
  scale: factor.default(1).describe("value = raw × scale + offset; default 1"),
  offset: schema.number().default(0).describe("value = raw × scale + offset; default 0"),
  range: schema
    .array(schema.number())
    .length(2, "must be two numbers: [low, high]")
    .optional()
    .describe("[low, high] in the unit; a value outside is bad, not clipped"),
  deadband: schema
    .number()
    .min(0, "is negative")
    .default(0)
    .describe("A smaller change, in the unit, is not recorded before the heartbeat; default 0"),
  heartbeat: duration({ minMs: 100, maxMs: 2 * DAY })
    .optional()
    .describe("A good value is recorded at least this often; default 5min, at least 2 × every"),
  stale: duration({ minMs: 20, maxMs: 7 * DAY })
    .optional()
    .describe(
      "Without a sample for this long the value is withdrawn; default 5 × every, at least 5s",
    ),
});

export const waveformKeys = schema.looseObject({
  description,
  device: schema.string().describe("Name of the device that streams it"),
  rate: schema
    .number()
    .min(1, "is less than 1 sample per second")
    .max(1_000_000, "is more than 1000000 samples per second")
    .describe("Samples per second"),
  unit,
  scale: factor.default(1).describe("value = raw × scale; default 1"),
  window: duration({ minMs: 10, maxMs: 10 * MINUTE })
    .default(SECOND)
    .describe("Length of one window of features; default 1s"),
  keep: duration({ minMs: 10, maxMs: DAY })
    .default(MINUTE)
    .describe("How much of the past stays in memory; default 1min"),
  diagnose: schema.unknown().optional().describe("What is concluded from it; absent = nothing"),
});

/** Exactly one of the four tests; which one is checked apart, so that the message can name it. */
export const conditionKeys = schema.strictObject({
  signal: schema.string().describe("Name of a signal, or a waveform's feature such as bearingRms"),
  above: schema.number().optional().describe("True above this value, in the signal's unit"),
  below: schema.number().optional().describe("True below this value, in the signal's unit"),
  equals: schema.number().optional().describe("True at exactly this value"),
  bits: schema
    .number()
    .int("is not a whole number")
    .min(1, "is less than 1: no bit is set in it")
    .max(0xffff_ffff, "is more than 32 bits")
    .optional()
    .describe("True while any bit of this mask is set in the value"),
  hysteresis: schema
    .number()
    .min(0, "is negative")
    .default(0)
    .describe("How far back past the limit the value must go to undo it; default 0"),
  minOn: duration({ maxMs: DAY })
    .default(0)
    .describe("How long it must hold to count; it then counts from its beginning; default 0s"),
  minOff: duration({ maxMs: DAY })
    .default(0)
    .describe("How long it must fail to end; it then ends at its first failing; default 0s"),
});

const operands = (what: string) =>
  schema
    .array(schema.unknown())
    .min(1, "is empty; name at least one condition")
    .max(OPERANDS_MAX, `has more than ${OPERANDS_MAX} conditions`)
    .describe(what);
export const allKeys = schema.strictObject({ all: operands("True while all of these are") });
export const anyKeys = schema.strictObject({ any: operands("True while any of these is") });

export const alarmKeys = schema.strictObject({
  when: schema.unknown().describe("The condition that makes it active"),
  severity: schema
    .number()
    .int("is not a whole number")
    .min(1, "is less than 1")
    .max(1_000, "is more than 1000, the most that OPC UA knows")
    .default(500)
    .describe("1–1000, as OPC UA counts; default 500"),
  ne107: schema
    .enum(NE107)
    .default("out-of-specification")
    .describe("NAMUR NE 107 class; default out-of-specification"),
  priority: schema
    .enum(PRIORITIES)
    .optional()
    .describe("What to look at first; default a quarter of the scale of severity for each"),
  latch: schema
    .boolean()
    .default(false)
    .describe("It stands until it is acknowledged, also when it is over; default false"),
  text: filled(SENTENCE_MAX).describe("What a mechanic reads: what is wrong and what to do"),
});

export const journalKeys = schema.strictObject({
  commitEvery: duration({ minMs: 100, maxMs: 5 * MINUTE })
    .default(10 * SECOND)
    .describe("How often records are made durable; the most that a power cut takes; default 10s"),
  sizeMax: size(10e6, 1e12)
    .default(2e9)
    .describe("Beyond this the oldest and least important records go; default 2GB"),
});

export const watchdogKeys = schema.strictObject({
  device: schema
    .string()
    .startsWith("/", "is not an absolute path such as /dev/watchdog")
    .describe("The watchdog's device file, such as /dev/watchdog"),
});

export const httpKeys = schema.strictObject({
  host: host.default("127.0.0.1").describe("Address that the page and the stream listen on"),
  port: port.default(8_420),
});

const opcuaKeys = schema.strictObject({
  host: host.default("127.0.0.1").describe("Address that the OPC UA server listens on"),
  port: port.default(4_840),
  anonymous: schema
    .boolean()
    .default(false)
    .describe("Anonymous, unencrypted, read-only sessions: for a demo on loopback"),
});

export const endpointsKeys = schema.strictObject({
  http: httpKeys.optional().describe("The page and the stream"),
  opcua: opcuaKeys.optional().describe("OPC UA; absent = off"),
});

const section = (what: string) => schema.unknown().optional().describe(what);

/** The top of the file. Its sections are checked one by one, so that one error hides no other. */
export const fileKeys = schema.strictObject({
  telltale: schema
    .literal(1, {
      error: (issue) =>
        issue.input === undefined
          ? "is missing; write `telltale: 1`, the version of the format"
          : "must be 1; no other version of the format is known here",
    })
    .describe("Version of the format of this file"),
  machine: schema
    .unknown()
    .refine((value) => value !== undefined, "is missing")
    .describe("Which machine this is; it stands on every bill"),
  buses: section("The lines to devices, by name"),
  devices: section("The devices on the buses, by name"),
  signals: section("Single values that are read, by name"),
  waveforms: section("Streams of samples at a fixed rate, by name; each gives four signals"),
  features: section("What is computed of slow signals, by name; each is a signal like any other"),
  diagnosis: section("How the machine is learned, and which signals together"),
  usage: section("What is counted and who says so; with no rules the state stays UNKNOWN"),
  alarms: section("Conditions that somebody should know of, by name"),
  findings: section("How faults that the diagnosis finds become alarms, by fault"),
  knowledge: schema
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.ya?ml$/, "is not a file name such as maker.yaml")
    .optional()
    .describe("A file beside this one with the maker's causes, remedies and parts of faults"),
  journal: section("How records are kept"),
  time: section("Who tells the time besides the controller's own clock"),
  ledger: section("Who may begin a lease, who witnesses the hours, and how often they are signed"),
  watchdog: section("The controller's hardware watchdog; absent = not used"),
  endpoints: section("Where clients connect"),
});
