import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBit,
  decodePlace,
  decodeRegisters,
  encodeRegisters,
  ORDERS,
  type Order,
  placesOf,
  REGISTER_TYPES,
  type RegisterSettings,
  type RegisterType,
} from "./register.ts";

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

// From the documents of devices: the same number in both orders of registers.
const cases: readonly [RegisterType, Order, readonly number[], number | string][] = [
  ["uint16", "high-first", [0xfffe], 65_534],
  ["int16", "high-first", [0xfffe], -2],
  ["uint32", "high-first", [0x0001, 0x86a0], 100_000],
  ["uint32", "low-first", [0x86a0, 0x0001], 100_000],
  ["int32", "high-first", [0xffff, 0xfffe], -2],
  ["int32", "low-first", [0xfffe, 0xffff], -2],
  ["float32", "high-first", [0x42f6, 0xe979], 123.45600128173828],
  ["float32", "low-first", [0xe979, 0x42f6], 123.45600128173828],
  ["uint64", "high-first", [0, 0, 0x0001, 0x86a0], 100_000],
  ["uint64", "low-first", [0x86a0, 0x0001, 0, 0], 100_000],
  ["int64", "high-first", [0xffff, 0xffff, 0xffff, 0xfffe], -2],
  ["int64", "low-first", [0xfffe, 0xffff, 0xffff, 0xffff], -2],
  ["float64", "high-first", [0x4009, 0x21fb, 0x5444, 0x2d18], Math.PI],
  ["float64", "low-first", [0x2d18, 0x5444, 0x21fb, 0x4009], Math.PI],
  ["float32", "high-first", [0x7fc0, 0x0000], "sensor-fault"],
  ["float32", "high-first", [0x7f80, 0x0000], "sensor-fault"],
  ["float64", "low-first", [0, 0, 0, 0x7ff8], "sensor-fault"],
  ["uint64", "high-first", [0xffff, 0xffff, 0xffff, 0xffff], "out-of-range"],
];

describe("registers to numbers", () => {
  test.each(cases)("%s %s %j is %s", (type, wordOrder, words, expected) => {
    const bytes = bytesOf([0xdead, ...words, 0xbeef]);
    expect(decodeRegisters(bytes, 2, { type, wordOrder, byteOrder: "high-first" })).toBe(expected);
  });

  test.each([
    [["uint32", "high-first", "low-first"], [0x0100, 0xa086], 100_000],
    [["uint32", "low-first", "low-first"], [0xa086, 0x0100], 100_000],
    [["float32", "high-first", "low-first"], [0xf642, 0x79e9], 123.45600128173828],
    [["uint16", "high-first", "low-first"], [0x3412], 0x1234],
    [["bcd16", "high-first", "high-first"], [0x9876], 9_876],
    [["bcd32", "high-first", "high-first"], [0x0012, 0x3456], 123_456],
    [["bcd16", "high-first", "high-first"], [0x12a4], "sensor-fault"],
  ] as const)("%j of %j is %s", ([type, wordOrder, byteOrder], words, expected) => {
    const format = { type, wordOrder, byteOrder };
    expect(decodeRegisters(bytesOf(words), 0, format)).toBe(expected);
  });

  test.each([
    [{ bit: 0 }, [0x8001], 1],
    [{ bit: 15 }, [0x8001], 1],
    [{ bit: 14 }, [0x8001], 0],
    [{ bits: [4, 7] }, [0x12a4], 0xa],
    [{ bits: [8, 15] }, [0x12a4], 0x12],
    [{ type: "uint32", bit: 31 }, [0x8000, 0], 1],
    [{ type: "uint32", bits: [16, 31] }, [0xfedc, 0], 0xfedc],
    [{ unavailable: 0x7fff }, [0x7fff], "not-configured"],
    [{ unavailable: [0xffff, 0xfffe] }, [0xfffe], "not-configured"],
    [{ type: "int16", unavailable: -1 }, [0xffff], "not-configured"],
    [{ faulty: 0xfffc, unavailable: 0xffff }, [0xfffc], "sensor-fault"],
    [{ unavailable: 0xffff, bit: 0 }, [0xffff], "not-configured"],
    [{ unavailable: 0x7fff }, [0x7ffe], 0x7ffe],
  ] as const)("the point %j of %j is %s", (settings, words, expected) => {
    const [place] = placesOf({ holding: 0, ...settings } as RegisterSettings);
    expect(decodePlace(bytesOf(words), 0, place!)).toBe(expected);
  });

  test("bits begin at the lowest bit of the first byte", () => {
    const bytes = Uint8Array.of(0b1000_0001, 0b10);
    const bits = Array.from({ length: 10 }, (_, bit) => decodeBit(bytes, bit));
    expect(bits).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
  });

  test("what is written is what is read, in every type and order", () => {
    const numbers = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.float());
    fc.assert(
      fc.property(
        numbers,
        fc.constantFrom(...REGISTER_TYPES),
        fc.constantFrom(...ORDERS),
        fc.constantFrom(...ORDERS),
        (value, type, wordOrder, byteOrder) => {
          const format = { type, wordOrder, byteOrder };
          const words = encodeRegisters(value, format);
          if (words === null) return;
          const expected = type === "float32" ? Math.fround(value) : value;
          // Zero has no sign in an integer.
          expect(Number(decodeRegisters(bytesOf(words), 0, format)) + 0).toBe(expected + 0);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["uint16", -1],
    ["uint16", 65_536],
    ["int16", 1.5],
    ["uint32", 2 ** 32],
    ["uint64", 2 ** 53],
    ["float32", 1e39],
    ["bcd16", 10_000],
    ["bcd32", 0.5],
    ["float64", Number.NaN],
  ] as const)("%s cannot hold %d", (type, value) => {
    expect(
      encodeRegisters(value, { type, wordOrder: "high-first", byteOrder: "high-first" }),
    ).toBeNull();
  });
});
