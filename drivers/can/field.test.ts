// Bits in data, the values that J1939 keeps free, and the list of known parameters.

import { describe, expect, test } from "vitest";
import { UNITS } from "../../runtime/signal/units.ts";
import { type Field, readField } from "./field.ts";
import { PARAMETERS, readParameter } from "./parameters.ts";

function field(parts: Partial<Field>): Field {
  return { byte: 0, bit: 0, bits: 8, isSigned: false, usesAllValues: false, ...parts };
}

describe("values that are none", () => {
  test.each([
    [8, 0xfa, 0xfa],
    [8, 0xfb, "out-of-range"],
    [8, 0xfd, "out-of-range"],
    [8, 0xfe, "sensor-fault"],
    [8, 0xff, "not-configured"],
    [16, 0xfaff, 0xfaff],
    [16, 0xfb00, "out-of-range"],
    [16, 0xfe00, "sensor-fault"],
    [16, 0xfeff, "sensor-fault"],
    [16, 0xff00, "not-configured"],
    [32, 0xfaff_ffff, 0xfaff_ffff],
    [32, 0xfe00_0000, "sensor-fault"],
    [32, 0xffff_ffff, "not-configured"],
    [2, 0, 0],
    [2, 1, 1],
    [2, 2, "sensor-fault"],
    [2, 3, "not-configured"],
    [5, 29, 29],
    [5, 30, "sensor-fault"],
    [5, 31, "not-configured"],
    [1, 1, 1],
  ] as const)("%i bits with %i", (bits, raw, expected) => {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setUint32(0, raw, true);
    expect(readField(data, field({ bits }))).toBe(expected);
  });
});

test("every position and width agrees with counting bits one by one", () => {
  // A pattern in which no two neighbouring windows are alike.
  const data = Uint8Array.of(0x3a, 0xc5, 0x17, 0x9e, 0x04, 0xf1, 0x6b, 0x82);
  const bitAt = (index: number) => (data[index >> 3]! >> (index & 7)) & 1;
  for (let start = 0; start < 64; start++) {
    for (let bits = 1; bits <= 32; bits++) {
      const place = field({ byte: start >> 3, bit: start & 7, bits, usesAllValues: true });
      let expected: number | string = 0;
      for (let at = 0; at < bits; at++) expected += bitAt(start + at) * 2 ** at;
      if (start + bits > 64) expected = "not-configured";
      expect(readField(data, place)).toBe(expected);
    }
  }
});

test("signed numbers", () => {
  const data = Uint8Array.of(0x80, 0xff, 0xff);
  const signed = { isSigned: true, usesAllValues: true };
  expect(readField(data, field(signed))).toBe(-128);
  expect(readField(data, field({ ...signed, byte: 1, bits: 16 }))).toBe(-1);
});

describe("the list of parameters", () => {
  test("each has a unit that a machine file may use", () => {
    const unknown = [...PARAMETERS.values()].filter(({ unit }) => !(unit in UNITS));
    expect(unknown.map(({ number, unit }) => `SPN ${number}: ${unit}`)).toEqual([]);
  });

  test("each stands within eight bytes, and no two of a group share bits", () => {
    const taken = new Map<string, number>();
    for (const { number, group, field: place } of PARAMETERS.values()) {
      for (let at = 0; at < place.bits; at++) {
        const bit = place.byte * 8 + place.bit + at;
        expect(bit, `SPN ${number}`).toBeLessThan(64);
        const key = `${group}:${bit}`;
        expect(taken.get(key), `SPN ${number} in ${key}`).toBeUndefined();
        taken.set(key, number);
      }
    }
  });

  test.each([
    // What one step and the largest value mean, from the range that each has in documents.
    [190, "ff ff ff 00 fb", null],
    [190, "ff ff ff ff fa", 8_031.875],
    [92, "ff ff fa", 250],
    [110, "00", -40],
    [110, "fa", 210],
    [175, "ff ff ff fa", 1_734.96875],
    [183, "ff fa", 3_212.75],
    [247, "ff ff ff fa", 210_554_060.75],
    [250, "ff ff ff ff ff ff ff fa", 2_105_540_607.5],
    [96, "ff fa", 100],
    [101, "ff ff ff ff ff fa", 251.9921875],
    [84, "ff ff fa", 250.99609375],
    [70, "f7", 1],
  ] as const)("SPN %i of %s", (number, hex, expected) => {
    const data = Buffer.alloc(8, 0xff);
    data.write(hex.replaceAll(" ", ""), "hex");
    const value = readParameter(data, PARAMETERS.get(number)!);
    expect(typeof value === "number" ? value : null).toBe(expected);
  });
});
