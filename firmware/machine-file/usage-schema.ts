// The keys under `usage`, `time` and `ledger`: what is counted, who says so, and how it is proved.
// The conditions within are checked apart (expressions.ts).

import { NE107 } from "../../runtime/diagnosis/alarms.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";
import {
  TOLERANCE_MS_DEFAULT,
  TOLERANCE_PER_MILLE_DEFAULT,
} from "../../runtime/usage/hour-register.ts";
import { FAULT_KINDS, WITNESSES_MAX } from "../../runtime/usage/usage-rules.ts";
import { REGISTER_NAMES, STATE_REGISTERS } from "../../runtime/usage/usage-state.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** More than this nobody can keep in mind of one machine. */
export const CONFLICTS_MAX = 16;
export const SERVICES_MAX = 64;
/** Each is asked for each checkpoint. */
const LEDGER_WITNESSES_MAX = 8;
/** Twenty years of a machine that never stands still. */
const SERVICE_MS_MAX = 200_000 * HOUR;
const SERVICE_EVENTS_MAX = 1e12;
/** A checkpoint and a tick at least this often are what a verifier expects. */
const LEDGER_EVERY_MS_MAX = 15 * MINUTE;
const LEDGER_EVERY_MS_MIN = 10 * SECOND;

const condition = (what: string) => schema.unknown().optional().describe(what);
/** A list where each word stands once, because its place means something. */
const once = (words: readonly unknown[]) => new Set(words).size === words.length;
const TWICE = "names one twice";

export const usageKeys = schema.strictObject({
  FAULT: condition("It cannot work"),
  WORKING: condition("It works under load"),
  IDLE: condition("It runs without load"),
  STANDBY: condition("It has power and does not run"),
  modes: condition("Which condition makes which operating mode; otherwise it is None"),
  overload: condition("It is overloaded; that time is also counted by itself"),
  cycles: condition("Each time this begins is one; or { counter: signal }, a device's own count"),
  strokes: condition("Each time this begins is one; or { counter: signal }, a device's own count"),
  conflicts: condition("Conditions that have to agree, by name; a contradiction is UNKNOWN"),
  faultFrom: schema
    .array(schema.enum(FAULT_KINDS))
    .min(1, "is empty; name who says FAULT")
    .refine(once, TWICE)
    .optional()
    .describe("Who says FAULT, the first first; default [machine, alarm, instruction]"),
  faultAlarms: schema
    .array(schema.enum(NE107))
    .refine(once, TWICE)
    .optional()
    .describe("NAMUR NE 107 classes of the alarms that say FAULT; default none"),
  hourRegister: condition("The machine's own hour register, compared daily and at every start"),
  service: condition("Service intervals, by name"),
  powerFail: condition("The power is about to fail: everything is saved at once"),
});

export const modesKeys = schema.strictObject({
  Maintenance: condition("Somebody maintains it; that time is also counted by itself"),
  Setup: condition("It is being set up"),
  Processing: condition("It does what it is for"),
});

export const counterKeys = schema.strictObject({
  counter: schema.string().describe("Name of a signal that a device counts up by itself"),
});

export const conflictKeys = schema.strictObject({
  between: schema
    .array(schema.unknown())
    .min(2, "needs at least two conditions that can contradict each other")
    .max(WITNESSES_MAX, `has more than ${WITNESSES_MAX} conditions`)
    .describe("The conditions that have to agree wherever they are known"),
  longerThan: duration({ maxMs: HOUR })
    .default(5 * SECOND)
    .describe("A contradiction that lasts longer is UNKNOWN from its beginning; default 5s"),
});

export const hourRegisterKeys = schema.strictObject({
  signal: schema.string().describe("Name of the signal; its unit is h, min, s or ms"),
  tolerance: duration({ maxMs: 24 * HOUR })
    .default(TOLERANCE_MS_DEFAULT)
    .describe("A difference up to this is none; default 3min, one step of 0.05 h"),
  tolerancePerMille: schema
    .number()
    .min(0, "is negative")
    .max(1_000, "is more than 1000, which is all of it")
    .default(TOLERANCE_PER_MILLE_DEFAULT)
    .describe("And up to this many thousandths of what was counted; default 1"),
  rollover: schema
    .number()
    .positive("must be more than 0")
    .optional()
    .describe("Where it begins again at 0, in the signal's unit"),
  compareWith: schema
    .array(schema.enum(STATE_REGISTERS))
    .min(1, "is empty; name the registers that it counts too")
    .refine(once, TWICE)
    .default(["working", "idle"])
    .describe("Our registers that it counts too; default [working, idle]"),
});

export const serviceKeys = schema.strictObject({
  register: schema.enum(REGISTER_NAMES).default("working").describe("Default working"),
  every: schema
    .unknown()
    .refine((value) => value !== undefined, "is missing")
    .describe("Such as 500h; on starts, loads, cycles and strokes a number"),
  warn: schema
    .unknown()
    .optional()
    .describe("It warns when this much is left; default a tenth of every"),
});

export const serviceDuration = duration({ minMs: MINUTE, maxMs: SERVICE_MS_MAX });
export const serviceWarning = duration({ maxMs: SERVICE_MS_MAX });
const NUMBER_OF_EVENTS = "must be a number of events; its register counts no time";
const events = (least: number) =>
  schema
    .number({ error: (issue) => (issue.input === undefined ? undefined : NUMBER_OF_EVENTS) })
    .int("is not a whole number")
    .min(least, `is less than ${least}`)
    .max(SERVICE_EVENTS_MAX, `is more than ${SERVICE_EVENTS_MAX}`);
export const serviceEvents = events(1);
export const serviceEventsWarning = events(0);

export const timeKeys = schema.strictObject({
  gnss: schema
    .strictObject({
      signal: schema.string().describe("Name of a signal in seconds since 1970"),
    })
    .optional()
    .describe("A satellite receiver that tells the time"),
});

const verifierKey = (what: string) => schema.string().describe(what);

const witnessKeys = schema.strictObject({
  name: schema
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "is not a name; write letters, digits, . _ -")
    .describe("What records call it"),
  url: schema
    .string()
    .regex(/^https?:\/\/[^\s?#]{1,300}$/, "is not an address such as https://witness.example")
    .describe("Where it takes checkpoints (C2SP tlog-witness)"),
  key: verifierKey("Its verifier key, as `telltale witness` prints it"),
});

export const ledgerKeys = schema.strictObject({
  lessor: verifierKey("The lessor's verifier key: whose instructions begin a lease").optional(),
  witnesses: schema
    .array(witnessKeys)
    .max(LEDGER_WITNESSES_MAX, `has more than ${LEDGER_WITNESSES_MAX} witnesses`)
    .default([])
    .describe("Who cosigns the ledger's checkpoints"),
  checkpointEvery: duration({ minMs: LEDGER_EVERY_MS_MIN, maxMs: LEDGER_EVERY_MS_MAX })
    .default(LEDGER_EVERY_MS_MAX)
    .describe("The tree's head is signed at least this often; default 15min"),
  tickEvery: duration({ minMs: LEDGER_EVERY_MS_MIN, maxMs: LEDGER_EVERY_MS_MAX })
    .default(LEDGER_EVERY_MS_MAX)
    .describe("The registers stand on the ledger at least this often; default 15min"),
});
