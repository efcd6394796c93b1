// Which settings are refused, and with which words.

import { expect, test } from "vitest";
import { busSettings, deviceSettings, pointSettings } from "./settings.ts";

function complaints(settings: unknown): string {
  const { error } = pointSettings.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`).join();
}

test("a point is exactly one value", () => {
  expect(complaints({ spn: 190 })).toBe("");
  expect(complaints({})).toContain("exactly one of");
  expect(complaints({ spn: 190, lamp: "protect" })).toContain("exactly one of");
});

test("a parameter that is not in the list is told what to do", () => {
  expect(complaints({ spn: 4_711 })).toContain("give its `field`");
});

test("trouble codes are not asked for", () => {
  expect(complaints({ troubleCodes: "count", requestEvery: "10s" })).toContain("told unasked");
});

test.each([
  { field: { pgn: 65_280, startByte: 0, length: 8 } },
  { field: { pgn: 65_280, startByte: 1, length: 33 } },
  { field: { pgn: 0x4_0000, startByte: 1, length: 8 } },
  { lamp: "green" },
  { troubleCode: { spn: 100, fmi: 32 } },
])("%o is refused", (settings) => {
  expect(complaints(settings)).not.toBe("");
});

test("addresses and names that cannot be", () => {
  expect(deviceSettings.safeParse({ sourceAddress: 254 }).success).toBe(false);
  expect(busSettings.safeParse({ interface: "a name with blanks" }).success).toBe(false);
  expect(busSettings.safeParse({ interface: "can0", identity: 5 }).success).toBe(false);
});
