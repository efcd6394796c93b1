// The checksums of serial devices, and whether a frame carries the right one.

import { schema } from "../../runtime/schema/schema.ts";

const KINDS = ["xor", "sum8", "crc16-modbus", "crc16-ccitt", "crc16-xmodem", "nmea"] as const;
type Kind = (typeof KINDS)[number];

/** Offsets of a frame; below zero they count from its end. */
const offset = schema.int().min(-64).max(4_096);

export const checksum = schema.strictObject({
  kind: schema.enum(KINDS).describe("nmea: XOR between $ or ! and *, then two hexadecimal digits"),
  encoding: schema
    .enum(["binary", "hex"])
    .default("binary")
    .describe("Bytes as they are, or hexadecimal digits"),
  at: offset.optional().describe("First byte of the checksum; the last ones where nothing is said"),
  from: offset.default(0).describe("First byte that it covers"),
  to: offset.optional().describe("First byte that it covers no more; `at` where nothing is said"),
  endian: schema
    .enum(["little", "big"])
    .optional()
    .describe("Order of two bytes; little for crc16-modbus, else big, where nothing is said"),
});
export type Checksum = ReturnType<typeof checksum.parse>;

export function xor(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}

export function sum8(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

/** Polynomial 0x8005, reflected: of Modbus RTU. */
export function crc16Modbus(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** Polynomial 0x1021: begins with 0xFFFF as "CCITT" mostly means, with 0 for XMODEM. */
export function crc16Ccitt(bytes: Uint8Array, first = 0xffff): number {
  let crc = first;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc;
}

function sumOf(kind: Kind, bytes: Uint8Array): number {
  switch (kind) {
    case "xor":
    case "nmea":
      return xor(bytes);
    case "sum8":
      return sum8(bytes);
    case "crc16-modbus":
      return crc16Modbus(bytes);
    case "crc16-ccitt":
      return crc16Ccitt(bytes);
    case "crc16-xmodem":
      return crc16Ccitt(bytes, 0);
  }
}

/** True where the frame carries the checksum that its bytes have. */
export function isIntact(settings: Checksum, frame: Uint8Array): boolean {
  if (settings.kind === "nmea") return isNmea(frame);
  const digits = settings.encoding === "hex";
  const width = (settings.kind.startsWith("crc16") ? 2 : 1) * (digits ? 2 : 1);
  const at = fromStart(settings.at ?? -width, frame.length);
  const to = settings.to === undefined ? at : fromStart(settings.to, frame.length);
  const from = fromStart(settings.from, frame.length);
  if (from < 0 || at < 0 || to <= from || to > frame.length || at + width > frame.length) {
    return false;
  }
  const carried = frame.subarray(at, at + width);
  const bytes = digits ? hexBytes(carried) : carried;
  if (bytes === null) return false;
  const { endian = settings.kind === "crc16-modbus" ? "little" : "big" } = settings;
  return numberOf(bytes, endian) === sumOf(settings.kind, frame.subarray(from, to));
}

const STAR = 0x2a;

function isNmea(frame: Uint8Array): boolean {
  const star = frame.lastIndexOf(STAR);
  const begins = frame[0] === 0x24 || frame[0] === 0x21;
  if (!begins || star === -1 || star + 3 !== frame.length) return false;
  const carried = hexBytes(frame.subarray(star + 1, star + 3));
  return carried !== null && carried[0] === xor(frame.subarray(1, star));
}

/** The frame's text without its NMEA checksum, so that the last field is the device's own. */
export function withoutNmea(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, frame.lastIndexOf(STAR));
}

function fromStart(offset: number, length: number): number {
  return offset < 0 ? length + offset : offset;
}

function hexBytes(digits: Uint8Array): Uint8Array | null {
  const text = Buffer.from(digits).toString("latin1");
  return /^(?:[0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(text, "hex") : null;
}

function numberOf(bytes: Uint8Array, endian: "little" | "big"): number {
  const [first = 0, second] = bytes;
  if (second === undefined) return first;
  return endian === "little" ? first | (second << 8) : (first << 8) | second;
}
