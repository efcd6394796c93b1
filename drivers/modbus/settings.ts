// What the machine file may say of a Modbus bus, of a device on it and of a point of that device.

import { duration, schema } from "../../runtime/schema/schema.ts";
import { serialPortKeys } from "../shared/serial-port.ts";
import { placesOf, REGISTER_TYPES, type RegisterPlace, TABLES, WORD_ORDERS } from "./register.ts";

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
});
export type DeviceSettings = ReturnType<typeof deviceSettings.parse>;

const address = schema.int().min(0).max(65_535);

const register = schema
  .strictObject({
    coil: address.optional().describe("Table 0x, read with function 1"),
    discrete: address.optional().describe("Table 1x, read with function 2"),
    input: address.optional().describe("Table 3x, read with function 4"),
    holding: address.optional().describe("Table 4x, read with function 3"),
    type: schema.enum(REGISTER_TYPES).optional().describe("uint16 where nothing is said"),
    wordOrder: schema.enum(WORD_ORDERS).optional().describe("high-first where nothing is said"),
  })
  .superRefine((given, context) => {
    const places = placesOf(given);
    const place = places[0];
    if (place === undefined || places.length > 1) {
      const message = `names ${places.length} addresses; give exactly one of ${TABLES.join(", ")}`;
      context.addIssue({ code: "custom", message });
    } else if (isBit(place) && given.type !== undefined) {
      const message = `has no place here: a ${place.table} is one bit, 0 or 1`;
      context.addIssue({ code: "custom", message, path: ["type"] });
    } else if (isBit(place) && given.wordOrder !== undefined) {
      const message = `has no place here: a ${place.table} is one bit`;
      context.addIssue({ code: "custom", message, path: ["wordOrder"] });
    } else if (place.address + place.count > 65_536) {
      const message = `ends beyond 65535: a ${place.type} takes ${place.count} registers`;
      context.addIssue({ code: "custom", message, path: [place.table] });
    }
  });

export const pointSettings = schema.strictObject({ register });

function isBit(place: RegisterPlace): boolean {
  return place.table === "coil" || place.table === "discrete";
}
