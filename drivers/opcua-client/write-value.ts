// A number as the server wants it: in the type that the variable has now.

import type { Variant } from "node-opcua";
import type { Library } from "./library.ts";

type Range = readonly [low: number, high: number];

const INTEGERS: Readonly<Record<string, Range>> = {
  SByte: [-0x80, 0x7f],
  Byte: [0, 0xff],
  Int16: [-0x8000, 0x7fff],
  UInt16: [0, 0xffff],
  Int32: [-0x8000_0000, 0x7fff_ffff],
  UInt32: [0, 0xffff_ffff],
  Int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  UInt64: [0, Number.MAX_SAFE_INTEGER],
};

/** Null where the type cannot hold the number, or is not one for numbers. */
export function encodeLike(
  { DataType, Variant: VariantOf, VariantArrayType }: Library,
  like: Variant | null | undefined,
  raw: number,
  isElement: boolean,
): Variant | null {
  const dataType = like?.dataType ?? DataType.Null;
  const value = encode(DataType[dataType]!, raw);
  if (value === null) return null;
  // Said aloud, because the library would take the two words of 64 bits for an array.
  if (!isElement) return new VariantOf({ dataType, arrayType: VariantArrayType.Scalar, value });
  return new VariantOf({ dataType, arrayType: VariantArrayType.Array, value: [value] });
}

function encode(type: string, raw: number): number | boolean | readonly number[] | null {
  if (type === "Boolean") return raw === 0 || raw === 1 ? raw === 1 : null;
  if (type === "Double") return Number.isFinite(raw) ? raw : null;
  if (type === "Float") return Number.isFinite(Math.fround(raw)) ? raw : null;
  const range = INTEGERS[type];
  if (range === undefined || !Number.isInteger(raw)) return null;
  if (raw < range[0] || raw > range[1]) return null;
  return type === "Int64" || type === "UInt64" ? words(raw) : raw;
}

/** As the library takes 64 bits: high word, low word. */
function words(raw: number): readonly number[] {
  const bits = BigInt.asUintN(64, BigInt(raw));
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}
