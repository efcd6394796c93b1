// Identifiers as they stand on the wire, and the groups that have a destination in them.

import { describe, expect, test } from "vitest";
import { makeIdentifier, parseIdentifier } from "./identifier.ts";

test.each([
  // The engine's speed, at priority 3, from address 0.
  [0x0cf0_0400, { priority: 3, group: 61_444, source: 0, destination: 255 }],
  // A request from a tool to the engine: the low byte of the group's place is who is meant.
  [0x18ea_00f9, { priority: 6, group: 59_904, source: 249, destination: 0 }],
  [0x18fe_ca03, { priority: 6, group: 65_226, source: 3, destination: 255 }],
  // The data page, and the extended data page, belong to the group.
  [0x1dfe_ca03, { priority: 7, group: 130_762, source: 3, destination: 255 }],
  [0x1fef_1234, { priority: 7, group: 0x3_ef00, source: 0x34, destination: 0x12 }],
])("%i", (id, parts) => {
  expect(parseIdentifier(id)).toEqual(parts);
  expect(makeIdentifier(parts)).toBe(id);
});

describe("every identifier of 29 bits", () => {
  test("is what it was after taking it apart", () => {
    // A stride that is prime visits all bits without visiting all identifiers.
    for (let id = 0; id < 2 ** 29; id += 104_729) {
      expect(makeIdentifier(parseIdentifier(id))).toBe(id);
    }
  });
});
