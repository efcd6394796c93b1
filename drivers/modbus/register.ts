// Where a point stands in a Modbus device and how its registers become a number and back. Registers
// are 16 bits, high byte first on the wire; how wider numbers lie in several of them is the
// manufacturer's choice, which is why it is a setting.

import type { Reason } from "../../runtime/signal/quality.ts";

export const TABLES = ["coil", "discrete", "input", "holding"] as const;
export type Table = (typeof TABLES)[number];

export const REGISTER_TYPES = [
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "uint64",
  "int64",
  "float64",
  "bcd16",
  "bcd32",
] as const;
export type RegisterType = (typeof REGISTER_TYPES)[number];

export const ORDERS = ["high-first", "low-first"] as const;
export type Order = (typeof ORDERS)[number];

const WIDTH: Readonly<Record<RegisterType, number>> = {
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
};

/** How the bytes of one or more registers become a number. */
export interface Format {
  readonly type: RegisterType;
  readonly wordOrder: Order;
  readonly byteOrder: Order;
}

/** Some of a register's bits, counted from the lowest, both included. */
export interface Bits {
  readonly first: number;
  readonly last: number;
}

/** `count` bits or registers from `address` of one table, and how to understand them. */
export interface RegisterPlace extends Format {
  readonly table: Table;
  /** As on the wire, from 0. */
  readonly address: number;
  readonly count: number;
  /** Null where the whole register is meant. */
  readonly bits: Bits | null;
  /** Numbers by which the device says that it has no value. */
  readonly unavailable: readonly number[];
  /** Numbers by which the device says that its sensor is broken. */
  readonly faulty: readonly number[];
}

type OneOrMore = number | readonly number[];

export type RegisterSettings = { readonly [Each in Table]?: number | undefined } & {
  readonly type?: RegisterType | undefined;
  readonly wordOrder?: Order | undefined;
  readonly byteOrder?: Order | undefined;
  readonly bit?: number | undefined;
  readonly bits?: readonly [number, number] | undefined;
  readonly unavailable?: OneOrMore | undefined;
  readonly faulty?: OneOrMore | undefined;
};

/** The places that the settings name: exactly one once they are checked. */
export function placesOf(settings: RegisterSettings): readonly RegisterPlace[] {
  const { type = "uint16", wordOrder = "high-first", byteOrder = "high-first" } = settings;
  const { bit, bits = bit === undefined ? null : ([bit, bit] as const) } = settings;
  const understanding = {
    type,
    wordOrder,
    byteOrder,
    bits: bits && { first: bits[0], last: bits[1] },
    unavailable: listOf(settings.unavailable),
    faulty: listOf(settings.faulty),
  };
  return TABLES.flatMap((table) => {
    const address = settings[table];
    if (address === undefined) return [];
    const count = table === "coil" || table === "discrete" ? 1 : WIDTH[type];
    return [{ table, address, count, ...understanding }];
  });
}

function listOf(numbers: OneOrMore | undefined): readonly number[] {
  if (numbers === undefined) return [];
  return typeof numbers === "number" ? [numbers] : numbers;
}

/** The value of a point whose registers begin at byte `offset`, or why there is none. */
export function decodePlace(
  bytes: Uint8Array,
  offset: number,
  place: RegisterPlace,
): number | Reason {
  const whole = decodeRegisters(bytes, offset, place);
  if (typeof whole !== "number") return whole;
  if (place.unavailable.includes(whole)) return "not-configured";
  if (place.faulty.includes(whole)) return "sensor-fault";
  if (place.bits === null) return whole;
  const { first, last } = place.bits;
  // Not with shifts, which know 32 bits and a sign.
  return Math.floor(whole / 2 ** first) % 2 ** (last - first + 1);
}

/**
 * The number in the registers from byte `offset`, or why there is none. A float that is not finite
 * is how many transmitters say that their sensor is broken. A 64-bit integer beyond 2^53 would be
 * rounded on the way, so it is refused instead.
 */
export function decodeRegisters(
  bytes: Uint8Array,
  offset: number,
  { type, wordOrder, byteOrder }: Format,
): number | Reason {
  const length = WIDTH[type] * 2;
  const ordered = new DataView(new ArrayBuffer(8));
  const swap = byteOrder === "high-first" ? 0 : 1;
  for (let byte = 0; byte < length; byte += 2) {
    const target = wordOrder === "high-first" ? byte : length - 2 - byte;
    ordered.setUint8(target + swap, bytes[offset + byte]!);
    ordered.setUint8(target + 1 - swap, bytes[offset + byte + 1]!);
  }
  const value = readNumber(ordered, type);
  if (typeof value === "number") return Number.isFinite(value) ? value : "sensor-fault";
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : "out-of-range";
}

/** The registers that hold the number, or null where the type cannot hold it. */
export function encodeRegisters(value: number, format: Format): readonly number[] | null {
  const { type, wordOrder, byteOrder } = format;
  if (!fits(value, type)) return null;
  const view = new DataView(new ArrayBuffer(8));
  writeNumber(view, value, type);
  const isSwapped = byteOrder === "low-first";
  const words = Array.from({ length: WIDTH[type] }, (_, word) =>
    view.getUint16(word * 2, isSwapped),
  );
  return wordOrder === "high-first" ? words : words.reverse();
}

/** Bits are packed from the lowest bit of the first byte. */
export function decodeBit(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3]! >> (bit & 7)) & 1) === 1 ? 1 : 0;
}

function readNumber(view: DataView, type: RegisterType): number | bigint {
  switch (type) {
    case "bcd16":
      return fromBcd(view.getUint16(0));
    case "bcd32":
      return fromBcd(view.getUint32(0));
    case "uint16":
      return view.getUint16(0);
    case "int16":
      return view.getInt16(0);
    case "uint32":
      return view.getUint32(0);
    case "int32":
      return view.getInt32(0);
    case "float32":
      return view.getFloat32(0);
    case "float64":
      return view.getFloat64(0);
    case "uint64":
      return view.getBigUint64(0);
    case "int64":
      return view.getBigInt64(0);
  }
}

function writeNumber(view: DataView, value: number, type: RegisterType): void {
  switch (type) {
    case "bcd16":
      view.setUint16(0, toBcd(value));
      break;
    case "bcd32":
      view.setUint32(0, toBcd(value));
      break;
    case "uint16":
      view.setUint16(0, value);
      break;
    case "int16":
      view.setInt16(0, value);
      break;
    case "uint32":
      view.setUint32(0, value);
      break;
    case "int32":
      view.setInt32(0, value);
      break;
    case "float32":
      view.setFloat32(0, value);
      break;
    case "float64":
      view.setFloat64(0, value);
      break;
    case "uint64":
      view.setBigUint64(0, BigInt(value));
      break;
    case "int64":
      view.setBigInt64(0, BigInt(value));
      break;
  }
}

/** Four bits for each decimal digit; not a number where one of them is no digit. */
function fromBcd(packed: number): number {
  const digits = packed.toString(16);
  return /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
}

function toBcd(value: number): number {
  return Number.parseInt(String(value), 16);
}

const INTEGER_RANGE = {
  bcd16: [0, 9_999],
  bcd32: [0, 99_999_999],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function fits(value: number, type: RegisterType): boolean {
  if (type === "float64") return Number.isFinite(value);
  if (type === "float32") return Number.isFinite(Math.fround(value));
  const [low, high] = INTEGER_RANGE[type];
  return Number.isInteger(value) && value >= low && value <= high;
}
