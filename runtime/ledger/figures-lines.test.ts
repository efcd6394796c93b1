// Worked examples of what stands beside the hours on a bill, and of rounding, by hand.

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
  rigContract,
  signedWord,
  worked,
} from "../testing/figures-rig.ts";
import { LESSOR } from "../testing/ledger-parties.ts";
import { figuresOf } from "./figures.ts";

const MINUTE_MS = 60_000;

describe("what comes beside the hours", () => {
  test("a standby call has its own price, whatever the machine does, but not in FAULT", () => {
    const figures = figuresOfEntries({ standbyPerHourMinor: 1_500 }, [
      ON_HIRE,
      { at: "2026-11-02T06:00", lease: "standby-begin" },
      { at: "2026-11-02T10:00", state: "WORKING" },
      { at: "2026-11-02T11:00", state: "FAULT" },
      { at: "2026-11-02T12:00", state: "UNKNOWN" },
      { at: "2026-11-02T13:00", state: "WORKING" },
      { at: "2026-11-02T14:00", lease: "standby-end" },
      { at: "2026-11-02T16:00", state: "OFF" },
      END,
    ]);
    // 06 to 11 and 13 to 14 on standby; 14 to 16 at the rate.
    expect(amountsOf(figures)).toEqual({ "rate:normal": [2, 12_000], standby: [6, 9_000] });
  });

  test("overload, and a credit for FAULT", () => {
    const figures = figuresOfEntries(
      { overloadPerHourMinor: 2_000, faultCreditPerHourMinor: 1_000 },
      [
        ON_HIRE,
        { at: "2026-11-02T06:00", state: "WORKING" },
        { at: "2026-11-02T08:00", state: "WORKING", overload: true },
        { at: "2026-11-02T08:30", state: "WORKING" },
        { at: "2026-11-02T10:00", state: "FAULT" },
        { at: "2026-11-02T13:00", state: "OFF" },
        END,
      ],
    );
    expect(amountsOf(figures)).toEqual({
      "rate:normal": [4, 24_000],
      overload: [0.5, 1_000],
      credit: [3, -3_000],
    });
    expect(figures.lines.at(-1)!.formula).toBe("3.00 h × -10.00 EUR/h = -30.00 EUR");
    expect(figures.total.amountMinor).toBe(22_000);
    expect(figures.hours.overload).toBe(30 * MINUTE_MS);
  });

  test.each([
    // On hire since 31 October 00:00.
    { per: "day", quantity: 30 },
    // 31 October, then 7, 14, 21, 28 November.
    { per: "week", quantity: 4 },
    // 28 November.
    { per: "28-days", quantity: 1 },
  ] as const)("the hire itself, each $per that begins in the period", ({ per, quantity }) => {
    const figures = figuresOfEntries({ base: { amountMinor: 10_000, per } }, worked([]));
    expect(amountsOf(figures)).toEqual({ base: [quantity, quantity * 10_000] });
  });

  test("a hire that begins and ends in the period is billed from its first to its last day", () => {
    const figures = figuresOfEntries({ base: { amountMinor: 10_000, per: "day" } }, [
      { at: "2026-10-30" },
      { at: "2026-11-03T14:00", lease: "on-hire" },
      { at: "2026-11-06T09:00", lease: "off-hire" },
      END,
    ]);
    expect(figures.lines[0]).toMatchObject({
      quantity: 4,
      formula: "4 d × 100.00 EUR = 400.00 EUR",
      amountMinor: 40_000,
    });
  });

  const SHORT_HIRE: readonly Entry[] = [
    { at: "2026-10-30" },
    { at: "2026-11-03T06:00", lease: "on-hire" },
    { at: "2026-11-03T08:00", state: "WORKING" },
    { at: "2026-11-03T11:00", state: "FAULT" },
    { at: "2026-11-03T12:00", state: "OFF" },
    { at: "2026-11-04T06:00", lease: "off-hire" },
    { at: "2026-11-04T08:00", state: "WORKING" },
    END,
  ];

  test("the minimum of hours is filled up at the lowest rate when the hire ends", () => {
    const rates = [
      { name: "work", states: ["WORKING" as const], perHourMinor: 6_000 },
      { name: "idle", perHourMinor: 2_500 },
    ];
    const figures = figuresOfEntries({ rates, minimum: { hoursMs: 8 * HOUR_MS } }, SHORT_HIRE);
    expect(amountsOf(figures)).toEqual({ "rate:work": [3, 18_000], "minimum-hours": [5, 12_500] });
  });

  test("the minimum amount is filled up before credits are taken off", () => {
    const minimum = { amountMinor: 50_000 };
    const figures = figuresOfEntries({ minimum, faultCreditPerHourMinor: 1_000 }, SHORT_HIRE);
    expect(amountsOf(figures)).toEqual({
      "rate:normal": [3, 18_000],
      minimum: [1, 32_000],
      credit: [1, -1_000],
    });
    expect(figures.lines[1]!.formula).toBe("500.00 EUR - 180.00 EUR = 320.00 EUR");
    expect(figures.total.amountMinor).toBe(49_000);
  });

  test("while the hire goes on nobody is billed a minimum", () => {
    const figures = figuresOfEntries(
      { minimum: { hoursMs: 800 * HOUR_MS, amountMinor: 1e9 } },
      worked([[2, 8, 1]]),
    );
    expect(amountsOf(figures)).toEqual({ "rate:normal": [1, 6_000] });
  });

  test("hours when the machine was not on hire are in the table and not on the bill", () => {
    const figures = figuresOfEntries({}, SHORT_HIRE);
    expect(figures.hours.working).toBe(3 * HOUR_MS);
    expect(figures.registers.difference.working).toBeGreaterThan(600 * HOUR_MS);
  });

  test.each([
    { name: "that only one party has signed", more: {}, signers: [LESSOR] },
    { name: "under another contract", more: { contract: "0".repeat(64) }, signers: undefined },
    { name: "of another controller", more: { dev: "another" }, signers: undefined },
  ])("a hire $name is not billed", ({ more, signers }) => {
    const contract = rigContract();
    const { leaves, ...input } = inputOf(contract, worked([[2, 8, 3]]), NOVEMBER);
    const jws = signedWord(contract, "on-hire", more, signers);
    const forged = leaves.map((leaf) => (leaf.typ === "LEASE" ? { ...leaf, d: { jws } } : leaf));
    const figures = figuresOf({ ...input, leaves: forged });
    expect(figures.lines).toEqual([]);
    expect(figures.notes.join(" ")).toContain("no instruction that both parties signed");
  });
});

describe("rounding", () => {
  test.each([
    { way: "down", minutes: 74, hours: 1 },
    { way: "up", minutes: 61, hours: 1.25 },
    { way: "nearest", minutes: 67, hours: 1 },
    { way: "nearest", minutes: 68, hours: 1.25 },
    // 67.5 min lie in the middle of 4 and 5 quarters: the even one.
    { way: "nearest", minutes: 67.5, hours: 1 },
    { way: "nearest", minutes: 82.5, hours: 1.5 },
  ] as const)(
    "$minutes min $way to a quarter of an hour is $hours h",
    ({ way, minutes, hours }) => {
      const end = new Date(Date.UTC(2026, 10, 2, 7) + minutes * MINUTE_MS).toISOString();
      const figures = figuresOfEntries(
        {},
        [ON_HIRE, { at: "2026-11-02T08:00", state: "WORKING" }, { at: end, state: "OFF" }, END],
        { rounding: { stepMs: 15 * MINUTE_MS, way } },
      );
      expect(amountsOf(figures)).toEqual({ "rate:normal": [hours, hours * 6_000] });
    },
  );

  test.each([
    // At 60.00 an hour 300 ms cost half a cent, 900 ms one and a half, 1500 ms two and a half.
    {
      ms: 300,
      amount: 0,
      formula: "0.300 s / 3600 s/h × 60.00 EUR/h = 0.005000, half to even 0.00 EUR",
    },
    {
      ms: 301,
      amount: 1,
      formula: "0.301 s / 3600 s/h × 60.00 EUR/h = 0.005016…, half to even 0.01 EUR",
    },
    {
      ms: 900,
      amount: 2,
      formula: "0.900 s / 3600 s/h × 60.00 EUR/h = 0.015000, half to even 0.02 EUR",
    },
    {
      ms: 1_500,
      amount: 2,
      formula: "1.500 s / 3600 s/h × 60.00 EUR/h = 0.025000, half to even 0.02 EUR",
    },
  ])("$ms ms are $amount cents", ({ ms, amount, formula }) => {
    const end = new Date(Date.UTC(2026, 10, 2, 7) + ms).toISOString();
    const figures = figuresOfEntries({}, [
      ON_HIRE,
      { at: "2026-11-02T08:00", state: "WORKING" },
      { at: end, state: "OFF" },
      END,
    ]);
    expect(figures.lines[0]).toMatchObject({ amountMinor: amount, formula });
  });
});
