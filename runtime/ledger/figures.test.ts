// Worked examples: each was computed by hand, as the tables say.

import { describe, expect, test } from "vitest";
import {
  type Entry,
  inputOf,
  PLAIN_CONTRACT,
  rigContract,
  signedWord,
} from "../testing/figures-rig.ts";
import { LESSOR } from "../testing/ledger-parties.ts";
import type { Contract } from "./contract.ts";
import { figuresOf } from "./figures.ts";
import type { StatementFigures } from "./statement.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NOVEMBER = { from: "2026-11-01", to: "2026-12-01" };

type Billing = Contract["billing"];
const BILLING = PLAIN_CONTRACT.billing!;
const ON_HIRE: Entry = { at: "2026-10-31T00:00", lease: "on-hire" };
const END: Entry = { at: "2026-12-02" };

function bill(
  billing: Partial<Billing>,
  entries: readonly Entry[],
  changes: Partial<Contract> = {},
  period = NOVEMBER,
): StatementFigures {
  const contract = rigContract({ billing: { ...BILLING, ...billing }, ...changes });
  return figuresOf(inputOf(contract, entries, period));
}

/** Worked from an hour of a day of November 2026 for so many hours; the 2nd is a Monday. */
function worked(days: readonly (readonly [day: number, hour: number, hours: number])[]): Entry[] {
  return [
    ON_HIRE,
    ...days.flatMap(([day, hour, hours]): Entry[] => {
      const end = hour * 60 + hours * 60;
      const isNext = end >= 24 * 60;
      return [
        { at: `2026-11-${two(day)}T${two(hour)}:00`, state: "WORKING" },
        {
          at: `2026-11-${two(isNext ? day + 1 : day)}T${two(Math.floor((end / 60) % 24))}:${two(end % 60)}`,
          state: "OFF",
        },
      ];
    }),
    END,
  ];
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function amounts({ lines }: StatementFigures): Record<string, readonly [number, number]> {
  return Object.fromEntries(
    lines.map(({ id, quantity, amountMinor, unit }) => [
      id,
      [unit === "ms" ? quantity / HOUR : quantity, amountMinor],
    ]),
  );
}

test("hours times rate", () => {
  const figures = bill({}, worked([[2, 8, 7.5]]));
  expect(figures.lines).toEqual([
    {
      id: "rate:normal",
      text: "Hours at rate normal",
      quantity: 7.5 * HOUR,
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
    shifts: { "": { off: 16.5 * HOUR, working: 7.5 * HOUR } },
  });
});

describe("included hours", () => {
  const included = { perDayMs: 8 * HOUR, perWeekMs: 40 * HOUR, per28DaysMs: 160 * HOUR };
  const days = (first: number, count: number, hours: number) =>
    Array.from({ length: count }, (_, index) => [first + index, 6, hours] as const);

  test.each([
    // 10 h on Monday: 8 of the day.
    { name: "a day", included: { perDayMs: 8 * HOUR }, worked: days(2, 1, 10), free: 8, over: 2 },
    // 4 h and 12 h: what one day leaves the next does not get.
    {
      name: "a day's rest is not carried over",
      included: { perDayMs: 8 * HOUR },
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
      included: { per28DaysMs: 160 * HOUR },
      worked: days(2, 28, 8),
      // 2..27 November are 26 days in the first window = 208 h, 160 free; 28 and 29 in the next.
      free: 176,
      over: 48,
    },
    {
      name: "the rental",
      included: { perRentalMs: 50 * HOUR },
      worked: days(2, 8, 8),
      free: 50,
      over: 14,
    },
  ])("of $name", ({ included, worked: hours, free, over }) => {
    const figures = bill({ included, overagePerHourMinor: 7_500 }, worked(hours));
    expect(amounts(figures)).toEqual({
      included: [free, 0],
      overage: [over, over * 7_500],
    });
  });

  test("beyond them without an overage price the rate holds", () => {
    const figures = bill({ included: { perDayMs: 8 * HOUR } }, worked([[2, 6, 10]]));
    expect(amounts(figures)).toEqual({ included: [8, 0], "rate:normal": [2, 12_000] });
  });

  test("an hour over midnight is of the day it lies in", () => {
    const figures = bill({ included: { perDayMs: 2 * HOUR } }, worked([[2, 21, 6]]));
    expect(amounts(figures)).toEqual({ included: [4, 0], "rate:normal": [2, 12_000] });
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
    const figures = bill(
      { included: { perWeekMs: 40 * HOUR } },
      entries,
      {},
      {
        from: "2026-12-01",
        to: "2027-01-01",
      },
    );
    // 24 of the 40 were used in November: 16 are left, for 6 h on Tuesday and 10 h on Thursday.
    expect(amounts(figures)).toEqual({ included: [16, 0], "rate:normal": [10, 60_000] });
    expect(figures.notes).toEqual([]);
  });
});

describe("shift work", () => {
  const shiftWork = {
    doubleAboveMs: 40 * HOUR,
    doubleThousandths: 1_500,
    tripleAboveMs: 80 * HOUR,
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
    const figures = bill({ shiftWork }, entries);
    expect(amounts(figures)).toEqual({
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
    expect(amounts(bill({ shiftWork }, entries))).toEqual({
      "rate:normal": [50, 300_000],
      "rate:normal:double": [5, 45_000],
    });
  });
});

test("included hours are hours of the week's shifts too", () => {
  // 10 h from Monday to Friday, 8 of each included. Friday's begin at 40 h of the week: those
  // beyond the 8 are its 49th and 50th hour.
  const shiftWork = {
    doubleAboveMs: 46 * HOUR,
    doubleThousandths: 1_500,
    tripleAboveMs: 49 * HOUR,
    tripleThousandths: 2_000,
  };
  const week = [2, 3, 4, 5, 6].map((day) => [day, 6, 10] as const);
  const figures = bill({ included: { perDayMs: 8 * HOUR }, shiftWork }, worked(week));
  expect(amounts(figures)).toEqual({
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
    const figures = bill(
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
    expect(amounts(figures)).toEqual({ "rate:night": [8, 72_000], "rate:other": [4, 12_000] });
    expect(figures.days.filter(({ day }) => day === "2026-11-07")).toEqual([
      {
        day: "2026-11-07",
        shifts: {
          night: { working: 6 * HOUR },
          "": { working: 2 * HOUR, off: 16 * HOUR },
        },
      },
    ]);
  });

  test("by state and mode, the first that fits", () => {
    const figures = bill(
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
    expect(amounts(figures)).toEqual({
      "rate:setup": [2, 2_000],
      "rate:idle": [1, 2_000],
      "rate:work": [3, 18_000],
    });
  });

  test("hours that no rate fits cost nothing, and a note says so", () => {
    const rates = [{ name: "night", shifts: ["night"], perHourMinor: 9_000 }];
    const figures = bill({ rates }, worked([[2, 8, 2]]), { shifts: SHIFTS });
    expect(figures.lines).toEqual([]);
    expect(figures.notes).toEqual(["For 2 h the contract has no rate: they cost nothing."]);
  });
});

describe("what comes beside the hours", () => {
  test("a standby call has its own price, whatever the machine does, but not in FAULT", () => {
    const figures = bill({ standbyPerHourMinor: 1_500 }, [
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
    expect(amounts(figures)).toEqual({ "rate:normal": [2, 12_000], standby: [6, 9_000] });
  });

  test("overload, and a credit for FAULT", () => {
    const figures = bill({ overloadPerHourMinor: 2_000, faultCreditPerHourMinor: 1_000 }, [
      ON_HIRE,
      { at: "2026-11-02T06:00", state: "WORKING" },
      { at: "2026-11-02T08:00", state: "WORKING", overload: true },
      { at: "2026-11-02T08:30", state: "WORKING" },
      { at: "2026-11-02T10:00", state: "FAULT" },
      { at: "2026-11-02T13:00", state: "OFF" },
      END,
    ]);
    expect(amounts(figures)).toEqual({
      "rate:normal": [4, 24_000],
      overload: [0.5, 1_000],
      credit: [3, -3_000],
    });
    expect(figures.lines.at(-1)!.formula).toBe("3.00 h × -10.00 EUR/h = -30.00 EUR");
    expect(figures.total.amountMinor).toBe(22_000);
    expect(figures.hours.overload).toBe(30 * MINUTE);
  });

  test.each([
    // On hire since 31 October 00:00.
    { per: "day", quantity: 30 },
    // 31 October, then 7, 14, 21, 28 November.
    { per: "week", quantity: 4 },
    // 28 November.
    { per: "28-days", quantity: 1 },
  ] as const)("the hire itself, each $per that begins in the period", ({ per, quantity }) => {
    const figures = bill({ base: { amountMinor: 10_000, per } }, worked([]));
    expect(amounts(figures)).toEqual({ base: [quantity, quantity * 10_000] });
  });

  test("a hire that begins and ends in the period is billed from its first to its last day", () => {
    const figures = bill({ base: { amountMinor: 10_000, per: "day" } }, [
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
    const figures = bill({ rates, minimum: { hoursMs: 8 * HOUR } }, SHORT_HIRE);
    expect(amounts(figures)).toEqual({ "rate:work": [3, 18_000], "minimum-hours": [5, 12_500] });
  });

  test("the minimum amount is filled up before credits are taken off", () => {
    const minimum = { amountMinor: 50_000 };
    const figures = bill({ minimum, faultCreditPerHourMinor: 1_000 }, SHORT_HIRE);
    expect(amounts(figures)).toEqual({
      "rate:normal": [3, 18_000],
      minimum: [1, 32_000],
      credit: [1, -1_000],
    });
    expect(figures.lines[1]!.formula).toBe("500.00 EUR - 180.00 EUR = 320.00 EUR");
    expect(figures.total.amountMinor).toBe(49_000);
  });

  test("while the hire goes on nobody is billed a minimum", () => {
    const figures = bill(
      { minimum: { hoursMs: 800 * HOUR, amountMinor: 1e9 } },
      worked([[2, 8, 1]]),
    );
    expect(amounts(figures)).toEqual({ "rate:normal": [1, 6_000] });
  });

  test("hours when the machine was not on hire are in the table and not on the bill", () => {
    const figures = bill({}, SHORT_HIRE);
    expect(figures.hours.working).toBe(3 * HOUR);
    expect(figures.registers.difference.working).toBeGreaterThan(600 * HOUR);
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

describe("hours that only the machine's own register knows", () => {
  const proved = { typ: "RECONCILE", d: { substituteMs: 2 * HOUR } } as Entry["leaf"] & object;
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
  const billing: Partial<Billing> = {
    rates: [
      { name: "late", shifts: ["late"], perHourMinor: 9_000 },
      { name: "normal", perHourMinor: 6_000 },
    ],
  };
  const shifts: Contract["shifts"] = [
    { name: "late", fromMinute: 1_080, toMinute: 1_440, days: [1, 2, 3, 4, 5] },
  ];

  test("are said, and not billed where the contract refuses them", () => {
    const figures = bill(billing, entries, { shifts });
    expect(amounts(figures)).toEqual({ "rate:normal": [9, 54_000] });
    expect(figures.quality).toMatchObject({
      substitutedMs: 2 * HOUR,
      gaps: 1,
      lossBoundMs: 10_500,
    });
  });

  test("are a line of their own where it admits them, at the cheapest rate of the gap", () => {
    const figures = bill(billing, entries, { shifts, substitutes: "admitted" });
    expect(amounts(figures)).toEqual({
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
    const figures = bill({}, entries, { unknown });
    expect(amounts(figures)).toEqual({ "rate:normal": [hours, hours * 6_000] });
    expect(figures.quality.unknownMs).toBe(3 * HOUR);
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
      const end = new Date(Date.UTC(2026, 10, 2, 7) + minutes * MINUTE).toISOString();
      const figures = bill(
        {},
        [ON_HIRE, { at: "2026-11-02T08:00", state: "WORKING" }, { at: end, state: "OFF" }, END],
        { rounding: { stepMs: 15 * MINUTE, way } },
      );
      expect(amounts(figures)).toEqual({ "rate:normal": [hours, hours * 6_000] });
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
    const figures = bill({}, [
      ON_HIRE,
      { at: "2026-11-02T08:00", state: "WORKING" },
      { at: end, state: "OFF" },
      END,
    ]);
    expect(figures.lines[0]).toMatchObject({ amountMinor: amount, formula });
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
    const figures = bill(
      {},
      [
        { at: "2026-01-01", lease: "on-hire" },
        { at: "2026-01-02", state: "WORKING" },
        { at: "2026-12-02" },
      ],
      { zone, shifts },
      { from: day, to: next },
    );
    expect(figures.hours.working).toBe(hours * HOUR);
    // 00:00 to 06:00 and 22:00 to 24:00 by the clock on the wall.
    expect(figures.days).toEqual([
      { day, shifts: { night: { working: night * HOUR }, "": { working: 16 * HOUR } } },
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
    const figures = bill({ rates }, doubtful(2 * HOUR), { shifts });
    expect(amounts(figures)).toEqual({ "rate:late": [2, 18_000], "rate:normal": [2, 12_000] });
    expect(figures.notes).toEqual([
      "2 h are at times that are not sure; they are billed at the cheapest rate that is possible " +
        "for them, not at that of the shift in the table.",
    ]);
    expect(figures.quality.byTime.I).toBeGreaterThan(4 * HOUR);
  });

  test("or as they are dated, where the contract says so", () => {
    const figures = bill({ rates }, doubtful(2 * HOUR), { shifts, badlyTimed: "as-dated" });
    expect(amounts(figures)).toEqual({ "rate:late": [4, 36_000] });
    expect(figures.notes).toEqual([]);
  });

  test("are billed as dated where every possible time has the same rate", () => {
    const figures = bill({ rates }, doubtful(30 * MINUTE), { shifts });
    expect(amounts(figures)).toEqual({ "rate:late": [4, 36_000] });
  });

  const stepped: readonly Entry[] = [
    ON_HIRE,
    { at: "2026-11-02T19:00", state: "WORKING" },
    {
      at: "2026-11-02T21:00",
      leaf: {
        typ: "TIME_STEP",
        d: { byMs: -2 * HOUR, beforeUtc: 0, afterUtc: 0 },
        utc: Date.UTC(2026, 10, 2, 18),
      } as Entry["leaf"] & object,
    },
    { at: "2026-11-02T22:00", state: "OFF", leaf: { utc: Date.UTC(2026, 10, 2, 19) } },
    { at: "2026-12-02", leaf: { boot: "boot-2" } },
  ];

  test("a step of the clock that nobody assented to makes its time doubtful", () => {
    const figures = bill({ rates }, stepped, { shifts, badlyTimed: "as-dated" });
    expect(figures.hours.working).toBe(3 * HOUR);
    expect(amounts(figures)).toEqual({ "rate:normal": [3, 18_000] });
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
    expect(amounts(figures)).toEqual({ "rate:late": [3, 27_000] });
    expect(figures.notes).toEqual([]);
    const ofOne = figuresOf({ ...input, assents: assent([LESSOR]) });
    expect(amounts(ofOne)).toEqual({ "rate:normal": [3, 18_000] });
  });
});
