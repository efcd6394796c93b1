// How the page writes numbers and times. The page's scripts are the browser's, so they are loaded
// here by address and described by hand.

import { describe, expect, test } from "vitest";
import type { UsageDay } from "../../runtime/journal/record.ts";
import { usageDays } from "./page-fixture.ts";

interface Format {
  hours(milliseconds: number): string;
  decimalsOf(value: number): number;
  number(value: number, decimals: number): string;
  age(milliseconds: number): string;
  recordWords(record: object): string;
}

interface UsageSection {
  daysOf(rows: readonly UsageDay[], state: null): { day: string; states: { working: number } }[];
}

const load = (name: string) => import(new URL(`./assets/${name}`, import.meta.url).href);
const format: Format = await load("format.js");
const { daysOf }: UsageSection = await load("usage-section.js");

describe("numbers", () => {
  test.each([
    [0, "0.00"],
    [35_999, "0.00"],
    [36_000, "0.01"],
    [3_599_999, "0.99"],
    [3_600_000, "1.00"],
    [4_444_444_000_000, "1\u202f234\u202f567.77"],
  ])("%i ms are %s h, rounded down: never more than was counted", (milliseconds, text) => {
    expect(format.hours(milliseconds)).toBe(text);
  });

  test.each([
    [82.30000000000001, 2, 1, "82.3"],
    [0, 0, 0, "0"],
    [-12.5, 1, 1, "\u221212.5"],
    [1_234_567.89, 2, 1, "1\u202f234\u202f567.9"],
    [0.00031, 4, 4, "0.0003"],
    [3.28612, 3, 4, "3.286"],
  ])("%d is written without the noise of its scale", (value, most, decimals, text) => {
    expect(format.decimalsOf(value)).toBeLessThanOrEqual(most);
    expect(format.number(value, decimals)).toBe(text);
  });

  test.each([
    [0, "0.0 s"],
    [9_999, "9.9 s"],
    [119_999, "119 s"],
    [120_000, "2 min"],
    [7_200_000, "2 h 0 min"],
    [172_800_000, "2 d 0 h"],
  ])("an age of %i ms is %s", (milliseconds, text) => {
    expect(format.age(milliseconds)).toBe(text);
  });
});

describe("days", () => {
  test("a day is the difference to the day before it; the first row is only a beginning", () => {
    const rows = usageDays().map((row) => ({
      ...row,
      registers: { ...row.registers, working: row.registers.working + 900 * 3_600_000 },
    }));
    const days = daysOf(rows, null);
    expect(days).toHaveLength(30);
    expect(days[0]!.day).toBe(rows[1]!.day);
    expect(days[0]!.states.working).toBe(rows[1]!.registers.working - rows[0]!.registers.working);
  });

  test("a first row that fits into one day is that day", () => {
    expect(daysOf(usageDays().slice(0, 2), null)).toHaveLength(2);
  });

  test("no rows are no days", () => {
    expect(daysOf([], null)).toEqual([]);
  });
});

describe("events", () => {
  const cases = [
    {
      name: "an event says its name and what it carries",
      record: {
        kind: "device",
        name: "pump",
        detail: { state: "failing", message: "No answer.", code: "BUS_TIMEOUT", remedy: "Look." },
      },
      words: "pump: failing, code BUS_TIMEOUT — No answer. — Look.",
    },
    {
      name: "durations are for people, registers and empty lists for programs",
      record: {
        kind: "recovery",
        name: "recovery",
        detail: { gapMs: null, lossBoundMs: 10_000, registers: { off: 1 }, problems: [] },
      },
      words: "loss bound 10 s",
    },
    {
      name: "a list is told in full",
      record: { kind: "configuration", name: "machine-file", detail: { problems: ["a", "b"] } },
      words: "machine-file: problems a; b",
    },
    {
      name: "a bare event has its name",
      record: { kind: "restart", name: "meter", detail: {} },
      words: "meter",
    },
  ];
  test.each(cases)("$name", ({ record, words }) => {
    expect(format.recordWords(record)).toBe(words);
  });
});
