// Worked examples of hours that are not clear: days on which the clock is set, time that nobody
// observed, clocks that were wrong.

import { describe, expect, test } from "vitest";
import {
  amountsOf,
  END,
  type Entry,
  figuresOfEntries,
  HOUR_MS,
  inputOf,
  NOVEMBER,
  ON_HIRE,
  PLAIN_CONTRACT,
  rigContract,
  signedWord,
} from "../testing/figures-rig.ts";
import { LESSOR } from "../testing/ledger-parties.ts";
import type { Contract } from "./contract.ts";
import { figuresOf } from "./figures.ts";

const MINUTE_MS = 60_000;
const BILLING = PLAIN_CONTRACT.billing!;

describe("hours that only the machine's own register knows", () => {
  const proved = { typ: "RECONCILE", d: { substituteMs: 2 * HOUR_MS } } as Entry["leaf"] & object;
  const entries: readonly Entry[] = [
    ON_HIRE,
    { at: "2026-11-02T06:00", state: "WORKING" },
    { at: "2026-11-02T15:00", state: "WORKING" },
    {
      at: "2026-11-02T20:00",
      isAfterPowerless: true,
      state: "OFF",
      leaf: {
        boot: "boot-2",
        typ: "RECOVERY",
        d: { lossBoundMs: 10_500 },
      } as unknown as Entry["leaf"] & object,
    },
    { at: "2026-11-02T20:00", leaf: { boot: "boot-2", ...proved } as Entry["leaf"] & object },
    { ...END, leaf: { boot: "boot-2" } },
  ];
  const billing: Partial<Contract["billing"]> = {
    rates: [
      { name: "late", shifts: ["late"], perHourMinor: 9_000 },
      { name: "normal", perHourMinor: 6_000 },
    ],
  };
  const shifts: Contract["shifts"] = [
    { name: "late", fromMinute: 1_080, toMinute: 1_440, days: [1, 2, 3, 4, 5] },
  ];

  test("are said, and not billed where the contract refuses them", () => {
    const figures = figuresOfEntries(billing, entries, { shifts });
    expect(amountsOf(figures)).toEqual({ "rate:normal": [9, 54_000] });
    expect(figures.quality).toMatchObject({
      substitutedMs: 2 * HOUR_MS,
      gaps: 1,
      lossBoundMs: 10_500,
    });
  });

  test("are a line of their own where it admits them, at the cheapest rate of the gap", () => {
    const figures = figuresOfEntries(billing, entries, { shifts, substitutes: "admitted" });
    expect(amountsOf(figures)).toEqual({
      "rate:normal": [9, 54_000],
      "substitute:rate:normal": [2, 12_000],
    });
  });
});

describe("UNKNOWN time", () => {
  const entries: readonly Entry[] = [
    ON_HIRE,
    { at: "2026-11-02T06:00", state: "WORKING" },
    { at: "2026-11-02T08:00", state: "UNKNOWN" },
    { at: "2026-11-02T11:00", state: "OFF" },
    END,
  ];
  test.each([
    { unknown: "free", hours: 2 },
    { unknown: "WORKING", hours: 5 },
    // IDLE is not among the billed registers.
    { unknown: "IDLE", hours: 2 },
  ] as const)("as $unknown", ({ unknown, hours }) => {
    const figures = figuresOfEntries({}, entries, { unknown });
    expect(amountsOf(figures)).toEqual({ "rate:normal": [hours, hours * 6_000] });
    expect(figures.quality.unknownMs).toBe(3 * HOUR_MS);
  });
});

describe("days on which the clock is set", () => {
  const shifts: Contract["shifts"] = [
    { name: "night", fromMinute: 1_320, toMinute: 360, days: [1, 2, 3, 4, 5, 6, 7] },
  ];
  test.each([
    { zone: "Europe/Berlin", day: "2026-03-29", next: "2026-03-30", hours: 23, night: 7 },
    { zone: "Europe/Berlin", day: "2026-10-25", next: "2026-10-26", hours: 25, night: 9 },
    { zone: "America/New_York", day: "2026-03-08", next: "2026-03-09", hours: 23, night: 7 },
    { zone: "America/New_York", day: "2026-11-01", next: "2026-11-02", hours: 25, night: 9 },
    { zone: "Australia/Lord_Howe", day: "2026-04-05", next: "2026-04-06", hours: 24.5, night: 8.5 },
    { zone: "Australia/Lord_Howe", day: "2026-10-04", next: "2026-10-05", hours: 23.5, night: 7.5 },
  ])("$zone on $day has $hours h", ({ zone, day, next, hours, night }) => {
    const figures = figuresOfEntries(
      {},
      [
        { at: "2026-01-01", lease: "on-hire" },
        { at: "2026-01-02", state: "WORKING" },
        { at: "2026-12-02" },
      ],
      { zone, shifts },
      { from: day, to: next },
    );
    expect(figures.hours.working).toBe(hours * HOUR_MS);
    // 00:00 to 06:00 and 22:00 to 24:00 by the clock on the wall.
    expect(figures.days).toEqual([
      { day, shifts: { night: { working: night * HOUR_MS }, "": { working: 16 * HOUR_MS } } },
    ]);
    expect(figures.total.amountMinor).toBe(hours * 6_000);
  });
});

describe("times that are not sure", () => {
  const shifts: Contract["shifts"] = [
    { name: "late", fromMinute: 1_080, toMinute: 1_440, days: [1, 2, 3, 4, 5] },
  ];
  const rates = [
    { name: "late", shifts: ["late"], perHourMinor: 9_000 },
    { name: "normal", perHourMinor: 6_000 },
  ];
  const doubtful = (errMs: number): readonly Entry[] => {
    const leaf = { boot: "boot-2", tq: "I", err: errMs } as const;
    return [
      ON_HIRE,
      { at: "2026-11-02T12:00", state: "OFF" },
      { at: "2026-11-02T18:00", leaf, state: "OFF", isAfterPowerless: true },
      { at: "2026-11-02T19:00", leaf, state: "WORKING" },
      { at: "2026-11-02T23:00", leaf, state: "OFF" },
      { at: "2026-11-03T00:00", leaf },
      { at: "2026-11-03T06:00", leaf: { boot: "boot-3" }, isAfterPowerless: true },
      { ...END, leaf: { boot: "boot-3" } },
    ];
  };

  test("are billed at the cheapest rate that is possible", () => {
    // By an informative clock 19 to 23 h, give or take 2 h: 19 to 20 could have been before 18 h,
    // 22 to 23 after midnight.
    const figures = figuresOfEntries({ rates }, doubtful(2 * HOUR_MS), { shifts });
    expect(amountsOf(figures)).toEqual({ "rate:late": [2, 18_000], "rate:normal": [2, 12_000] });
    expect(figures.notes).toEqual([
      "2 h are at times that are not sure; they are billed at the cheapest rate that is possible " +
        "for them, not at that of the shift in the table.",
    ]);
    expect(figures.quality.byTime.I).toBeGreaterThan(4 * HOUR_MS);
  });

  test("or as they are dated, where the contract says so", () => {
    const figures = figuresOfEntries({ rates }, doubtful(2 * HOUR_MS), {
      shifts,
      badlyTimed: "as-dated",
    });
    expect(amountsOf(figures)).toEqual({ "rate:late": [4, 36_000] });
    expect(figures.notes).toEqual([]);
  });

  test("are billed as dated where every possible time has the same rate", () => {
    const figures = figuresOfEntries({ rates }, doubtful(30 * MINUTE_MS), { shifts });
    expect(amountsOf(figures)).toEqual({ "rate:late": [4, 36_000] });
  });

  const stepped: readonly Entry[] = [
    ON_HIRE,
    { at: "2026-11-02T19:00", state: "WORKING" },
    {
      at: "2026-11-02T21:00",
      leaf: {
        typ: "TIME_STEP",
        d: { byMs: -2 * HOUR_MS, beforeUtc: 0, afterUtc: 0 },
        utc: Date.UTC(2026, 10, 2, 18),
      } as Entry["leaf"] & object,
    },
    { at: "2026-11-02T22:00", state: "OFF", leaf: { utc: Date.UTC(2026, 10, 2, 19) } },
    { at: "2026-12-02", leaf: { boot: "boot-2" } },
  ];

  test("a step of the clock that nobody assented to makes its time doubtful", () => {
    const figures = figuresOfEntries({ rates }, stepped, { shifts, badlyTimed: "as-dated" });
    expect(figures.hours.working).toBe(3 * HOUR_MS);
    expect(amountsOf(figures)).toEqual({ "rate:normal": [3, 18_000] });
    expect(figures.notes[0]).toContain("At leaf 2 the wall clock moved by more than 10 min");
    expect(figures.quality.timeSteps).toBe(1);
  });

  test("with the assent of both parties it is billed as dated", () => {
    const contract = rigContract({
      billing: { ...BILLING, rates },
      shifts,
      badlyTimed: "as-dated",
    });
    const input = inputOf(contract, stepped, NOVEMBER);
    const assent = (signers?: Parameters<typeof signedWord>[3]) => [
      signedWord(contract, "assent-time-step", { leaf: 2 }, signers),
    ];
    const figures = figuresOf({ ...input, assents: assent() });
    expect(amountsOf(figures)).toEqual({ "rate:late": [3, 27_000] });
    expect(figures.notes).toEqual([]);
    const ofOne = figuresOf({ ...input, assents: assent([LESSOR]) });
    expect(amountsOf(ofOne)).toEqual({ "rate:normal": [3, 18_000] });
  });
});
