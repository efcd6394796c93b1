// Worked examples of included hours, shifts and rates: each was computed by hand.

import { describe, expect, test } from "vitest";
import {
  amountsOf,
  END,
  type Entry,
  figuresOfEntries,
  HOUR_MS,
  ON_HIRE,
  worked,
} from "../testing/figures-rig.ts";
import type { Contract } from "./contract.ts";

test("hours times rate", () => {
  const figures = figuresOfEntries({}, worked([[2, 8, 7.5]]));
  expect(figures.lines).toEqual([
    {
      id: "rate:normal",
      text: "Hours at rate normal",
      quantity: 7.5 * HOUR_MS,
      unit: "ms",
      rateMinor: 6_000,
      formula: "7.50 h × 60.00 EUR/h = 450.00 EUR",
      amountMinor: 45_000,
    },
  ]);
  expect(figures.total).toEqual({ currency: "EUR", decimals: 2, amountMinor: 45_000 });
  expect(figures.notes).toEqual([]);
  expect(figures.days).toContainEqual({
    day: "2026-11-02",
    shifts: { "": { off: 16.5 * HOUR_MS, working: 7.5 * HOUR_MS } },
  });
});

describe("included hours", () => {
  const included = { perDayMs: 8 * HOUR_MS, perWeekMs: 40 * HOUR_MS, per28DaysMs: 160 * HOUR_MS };
  const days = (first: number, count: number, hours: number) =>
    Array.from({ length: count }, (_, index) => [first + index, 6, hours] as const);

  test.each([
    // 10 h on Monday: 8 of the day.
    {
      name: "a day",
      included: { perDayMs: 8 * HOUR_MS },
      worked: days(2, 1, 10),
      free: 8,
      over: 2,
    },
    // 4 h and 12 h: what one day leaves the next does not get.
    {
      name: "a day's rest is not carried over",
      included: { perDayMs: 8 * HOUR_MS },
      worked: [...days(2, 1, 4), ...days(3, 1, 12)],
      free: 12,
      over: 4,
    },
    // Monday to Saturday 7 h = 42: 40 of the week, though no day exceeds 8.
    { name: "a week", included, worked: days(2, 6, 7), free: 40, over: 2 },
    // Four days of 12 h: 8 each are free, and the 4 beyond the day do not use up the week.
    { name: "a day and a week", included, worked: days(2, 4, 12), free: 32, over: 16 },
    // The first 28 days from 31 October end with 27 November: 20 days of 8 h are 160, and the
    // Saturdays 7th and 14th are beyond the week already.
    {
      name: "28 days",
      included: { per28DaysMs: 160 * HOUR_MS },
      worked: days(2, 28, 8),
      // 2..27 November are 26 days in the first window = 208 h, 160 free; 28 and 29 in the next.
      free: 176,
      over: 48,
    },
    {
      name: "the rental",
      included: { perRentalMs: 50 * HOUR_MS },
      worked: days(2, 8, 8),
      free: 50,
      over: 14,
    },
  ])("of $name", ({ included, worked: hours, free, over }) => {
    const figures = figuresOfEntries({ included, overagePerHourMinor: 7_500 }, worked(hours));
    expect(amountsOf(figures)).toEqual({
      included: [free, 0],
      overage: [over, over * 7_500],
    });
  });

  test("beyond them without an overage price the rate holds", () => {
    const figures = figuresOfEntries({ included: { perDayMs: 8 * HOUR_MS } }, worked([[2, 6, 10]]));
    expect(amountsOf(figures)).toEqual({ included: [8, 0], "rate:normal": [2, 12_000] });
  });

  test("an hour over midnight is of the day it lies in", () => {
    const figures = figuresOfEntries({ included: { perDayMs: 2 * HOUR_MS } }, worked([[2, 21, 6]]));
    expect(amountsOf(figures)).toEqual({ included: [4, 0], "rate:normal": [2, 12_000] });
  });

  test("the week before the end of the month has used up some", () => {
    // Monday 30 November to Sunday 6 December: 30 h on Monday to Tuesday 06:00, 20 h on Thursday.
    const entries: Entry[] = [
      ON_HIRE,
      { at: "2026-11-30T00:00", state: "WORKING" },
      { at: "2026-12-01T06:00", state: "OFF" },
      { at: "2026-12-03T00:00", state: "WORKING" },
      { at: "2026-12-03T20:00", state: "OFF" },
      { at: "2027-01-02" },
    ];
    const figures = figuresOfEntries(
      { included: { perWeekMs: 40 * HOUR_MS } },
      entries,
      {},
      {
        from: "2026-12-01",
        to: "2027-01-01",
      },
    );
    // 24 of the 40 were used in November: 16 are left, for 6 h on Tuesday and 10 h on Thursday.
    expect(amountsOf(figures)).toEqual({ included: [16, 0], "rate:normal": [10, 60_000] });
    expect(figures.notes).toEqual([]);
  });
});

describe("shift work", () => {
  const shiftWork = {
    doubleAboveMs: 40 * HOUR_MS,
    doubleThousandths: 1_500,
    tripleAboveMs: 80 * HOUR_MS,
    tripleThousandths: 2_000,
  };

  test("the hours of a week beyond one shift and beyond two are dearer", () => {
    // 100 h from Monday 00:00 on: 40 single, 40 double, 20 triple.
    const entries: Entry[] = [
      ON_HIRE,
      { at: "2026-11-02T00:00", state: "WORKING" },
      { at: "2026-11-06T04:00", state: "OFF" },
      END,
    ];
    const figures = figuresOfEntries({ shiftWork }, entries);
    expect(amountsOf(figures)).toEqual({
      "rate:normal": [40, 240_000],
      "rate:normal:double": [40, 360_000],
      "rate:normal:triple": [20, 240_000],
    });
    expect(figures.lines[1]!.formula).toBe("40.00 h × 60.00 EUR/h × 1.500 = 3600.00 EUR");
    expect(figures.total.amountMinor).toBe(840_000);
  });

  test("each week begins anew", () => {
    // 45 h from Friday 00:00 to Saturday 21:00, then 10 h on Monday.
    const entries: Entry[] = [
      ON_HIRE,
      { at: "2026-11-06T00:00", state: "WORKING" },
      { at: "2026-11-07T21:00", state: "OFF" },
      { at: "2026-11-09T00:00", state: "WORKING" },
      { at: "2026-11-09T10:00", state: "OFF" },
      END,
    ];
    expect(amountsOf(figuresOfEntries({ shiftWork }, entries))).toEqual({
      "rate:normal": [50, 300_000],
      "rate:normal:double": [5, 45_000],
    });
  });
});

test("included hours are hours of the week's shifts too", () => {
  // 10 h from Monday to Friday, 8 of each included. Friday's begin at 40 h of the week: those
  // beyond the 8 are its 49th and 50th hour.
  const shiftWork = {
    doubleAboveMs: 46 * HOUR_MS,
    doubleThousandths: 1_500,
    tripleAboveMs: 49 * HOUR_MS,
    tripleThousandths: 2_000,
  };
  const week = [2, 3, 4, 5, 6].map((day) => [day, 6, 10] as const);
  const figures = figuresOfEntries(
    { included: { perDayMs: 8 * HOUR_MS }, shiftWork },
    worked(week),
  );
  expect(amountsOf(figures)).toEqual({
    included: [40, 0],
    "rate:normal": [8, 48_000],
    "rate:normal:double": [1, 9_000],
    "rate:normal:triple": [1, 12_000],
  });
});

describe("rates", () => {
  const SHIFTS: Contract["shifts"] = [
    { name: "early", fromMinute: 360, toMinute: 840, days: [1, 2, 3, 4, 5] },
    { name: "night", fromMinute: 1_320, toMinute: 360, days: [1, 2, 3, 4, 5] },
  ];

  test("by shift, the night over midnight, and none at the weekend", () => {
    const figures = figuresOfEntries(
      {
        rates: [
          { name: "night", shifts: ["night"], perHourMinor: 9_000 },
          { name: "normal", shifts: ["early"], perHourMinor: 6_000 },
          { name: "other", perHourMinor: 3_000 },
        ],
      },
      // Friday 20:00 to Saturday 08:00: 2 h other, 8 h night, 2 h other.
      worked([[6, 20, 12]]),
      { shifts: SHIFTS },
    );
    expect(amountsOf(figures)).toEqual({ "rate:night": [8, 72_000], "rate:other": [4, 12_000] });
    expect(figures.days.filter(({ day }) => day === "2026-11-07")).toEqual([
      {
        day: "2026-11-07",
        shifts: {
          night: { working: 6 * HOUR_MS },
          "": { working: 2 * HOUR_MS, off: 16 * HOUR_MS },
        },
      },
    ]);
  });

  test("by state and mode, the first that fits", () => {
    const figures = figuresOfEntries(
      {
        registers: ["working", "idle"],
        rates: [
          { name: "setup", modes: ["Setup"], perHourMinor: 1_000 },
          { name: "idle", states: ["IDLE"], perHourMinor: 2_000 },
          { name: "work", perHourMinor: 6_000 },
        ],
      },
      [
        ON_HIRE,
        { at: "2026-11-02T06:00", state: "IDLE" },
        { at: "2026-11-02T07:00", state: "WORKING", mode: "Setup" },
        { at: "2026-11-02T09:00", state: "WORKING", mode: "Processing" },
        { at: "2026-11-02T12:00", state: "OFF" },
        END,
      ],
    );
    expect(amountsOf(figures)).toEqual({
      "rate:setup": [2, 2_000],
      "rate:idle": [1, 2_000],
      "rate:work": [3, 18_000],
    });
  });

  test("hours that no rate fits cost nothing, and a note says so", () => {
    const rates = [{ name: "night", shifts: ["night"], perHourMinor: 9_000 }];
    const figures = figuresOfEntries({ rates }, worked([[2, 8, 2]]), { shifts: SHIFTS });
    expect(figures.lines).toEqual([]);
    expect(figures.notes).toEqual(["For 2 h the contract has no rate: they cost nothing."]);
  });
});
