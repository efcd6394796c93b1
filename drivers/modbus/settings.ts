// What the machine file may say of a Modbus bus, of a device on it and of a point of that device.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { serialPortKeys } from "../shared/serial-port.ts";
import { COUNT_MAX } from "./plan.ts";
import {
  type Bits,
  ORDERS,
  placesOf,
  REGISTER_TYPES,
  type RegisterPlace,
  TABLES,
} from "./register.ts";

export const TRANSPORTS = ["tcp", "rtu", "ascii", "rtu-over-tcp"] as const;
export type Transport = (typeof TRANSPORTS)[number];

const SERIAL_KEYS = ["baudRate", "dataBits", "parity", "stopBits", "rtscts"] as const;
const SOCKET_KEYS = ["host", "connectTimeout"] as const;

const tcpPort = schema.int().min(1).max(65_535);

export const busSettings = schema
  .strictObject({
    transport: schema.enum(TRANSPORTS).default("tcp").describe("How the devices are reached"),
    host: schema
      .string()
      .min(1)
      .optional()
      .describe("Name or address of the device, gateway or device server; tcp and rtu-over-tcp"),
    port: schema
      .union([tcpPort, serialPortKeys.port])
      .optional()
      .describe("TCP port (502), or for rtu and ascii the serial port's name or path"),
    connectTimeout: duration({ minMs: 10, maxMs: 30_000 })
      .optional()
      .describe("How long a connection may take to come up; 3s where nothing is said"),
    baudRate: serialPortKeys.baudRate.unwrap().optional().describe("9600 where nothing is said"),
    dataBits: serialPortKeys.dataBits.unwrap().optional().describe("8; for ascii often 7"),
    parity: serialPortKeys.parity.unwrap().optional().describe("none where nothing is said"),
    stopBits: serialPortKeys.stopBits.unwrap().optional().describe("1 where nothing is said"),
    rtscts: serialPortKeys.rtscts.unwrap().optional().describe("Flow control by RTS and CTS"),
    turnaround: duration({ maxMs: 1_000 })
      .optional()
      .describe("Silence that the devices need between an answer and the next request"),
    echo: schema.boolean().optional().describe("The RS-485 adapter hears its own sending"),
    latenessMax: duration({ maxMs: 60_000 })
      .optional()
      .describe(
        "How long after a timeout its answer may still come; the bus stays quiet until then",
      ),
  })
  .superRefine((given, context) => {
    const { transport, port } = given;
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", message, path: [key] });
    const isSerial = transport === "rtu" || transport === "ascii";
    const foreign = isSerial ? SOCKET_KEYS : SERIAL_KEYS;
    for (const key of foreign) {
      if (given[key] !== undefined) refuse(key, `has no place here: the transport is ${transport}`);
    }
    if (transport === "tcp") {
      for (const key of ["turnaround", "echo"] as const) {
        if (given[key] !== undefined) refuse(key, "has no place here: the transport is tcp");
      }
    }
    if (isSerial && port === undefined) refuse("port", "is missing");
    if (isSerial && typeof port === "number") {
      refuse("port", `must be the name or path of a serial port: the transport is ${transport}`);
    }
    if (!isSerial && typeof port === "string") {
      refuse("port", `must be a number: the transport is ${transport}`);
    }
    if (!isSerial && given.host === undefined) refuse("host", "is missing");
  });
export type BusSettings = ReturnType<typeof busSettings.parse>;

/**
 * More attempts would only keep the other devices of the bus waiting; the breaker does the rest.
 */
const RETRIES_MAX = 3;

/**
 * 1–247 are devices; 0 and 255 mean "the TCP device itself"; 248–254 are reserved. What is outside
 * 0–255 is told by the range, once.
 */
const isUnitId = (id: number) => id < 248 || id > 254;

const address = schema.int().min(0).max(65_535);

/** A name plate: longer texts stand in no register list. */
const STRING_REGISTERS_MAX = 64;

const identityRegister = schema
  .strictObject({
    input: address.optional(),
    holding: address.optional(),
    type: schema.enum([...REGISTER_TYPES, "string"]).default("uint16"),
    length: schema
      .int()
      .min(1)
      .max(STRING_REGISTERS_MAX)
      .optional()
      .describe("Registers that a string takes, two characters in each"),
    wordOrder: schema.enum(ORDERS).optional(),
    byteOrder: schema.enum(ORDERS).optional(),
  })
  .superRefine((given, context) => {
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: "custom", message, path });
    if ((given.input === undefined) === (given.holding === undefined)) {
      refuse("names no single address; give exactly one of input, holding");
    }
    if ((given.type === "string") !== (given.length !== undefined)) {
      refuse("belongs to a string, and each string needs it", "length");
    }
  });

const identity = schema
  .strictObject({
    register: identityRegister,
    equals: schema.union([schema.string().min(1), schema.number()]),
  })
  .superRefine(({ register, equals }, context) => {
    if ((register.type === "string") === (typeof equals === "string")) return;
    const message = "must be text where the register is a string, and a number where it is none";
    context.addIssue({ code: "custom", message, path: ["equals"] });
  });
export type Identity = ReturnType<typeof identity.parse>;

const WRITE_FUNCTIONS = ["single", "multiple"] as const;

export const deviceSettings = schema.strictObject({
  unitId: schema
    .int()
    .min(0)
    .max(255)
    .refine(isUnitId, "is a reserved unit id; use 1 to 247, or 0 or 255 for the TCP device itself")
    .default(1)
    .describe("Also called slave id or device address"),
  timeout: duration({ minMs: 10, maxMs: 60_000 })
    .prefault("1s")
    .describe("How long one request may wait for its answer"),
  retries: schema
    .int()
    .min(0)
    .max(RETRIES_MAX)
    .default(1)
    .describe("Further attempts of a read that was not answered"),
  requestMax: schema
    .int()
    .min(1)
    .max(COUNT_MAX.holding)
    .default(COUNT_MAX.holding)
    .describe("Registers that the device gives in one answer"),
  holesMax: schema
    .int()
    .min(0)
    .max(COUNT_MAX.holding - 2)
    .default(0)
    .describe("Registers nobody asked for that may be read to join two requests into one"),
  writeWith: schema
    .enum(WRITE_FUNCTIONS)
    .optional()
    .describe("For a device that knows only functions 5 and 6 (single) or 15 and 16 (multiple)"),
  identity: identity
    .optional()
    .describe("What the device has to say of itself at each connection, else nothing is read"),
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

/** Bits of the widest register that can be taken apart. */
const BITS_MAX = 32;
const bitNumber = schema
  .int()
  .min(0)
  .max(BITS_MAX - 1);

/** More numbers with a meaning of their own than any register list has. */
const SENTINELS_MAX = 16;
const sentinels = schema.union([
  schema.number(),
  schema.array(schema.number()).min(1).max(SENTINELS_MAX),
]);

/** Keys that say how registers are understood, and have no meaning for a single bit. */
const REGISTER_KEYS = [
  "type",
  "wordOrder",
  "byteOrder",
  "bit",
  "bits",
  "unavailable",
  "faulty",
] as const;

const register = schema
  .strictObject({
    coil: address.optional().describe("Table 0x, read with function 1"),
    discrete: address.optional().describe("Table 1x, read with function 2"),
    input: address.optional().describe("Table 3x, read with function 4"),
    holding: address.optional().describe("Table 4x, read with function 3"),
    type: schema.enum(REGISTER_TYPES).optional().describe("uint16 where nothing is said"),
    wordOrder: schema.enum(ORDERS).optional().describe("high-first where nothing is said"),
    byteOrder: schema
      .enum(ORDERS)
      .optional()
      .describe("Order of the two bytes in each register; the standard's is high-first"),
    bit: bitNumber.optional().describe("One bit of a uint16 or uint32, counted from the lowest"),
    bits: schema
      .tuple([bitNumber, bitNumber])
      .optional()
      .describe("First and last bit of a number within a uint16 or uint32"),
    unavailable: sentinels
      .optional()
      .describe("Number or numbers, before the scale, by which the device says: no value"),
    faulty: sentinels
      .optional()
      .describe("Number or numbers, before the scale, by which it says: sensor broken"),
  })
  .superRefine((given, context) => {
    const places = placesOf(given);
    const place = places[0];
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: "custom", message, path });
    if (place === undefined || places.length > 1) {
      refuse(`names ${places.length} addresses; give exactly one of ${TABLES.join(", ")}`);
    } else if (isBit(place)) {
      for (const key of REGISTER_KEYS) {
        if (given[key] !== undefined) {
          refuse(`has no place here: a ${place.table} is one bit, 0 or 1`, key);
        }
      }
    } else {
      if (place.address + place.count > 65_536) {
        refuse(`ends beyond 65535: a ${place.type} takes ${place.count} registers`, place.table);
      }
      if (given.bit !== undefined && given.bits !== undefined) {
        refuse("has no place beside `bits`", "bit");
      } else if (place.bits !== null) {
        const wrong = wrongBits(place, place.bits);
        if (wrong !== null) refuse(wrong, given.bit === undefined ? "bits" : "bit");
      }
    }
  });

export const pointSettings = schema.strictObject({ register });

function isBit(place: RegisterPlace): boolean {
  return place.table === "coil" || place.table === "discrete";
}

function wrongBits({ type, count }: RegisterPlace, { first, last }: Bits): string | null {
  if (type !== "uint16" && type !== "uint32") return `has no place here: the type is ${type}`;
  if (first > last) return "must be the first bit and then the last";
  return last < count * 16 ? null : `goes beyond the ${count * 16} bits of a ${type}`;
}
