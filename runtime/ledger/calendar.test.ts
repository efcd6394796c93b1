// Local days and shifts by embedded offsets, and the offsets themselves by this machine's
// time-zone data.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instantOf, offsetsOf } from "./calendar.ts";
import { DAY_MS, dayOfText, dayText, isoText, LocalTime, localText, weekOf } from "./local-time.ts";

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

describe("offsets", () => {
  test.each([
    {
      zone: "Europe/Berlin",
      changes: [
        ["2026-03-29T01:00:00Z", 7_200],
        ["2026-10-25T01:00:00Z", 3_600],
      ],
      first: 3_600,
    },
    {
      zone: "America/New_York",
      changes: [
        ["2026-03-08T07:00:00Z", -14_400],
        ["2026-11-01T06:00:00Z", -18_000],
      ],
      first: -18_000,
    },
    {
      // Half an hour, at 02:00 local.
      zone: "Australia/Lord_Howe",
      changes: [
        ["2026-04-04T15:00:00Z", 37_800],
        ["2026-10-03T15:30:00Z", 39_600],
      ],
      first: 39_600,
    },
    { zone: "Asia/Kolkata", changes: [], first: 19_800 },
    { zone: "UTC", changes: [], first: 0 },
  ] as const)("of $zone in 2026", ({ zone, changes, first }) => {
    const from = at("2026-01-01T00:00:00Z");
    expect(offsetsOf(zone, from, at("2027-01-01T00:00:00Z"))).toEqual([
      { from, seconds: first },
      ...changes.map(([text, seconds]) => ({ from: at(text), seconds })),
    ]);
  });

  test("of a zone that was set twice within a month, for Ramadan", () => {
    const offsets = offsetsOf("Africa/Casablanca", at("2026-02-01Z"), at("2026-04-01Z"));
    expect(offsets.map(({ seconds }) => seconds)).toEqual([3_600, 0, 3_600]);
  });

  test("a change at the end of the period belongs to the next", () => {
    const change = at("2026-03-29T01:00:00Z");
    expect(offsetsOf("Europe/Berlin", change - HOUR, change)).toHaveLength(1);
    expect(offsetsOf("Europe/Berlin", change, change + HOUR)).toEqual([
      { from: change, seconds: 7_200 },
    ]);
  });
});

test.each([
  { text: "2026-11-01", zone: "Europe/Berlin", utc: "2026-10-31T23:00:00Z" },
  { text: "2026-11-01T06:30", zone: "America/New_York", utc: "2026-11-01T11:30:00Z" },
  { text: "2026-11-01 06:30:15", zone: "Asia/Kolkata", utc: "2026-11-01T01:00:15Z" },
  // It comes twice: the first. It does not exist: the leap.
  { text: "2026-10-25T02:30", zone: "Europe/Berlin", utc: "2026-10-25T00:30:00Z" },
  { text: "2026-03-29T02:30", zone: "Europe/Berlin", utc: "2026-03-29T01:00:00Z" },
  // Midnight that the clock leaps over.
  { text: "2026-04-24", zone: "Africa/Cairo", utc: "2026-04-23T22:00:00Z" },
  { text: "2026-02-29", zone: "UTC", utc: null },
  { text: "2026-11-01T24:00", zone: "UTC", utc: null },
  { text: "yesterday", zone: "UTC", utc: null },
])("$text in $zone is $utc", ({ text, zone, utc }) => {
  expect(instantOf(text, zone)).toBe(utc === null ? null : at(utc));
});

test("days are those of the calendar, for four thousand years", () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_528, max: 800_000 }), (day) => {
      const text = dayText(day);
      if (day >= 0) expect(text).toBe(new Date(day * DAY_MS).toISOString().slice(0, 10));
      expect(dayOfText(text)).toBe(day);
    }),
  );
});

test("weeks begin on Mondays", () => {
  const monday = dayOfText("2026-11-23")!;
  expect(weekOf(monday) - weekOf(monday - 1)).toBe(1);
  expect(weekOf(monday)).toBe(weekOf(monday + 6));
});

describe("shifts", () => {
  const local = new LocalTime(
    [{ from: 0, seconds: 3_600 }],
    [
      { name: "day", fromMinute: 360, toMinute: 1_080, days: [1, 2, 3, 4, 5] },
      { name: "night", fromMinute: 1_320, toMinute: 330, days: [5] },
    ],
  );
  test.each([
    ["2026-11-20T04:59:59Z", ""],
    ["2026-11-20T05:00:00Z", "day"],
    ["2026-11-20T16:59:59Z", "day"],
    ["2026-11-20T17:00:00Z", ""],
    // Friday 22:00 to Saturday 05:30, local.
    ["2026-11-20T21:00:00Z", "night"],
    ["2026-11-21T04:29:59Z", "night"],
    ["2026-11-21T04:30:00Z", ""],
    ["2026-11-21T21:00:00Z", ""],
  ])("at %s: %s", (text, shift) => {
    expect(local.shiftAt(at(text))).toBe(shift);
  });

  test("edges follow each other, and nothing changes between them", () => {
    const edges: string[] = [];
    const end = at("2026-11-21T23:00:00Z");
    for (let utc = at("2026-11-19T23:00:00Z"); utc < end; utc = local.nextEdge(utc)) {
      edges.push(localText(utc, [{ from: 0, seconds: 3_600 }]).slice(11, 16));
    }
    const day = ["00:00", "05:30", "06:00", "18:00", "22:00"];
    expect(edges).toEqual([...day, ...day]);
  });

  test("an unsure time has every shift that it can be in", () => {
    const noon = at("2026-11-20T11:00:00Z");
    expect(local.shiftsNear(noon, HOUR)).toEqual(["day"]);
    expect(local.shiftsNear(noon, 6 * HOUR + 1)).toEqual(["", "day"]);
    expect([...local.shiftsNear(noon, 11 * HOUR)].sort()).toEqual(["", "day", "night"]);
    expect(local.shiftsNear(noon, null)).toEqual(local.allShifts);
  });
});

test("times are written with their offset", () => {
  const offsets = offsetsOf("America/New_York", at("2026-10-31Z"), at("2026-11-03Z"));
  expect(isoText(at("2026-11-01T05:30:00.007Z"), offsets)).toBe("2026-11-01T01:30:00.007-04:00");
  expect(isoText(at("2026-11-01T06:30:00Z"), offsets)).toBe("2026-11-01T01:30:00.000-05:00");
});
