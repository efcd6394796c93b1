// What the machine file may say of a CAN bus, of a controller on it and of a value it tells.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { PARAMETERS } from "./parameters.ts";
import { LAMPS } from "./trouble-codes.ts";

/** The kernel's bound for the name of a network interface. */
const INTERFACE = /^[^\s/:]{1,15}$/;
/** 254 is nobody, 255 everybody. */
const address = schema.int().min(0).max(253);
const group = schema.int().min(0).max(0x3_ffff);
const ADDRESS_CLAIM_IDENTITY_MAX = 0x1f_ffff;

export const busSettings = schema
  .strictObject({
    interface: schema
      .string()
      .regex(INTERFACE, "is not a network interface; `ip link` lists them")
      .describe("Of the kernel: can0, can1, …"),
    ownAddress: address
      .optional()
      .describe("Claimed for requests; without it nothing is ever sent. 249 is usual for a tool"),
    identity: schema
      .int()
      .min(0)
      .max(ADDRESS_CLAIM_IDENTITY_MAX)
      .optional()
      .describe("Tells two controllers of ours on one bus apart; 1 where nothing is said"),
  })
  .refine((given) => given.identity === undefined || given.ownAddress !== undefined, {
    message: "has no place here: nothing is sent without ownAddress",
    path: ["identity"],
  });
export type BusSettings = ReturnType<typeof busSettings.parse>;

export const deviceSettings = schema.strictObject({
  sourceAddress: address.describe("Whose messages are read: 0 is the engine, 3 the transmission"),
  timeout: duration({ minMs: 300, maxMs: 3_600_000 })
    .prefault("5s")
    .describe("Without any message that is read for this long the device counts as lost"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

const field = schema
  .strictObject({
    pgn: group.describe("Parameter group number"),
    startByte: schema.int().min(1).max(1_785).describe("From 1, as documents count"),
    startBit: schema.int().min(1).max(8).default(1).describe("From 1, the lowest"),
    length: schema.int().min(1).max(32).describe("In bits"),
    signed: schema.boolean().default(false).describe("Two's complement"),
    allValues: schema
      .boolean()
      .default(false)
      .describe("The group keeps no values free for error and not available"),
  })
  .describe("A number of a group that Telltale does not know; the integer as it is");

const troubleCode = schema.strictObject({
  spn: schema.int().min(1).max(0x7_ffff).describe("1 while this parameter has an active code"),
  fmi: schema.int().min(0).max(31).optional().describe("Only with this failure mode"),
});

const KINDS = ["spn", "field", "lamp", "troubleCode", "troubleCodes"] as const;

export const pointSettings = schema
  .strictObject({
    spn: schema
      .int()
      .refine(
        (number) => PARAMETERS.has(number),
        "is not a parameter in the list; give its `field`",
      )
      .optional()
      .describe("A parameter of the driver's list, in the list's unit"),
    field: field.optional(),
    lamp: schema.enum(LAMPS).optional().describe("1 while it is lit"),
    troubleCode: troubleCode.optional(),
    troubleCodes: schema.literal("count").optional().describe("How many codes are active"),
    requestEvery: duration({ minMs: 1_000 })
      .optional()
      .describe("For groups that are told on request only; needs ownAddress on the bus"),
  })
  .superRefine((given, context) => {
    const kinds = KINDS.filter((kind) => given[kind] !== undefined);
    if (kinds.length !== 1) {
      const message = `names ${kinds.length} values; give exactly one of ${KINDS.join(", ")}`;
      context.addIssue({ code: "custom", message });
    } else if (given.requestEvery !== undefined && !["spn", "field"].includes(kinds[0]!)) {
      const message = "has no place here: active trouble codes are told unasked";
      context.addIssue({ code: "custom", message, path: ["requestEvery"] });
    }
  });
export type PointSettings = ReturnType<typeof pointSettings.parse>;
