import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateTime, headerOf, hourText } from "./equipment.ts";

const HOUR_MS = 3_600_000;

describe("hours", () => {
  test.each([
    [0, "0.00"],
    [3_629_700_000, "1008.25"],
    [1, "0.0000002"],
    [3_599_999, "0.9999997"],
    [HOUR_MS / 3, "0.3333333"],
  ])("%i ms are %s h", (milliseconds, text) => expect(hourText(milliseconds)).toBe(text));

  test("are never more than was counted, and give the milliseconds back", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000_000 * HOUR_MS }), (milliseconds) => {
        const [whole, fraction] = hourText(milliseconds).split(".") as [string, string];
        const units = BigInt(whole) * 10_000_000n + BigInt(fraction.padEnd(7, "0"));
        const exact = BigInt(milliseconds) * 10_000_000n;
        expect(units * 3_600_000n <= exact).toBe(true);
        expect((units * 3_600_000n + 9_999_999n) / 10_000_000n).toBe(BigInt(milliseconds));
        // JSON's numbers carry the same text.
        expect(Number(hourText(milliseconds))).toBe(Number(`${whole}.${fraction}`));
      }),
    );
  });
});

test("a date is rounded up to the second: no hours are there before they were", () => {
  expect(dateTime(Date.UTC(2026, 0, 5, 8))).toBe("2026-01-05T08:00:00Z");
  expect(dateTime(Date.UTC(2026, 0, 5, 8) + 1)).toBe("2026-01-05T08:00:01Z");
});

test.each([
  ["ABCDE123456789012", true],
  ["abcde123456789012", true],
  ["ABCDE12345678901O", false],
  ["NW-2026-0417", false],
])("the serial number %s is a PIN: %s", (serialNumber, isPin) => {
  const header = headerOf({ maker: "a", model: "b", serialNumber, controller: "c" });
  expect(header["PIN"]).toBe(isPin ? serialNumber : undefined);
});
