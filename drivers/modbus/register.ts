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
] as const;
export type RegisterType = (typeof REGISTER_TYPES)[number];

export const WORD_ORDERS = ["high-first", "low-first"] as const;
export type WordOrder = (typeof WORD_ORDERS)[number];

const WIDTH: Readonly<Record<RegisterType, number>> = {
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
};

/** `count` bits or registers from `address` of one table, and how to understand them. */
export interface RegisterPlace {
  readonly table: Table;
  /** As on the wire, from 0. */
  readonly address: number;
  readonly count: number;
  readonly type: RegisterType;
  readonly wordOrder: WordOrder;
}

type RegisterSettings = { readonly [Each in Table]?: number | undefined } & {
  readonly type?: RegisterType | undefined;
  readonly wordOrder?: WordOrder | undefined;
};

/** The places that the settings name: exactly one once they are checked. */
export function placesOf(settings: RegisterSettings): readonly RegisterPlace[] {
  const { type = "uint16", wordOrder = "high-first" } = settings;
  return TABLES.flatMap((table) => {
    const address = settings[table];
    if (address === undefined) return [];
    const count = table === "coil" || table === "discrete" ? 1 : WIDTH[type];
    return [{ table, address, count, type, wordOrder }];
  });
}

/**
 * The number in the registers from byte `offset`, or why there is none. A float that is not finite
 * is how many transmitters say that their sensor is broken. A 64-bit integer beyond 2^53 would be
 * rounded on the way, so it is refused instead.
 */
export function decodeRegisters(
  bytes: Uint8Array,
  offset: number,
  type: RegisterType,
  wordOrder: WordOrder,
): number | Reason {
  const length = WIDTH[type] * 2;
  const ordered = new DataView(new ArrayBuffer(8));
  for (let byte = 0; byte < length; byte += 2) {
    const target = wordOrder === "high-first" ? byte : length - 2 - byte;
    ordered.setUint8(target, bytes[offset + byte]!);
    ordered.setUint8(target + 1, bytes[offset + byte + 1]!);
  }
  const value = readNumber(ordered, type);
  if (typeof value === "number") return Number.isFinite(value) ? value : "sensor-fault";
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : "out-of-range";
}

/** The registers that hold the number, or null where the type cannot hold it. */
export function encodeRegisters(
  value: number,
  type: RegisterType,
  wordOrder: WordOrder,
): readonly number[] | null {
  if (!fits(value, type)) return null;
  const view = new DataView(new ArrayBuffer(8));
  writeNumber(view, value, type);
  const words = Array.from({ length: WIDTH[type] }, (_, word) => view.getUint16(word * 2));
  return wordOrder === "high-first" ? words : words.reverse();
}

/** Bits are packed from the lowest bit of the first byte. */
export function decodeBit(bytes: Uint8Array, bit: number): 0 | 1 {
  return ((bytes[bit >> 3]! >> (bit & 7)) & 1) === 1 ? 1 : 0;
}

function readNumber(view: DataView, type: RegisterType): number | bigint {
  switch (type) {
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

const INTEGER_RANGE = {
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
