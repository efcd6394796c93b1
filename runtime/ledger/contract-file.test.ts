import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblem } from "../schema/problem.ts";
import { contractText } from "../testing/contract-text.ts";
import type { Contract } from "./contract.ts";
import { contractHash, type ReadContractOptions, readContract } from "./contract-file.ts";
import { CONTRACT_BYTES_MAX } from "./contract-keys.ts";
import { EXAMPLE_CONTRACT } from "./example-contract.ts";

function said(text: string, options?: ReadContractOptions): readonly string[] {
  const result = readContract(text, "c.yaml", options);
  const lines =
    "problems" in result
      ? result.problems.map(formatProblem)
      : result.warnings.map((warning) => `warning: ${formatProblem(warning)}`);
  return lines.map((line) => line.replace("c.yaml:", ""));
}

function changed(from: string, to: string): string {
  expect(EXAMPLE_CONTRACT).toContain(from);
  return EXAMPLE_CONTRACT.replace(from, to);
}

function contractOf(text: string): Contract {
  const result = readContract(text, "c.yaml");
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.contract;
}

test("the example is good and says what it says", () => {
  expect(said(EXAMPLE_CONTRACT)).toEqual([]);
  const { shifts, billing, currency, rounding } = contractOf(EXAMPLE_CONTRACT);
  expect(shifts).toEqual([
    { name: "day", fromMinute: 360, toMinute: 1_080, days: [1, 2, 3, 4, 5] },
    { name: "night", fromMinute: 1_080, toMinute: 360, days: [1, 2, 3, 4, 5] },
  ]);
  expect(billing).toMatchObject({
    registers: ["working"],
    included: { perDayMs: 28_800_000, perWeekMs: 144_000_000, per28DaysMs: 576_000_000 },
    base: { amountMinor: 16_000, per: "day" },
    minimum: { amountMinor: 48_000 },
    standbyPerHourMinor: 500,
    overloadPerHourMinor: 1_250,
  });
  expect(billing.rates[1]).toEqual({ name: "night", shifts: ["night"], perHourMinor: 3_000 });
  expect(currency).toEqual({ code: "EUR", decimals: 2 });
  expect(rounding).toEqual({ stepMs: 900_000, way: "down" });
});

test("what a contract leaves out is decided in favour of the lessee", () => {
  const short = EXAMPLE_CONTRACT.slice(0, EXAMPLE_CONTRACT.indexOf("rounding:"));
  expect(contractOf(short)).toMatchObject({
    unknown: "free",
    badlyTimed: "cheapest",
    substitutes: "refused",
    rounding: { way: "down" },
    lossBoundMs: 3_600_000,
    witnessAgeMaxMs: 172_800_000,
    machine: { software: [], configurations: [] },
  });
});

/** Blocks of `"from" -> "to"` (as JSON) and the lines that are expected when that is changed. */
const BAD_CASES = readFileSync(join(import.meta.dirname, "cases/bad-contracts.txt"), "utf8")
  .split("\n\n")
  .map((block) => {
    const [change = "", ...lines] = block.trim().split("\n");
    const [from, to] = change.split(" -> ").map((text) => JSON.parse(text) as string);
    return { from: from!, to: to!, lines };
  });

test.each(BAD_CASES)("$from -> $to", ({ from, to, lines }) => {
  expect(said(changed(from, to))).toEqual(lines);
});

const DAY_SHIFT = 'day:   { from: "06:00", to: "18:00", days: [mon, tue, wed, thu, fri] }';
const NIGHT_SHIFT = 'night: { from: "18:00", to: "06:00", days: [mon, tue, wed, thu, fri] }';

describe("rates", () => {
  const rates = EXAMPLE_CONTRACT.slice(
    EXAMPLE_CONTRACT.indexOf("  rates:"),
    EXAMPLE_CONTRACT.indexOf("  minimum:"),
  );

  test("may be absent where each hour is an included one or overage", () => {
    const { billing } = contractOf(changed(rates, "  overage: 25\n"));
    expect(billing).toMatchObject({ rates: [], overagePerHourMinor: 2_500 });
  });

  test("are missed where hours would have no price", () => {
    expect(said(changed(rates, ""))).toEqual([
      "29:1 billing.rates: is missing; " +
        "without rates the billed hours need `included` and `overage`",
    ]);
  });
});

test("all problems come at once, in the file's order", () => {
  const text = changed("zone: Europe/Berlin", "zone: Mars/Base")
    .replace("shifts: [night]", "shifts: [nigt]")
    .replace("unknown: free", "unknown: no")
    .replace("currency: EUR\n", "\n");
  expect(said(text)).toEqual([
    '23:7 zone: "Mars/Base" is no time zone, such as Europe/Berlin',
    "34:52 billing.rates[0].perHour: has no currency; write one above, such as `currency: EUR`",
    '35:31 billing.rates[1].shifts[0]: unknown shift "nigt"; did you mean "night"?',
    '43:10 unknown: must be one of "free", "IDLE", "WORKING", not "no"',
  ]);
});

test("a verifier with older time-zone data still reads the contract", () => {
  const text = changed("zone: Europe/Berlin", "zone: Europe/Newtown");
  expect(said(text)).toHaveLength(1);
  expect(said(text, { zoneMustBeKnown: false })).toEqual([]);
});

test.each([
  ["", "1:1 the file is empty; `telltale contract new` writes one to begin with"],
  ["hello", "1:1 this is no contract file; it begins with `contract: 1`"],
  ["[]", "1:1 this is no contract file; it begins with `contract: 1`"],
  [
    "contract: 1\n---\n",
    "2:1 not YAML: a second document begins here (---); one file describes one contract",
  ],
  ["id: !!set x", "1:5 not YAML: tags (!…) are not used in contract files; write the plain value"],
])("%j is no contract", (text, line) => {
  expect(said(text)[0]).toBe(line);
});

test("a text beyond the limit is not read", () => {
  const [problem] = said(`# ${"ä".repeat(CONTRACT_BYTES_MAX / 2)}`);
  expect(problem).toBe(" has more than 32768 bytes; no contract needs so many");
});

test("the hash is that of the bytes", () => {
  const bytes = createHash("sha256").update("id: Grüße\n").digest("hex");
  expect(contractHash("id: Grüße\n")).toBe(bytes);
});

test("a number's digits are read as they were written", () => {
  const { billing } = contractOf(changed('overload: "12.50"', "overload: 12.50"));
  expect(billing.overloadPerHourMinor).toBe(1_250);
  const yen = EXAMPLE_CONTRACT.replace("currency: EUR", "currency: KWD").replaceAll(
    '.00"',
    '.005"',
  );
  expect(contractOf(yen).billing.base?.amountMinor).toBe(160_005);
});

test("shifts that touch do not overlap, around the clock and the week", () => {
  const everyDay = "days: [mon, tue, wed, thu, fri, sat, sun]";
  const text = changed(
    `${DAY_SHIFT}\n  ${NIGHT_SHIFT}`,
    `day: { from: "06:00", to: "18:00" }\n  night: { from: "18:00", to: "06:00", ${everyDay} }`,
  );
  expect(said(text)).toEqual([]);
  const whole = changed(
    `${DAY_SHIFT}\n  ${NIGHT_SHIFT}`,
    `night: { from: "00:00", to: "24:00", ${everyDay} }`,
  );
  expect(contractOf(whole).shifts[0]).toMatchObject({ fromMinute: 0, toMinute: 0 });
});

const minute = fc.integer({ min: 0, max: 1_439 });
const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
const shift = fc.record({ fromMinute: minute, toMinute: minute, days });

test("overlaps are those that counting each minute of the week finds", () => {
  const base = contractOf(EXAMPLE_CONTRACT);
  const billing = { ...base.billing, rates: [{ name: "all", perHourMinor: 1 }] };
  fc.assert(
    fc.property(shift, shift, (one, other) => {
      const shifts = [one, other].map((made, index) => ({ ...made, name: `s${index}` }));
      const taken = new Set<number>();
      let overlaps = false;
      for (const { fromMinute, toMinute, days: begins } of shifts) {
        for (const day of begins) {
          let at = fromMinute;
          do {
            const minuteOfWeek = ((day - 1) * 1_440 + at) % 10_080;
            overlaps ||= taken.has(minuteOfWeek);
            taken.add(minuteOfWeek);
            at += 1;
          } while (at % 1_440 !== toMinute);
        }
      }
      const result = readContract(contractText({ ...base, shifts, billing }), "c.yaml");
      expect("problems" in result).toBe(overlaps);
    }),
    { numRuns: 60 },
  );
});

test("a contract that is written reads back the same", () => {
  const base = contractOf(EXAMPLE_CONTRACT);
  expect(contractOf(contractText(base))).toEqual(base);
  const other: Contract = {
    ...base,
    parties: { ...base.parties, insurer: { name: "I", keys: [P256_KEY] } },
    billing: {
      ...base.billing,
      rates: [],
      included: { perRentalMs: 1 },
      overagePerHourMinor: 1,
      minimum: { hoursMs: 5 },
      shiftWork: {
        doubleAboveMs: 1,
        doubleThousandths: 1_500,
        tripleAboveMs: 2,
        tripleThousandths: 2_001,
      },
    },
  };
  expect(contractOf(contractText(other))).toEqual(other);
});

const P256_KEY =
  "hafenbau.example+f41aca47+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBNowvjEtmg7E5EtYcKsJ3fiuNqm" +
  "HpqXbd5L29ZnF7b8Bi2qKunCQOQ9h0z0K5CKd79KV3f1aXyQW9uXUTccWXo=";

test("any mutation of a good file gives problems or a contract, and never throws", () => {
  const start = EXAMPLE_CONTRACT.split("\n");
  const line = fc.oneof(
    fc.constantFrom(...start),
    fc.string({ maxLength: 40 }),
    fc.constantFrom("- a", "? x", "&a *a", "<<: *b", "x: {", "  ]", '"', "|", "\t", "__proto__: 1"),
    fc.constantFrom(
      "parties: 1",
      "parties: [1]",
      "billing: x",
      "shifts: []",
      "machine:",
      "rates: 1",
    ),
    fc.constantFrom("  rates: [null]", "  base: 1", "  lessor: [x]", "zone: 1", "currency: [EUR]"),
  );
  const step = fc.record({
    kind: fc.constantFrom("delete", "duplicate", "replace", "cut", "indent"),
    at: fc.nat(60),
    line,
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      const lines = [...start];
      for (const { kind, at, line: other } of steps) {
        const index = at % lines.length;
        const old = lines[index] ?? "";
        if (kind === "delete") lines.splice(index, 1, ...(lines.length > 1 ? [] : [""]));
        else if (kind === "duplicate") lines.splice(index, 0, old);
        else if (kind === "replace") lines[index] = other;
        else if (kind === "cut") lines[index] = old.slice(0, old.length >> 1);
        else lines[index] = `  ${old}`;
      }
      const result = readContract(lines.join("\n"), "c.yaml");
      if ("problems" in result) expect(result.problems.length).toBeGreaterThan(0);
      else expect(result.contract.version).toBe(1);
    }),
    { numRuns: 300 },
  );
});
