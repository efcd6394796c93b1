// A statement of four weeks of a press, for the tests of what shows statements: its evidence is a
// life's, and its figures are written here by hand, for nothing that shows them may compute them.

import type { Statement, StatementDay, StatementLine } from "../ledger/statement.ts";
import type { RegisterName, UsageState } from "../usage/usage-state.ts";
import { Life } from "./ledger-life.ts";
import { HOUR_MS, TEST_CONFIGURATION, TEST_SOFTWARE } from "./ledger-parties.ts";

const DAY_MS = 24 * HOUR_MS;
/** Before the clocks change on 29 March. */
const DAYS = 26;
/** Monday, 2 March 2026, midnight in Berlin. */
const FROM = Date.UTC(2026, 2, 1, 23);

/** A working day: hours of the local day, state, shift. The rest is OFF. */
const SCHEDULE: readonly (readonly [hours: number, state: UsageState, shift: string])[] = [
  [6, "OFF", "night"],
  [0.4, "STANDBY", "day"],
  [3.7, "WORKING", "day"],
  [0.9, "IDLE", "day"],
  [4.25, "WORKING", "day"],
  [2.75, "OFF", "day"],
  [6, "OFF", "night"],
];

/** One life of some hundred leaves with real signatures; made once for all tests of a file. */
export function sampleStatement(): Statement {
  const life = new Life({ startUtc: FROM - HOUR_MS, cosignEveryMs: 5 * DAY_MS });
  life
    .boot()
    .run("OFF", HOUR_MS / 2)
    .hire()
    .run("OFF", HOUR_MS / 2);
  const opening = { ...life.registers };
  const days = Array.from({ length: DAYS }, (_, index) => runDay(life, index));
  const closing = { ...life.registers };
  life.checkpoint().cosign();
  const evidence = life.evidence(FROM, FROM + DAYS * DAY_MS);
  const difference = Object.fromEntries(
    Object.entries(closing).map(([name, value]) => [name, value - opening[name as RegisterName]]),
  );
  const lines = sampleLines();
  return {
    ...evidence,
    figures: {
      registers: { opening, closing, difference },
      hours: difference,
      days,
      quality: {
        byTime: { S: 23 * DAY_MS, R: 3 * DAY_MS - 61_000, I: 61_000, U: 0 },
        observedMs: DAYS * DAY_MS,
        unknownMs: difference["unknown"] ?? 0,
        gaps: 1,
        lossBoundMs: 10_500,
        conflicts: 1,
        timeSteps: 0,
        substitutedMs: 0,
        configurations: [TEST_CONFIGURATION],
        software: [TEST_SOFTWARE],
      },
      lines,
      total: {
        currency: "EUR",
        decimals: 2,
        amountMinor: lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
      },
      notes: [
        "On 2026-03-11 run contact and motor current contradicted each other for 0.75 h: UNKNOWN.",
        "At most 10.5 s of running time were lost to a power cut on 2026-03-17.",
      ],
    },
  };
}

function runDay(life: Life, index: number): StatementDay {
  const shifts: Record<string, Partial<Record<RegisterName, number>>> = {};
  const weekday = index % 7;
  const isWeekend = weekday >= 5;
  for (const [hours, planned, planShift] of SCHEDULE) {
    const shift = isWeekend ? "" : planShift;
    let state: UsageState = isWeekend ? "OFF" : planned;
    if (index === 9 && planned === "IDLE") state = "UNKNOWN";
    if (index === 18 && planned === "WORKING") state = "FAULT";
    const forMs = hours * HOUR_MS;
    life.run(state, forMs, { overload: state === "WORKING" && index === 22 });
    shifts[shift] ??= {};
    const into = shifts[shift];
    const add = (name: RegisterName) => {
      into[name] = (into[name] ?? 0) + forMs;
    };
    add(state.toLowerCase() as RegisterName);
    if (state === "WORKING" && index === 22) add("overload");
  }
  return { day: new Date(FROM + 2 * HOUR_MS + index * DAY_MS).toISOString().slice(0, 10), shifts };
}

function sampleLines(): StatementLine[] {
  return [
    {
      id: "base",
      text: "Base price",
      quantity: DAYS,
      unit: "day",
      rateMinor: 20_000,
      formula: "26 days begun on hire × 200.00 EUR, 8 h a day included",
      amountMinor: 520_000,
    },
    {
      id: "overage",
      text: "Hours beyond the included ones",
      quantity: 0.75 * HOUR_MS,
      unit: "ms",
      rateMinor: 3_500,
      formula: "0.95 h, down to 0.25 h: 0.75 h × 35.00 EUR, half to even",
      amountMinor: 2_625,
    },
    {
      id: "credit",
      text: "Credit for hours in FAULT",
      quantity: 7.75 * HOUR_MS,
      unit: "ms",
      rateMinor: -1_000,
      formula: "7.95 h, down to 0.25 h: 7.75 h × −10.00 EUR, half to even",
      amountMinor: -7_750,
    },
  ];
}
