import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBit,
  decodeRegisters,
  encodeRegisters,
  REGISTER_TYPES,
  type RegisterType,
  WORD_ORDERS,
  type WordOrder,
} from "./register.ts";

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

// From the documents of devices: the same number in both orders of registers.
const cases: readonly [RegisterType, WordOrder, readonly number[], number | string][] = [
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
    expect(decodeRegisters(bytes, 2, type, wordOrder)).toBe(expected);
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
        fc.constantFrom(...WORD_ORDERS),
        (value, type, wordOrder) => {
          const words = encodeRegisters(value, type, wordOrder);
          if (words === null) return;
          const expected = type === "float32" ? Math.fround(value) : value;
          // Zero has no sign in an integer.
          expect(Number(decodeRegisters(bytesOf(words), 0, type, wordOrder)) + 0).toBe(
            expected + 0,
          );
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
    ["float64", Number.NaN],
  ] as const)("%s cannot hold %d", (type, value) => {
    expect(encodeRegisters(value, type, "high-first")).toBeNull();
  });
});
