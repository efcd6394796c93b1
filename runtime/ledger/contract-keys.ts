// The keys of a contract file with their defaults and limits. Where a contract says nothing, what
// holds is in favour of the lessee.

import { duration, schema } from "../schema/schema.ts";
import { OPERATING_MODES, USAGE_STATES } from "../usage/usage-state.ts";

/** A hundred lines have 5 kB; the meter keeps contracts on its disk and sends them in one frame. */
export const CONTRACT_BYTES_MAX = 32 * 1024;
/** Three shifts on weekdays and three on weekends, and again as many. */
export const SHIFTS_MAX = 12;
/** Each of them names what it is for on every bill. */
const RATES_MAX = 64;
/** A party's key, the one before it, and those of deputies. */
const KEYS_MAX = 8;
/** Versions of metering code and configurations that one hire outlives. */
const APPROVED_MAX = 64;
const TEXT_MAX = 200;
const NAME_MAX = 40;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const text = (max = TEXT_MAX) =>
  schema
    .string()
    .min(1, "is empty")
    .max(max, `is longer than ${max} characters`)
    .refine((value) => /^\P{Cc}*$/u.test(value), "has a line break or control character in it");

const name = schema
  .string()
  .max(NAME_MAX, `is longer than ${NAME_MAX} characters`)
  .regex(/^[\p{L}\p{N}]([\p{L}\p{N} _-]*[\p{L}\p{N}])?$/u, "is not a name; use letters and digits");

/** Converted where the currency is known, from the digits as they were written. */
const amount = schema.custom<string | number>(
  (value) => typeof value === "string" || typeof value === "number",
  {
    error: ({ input }) =>
      input === undefined ? "is missing" : 'is not an amount; write one such as "45.00"',
  },
);

const hash = schema
  .string()
  .regex(/^[0-9a-f]{64}$/, "is no SHA-256; it has 64 hexadecimal digits in lower case");

export const TIME_OF_DAY = /^([01][0-9]|2[0-3]):([0-5][0-9])$|^24:00$/;
const timeOfDay = schema
  .string()
  .regex(TIME_OF_DAY, 'is no time of day; write one such as "06:00"');

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const section = () => schema.unknown().refine((value) => value !== undefined, "is missing");

export const contractKeys = schema.strictObject({
  contract: schema.literal(1, {
    error: ({ input }) =>
      input === undefined
        ? "is missing; write `contract: 1`, the version of the format"
        : "must be 1; no other version of the format is known here",
  }),
  id: text(100),
  parties: section(),
  machine: section(),
  zone: schema.string(),
  shifts: schema.unknown().optional(),
  currency: schema.string().optional(),
  billing: section(),
  rounding: schema.unknown().optional(),
  unknown: schema.enum(["free", "IDLE", "WORKING"]).default("free"),
  badlyTimed: schema.enum(["cheapest", "as-dated"]).default("cheapest"),
  substitutes: schema.enum(["refused", "admitted"]).default("refused"),
  lossBound: duration({ maxMs: 30 * DAY_MS }).default(HOUR_MS),
  witnessAge: duration({ minMs: MINUTE_MS, maxMs: 90 * DAY_MS }).default(2 * DAY_MS),
});

export const partiesKeys = schema.strictObject({
  lessor: section(),
  lessee: section(),
  financier: schema.unknown().optional(),
  insurer: schema.unknown().optional(),
});

export const partyKeys = schema.strictObject({
  name: text(),
  keys: schema.array(schema.string()).min(1).max(KEYS_MAX),
  witness: schema.string().optional(),
});

export const machineKeys = schema.strictObject({
  maker: text(),
  model: text(),
  serialNumber: text(),
  controller: schema
    .string()
    .regex(/^[0-9a-f]{32}$/, "is no controller id; it has 32 hexadecimal digits in lower case"),
  key: schema.string(),
  software: schema.array(hash).max(APPROVED_MAX).default([]),
  configurations: schema.array(hash).max(APPROVED_MAX).default([]),
});

export const shiftName = name;

export const shiftKeys = schema.strictObject({
  from: timeOfDay,
  to: timeOfDay,
  days: schema
    .array(schema.enum(DAYS))
    .min(1)
    .refine((days) => new Set(days).size === days.length, "names a day twice")
    .default([...DAYS]),
});

export const billingKeys = schema.strictObject({
  registers: schema.array(schema.string()).min(1),
  included: schema.unknown().optional(),
  rates: schema.array(schema.unknown()).min(1).max(RATES_MAX).default([]),
  overage: amount.optional(),
  base: schema.unknown().optional(),
  minimum: schema.unknown().optional(),
  standby: amount.optional(),
  overload: amount.optional(),
  faultCredit: amount.optional(),
  shiftWork: schema.unknown().optional(),
});

export const includedKeys = schema.strictObject({
  perDay: duration({ maxMs: DAY_MS }).optional(),
  perWeek: duration({ maxMs: 7 * DAY_MS }).optional(),
  per28Days: duration({ maxMs: 28 * DAY_MS }).optional(),
  perRental: duration({ maxMs: 3_660 * DAY_MS }).optional(),
});

export const rateKeys = schema.strictObject({
  name,
  states: schema.array(schema.enum(USAGE_STATES)).min(1).optional(),
  modes: schema.array(schema.enum(OPERATING_MODES)).min(1).optional(),
  shifts: schema.array(schema.string()).min(1).optional(),
  perHour: amount,
});

export const baseKeys = schema.strictObject({
  amount,
  per: schema.enum(["day", "week", "28-days"]),
});

export const minimumKeys = schema
  .strictObject({
    hours: duration({ maxMs: 3_660 * DAY_MS }).optional(),
    amount: amount.optional(),
  })
  .refine(({ hours, amount }) => hours !== undefined || amount !== undefined, {
    error: "needs `hours`, `amount` or both",
  });

const times = schema
  .number()
  .min(1, "is less than 1, which would make more work cheaper")
  .max(100, "is more than 100")
  .refine(
    (value) => Math.abs(value * 1_000 - Math.round(value * 1_000)) < 1e-6,
    "has more than three decimals",
  );

const weekly = (defaultMs: number) => duration({ maxMs: 7 * DAY_MS }).default(defaultMs);

export const shiftWorkKeys = schema
  .strictObject({
    double: schema.strictObject({ above: weekly(40 * HOUR_MS), times }),
    triple: schema.strictObject({ above: weekly(80 * HOUR_MS), times }),
  })
  .refine(({ double, triple }) => double.above < triple.above, {
    error: "begins triple shift before double shift",
  });

export const roundingKeys = schema.strictObject({
  step: duration({ minMs: 1, maxMs: DAY_MS }).default(MINUTE_MS),
  way: schema.enum(["down", "nearest", "up"]).default("down"),
});
