// What a mechanic reads, and what a record can hold of an alarm.

import { describe, expect, test } from "vitest";
import { findingOf } from "../testing/findings.ts";
import type { ServiceStatus } from "../usage/service-status.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { AlarmBook } from "./alarm-book.ts";
import { ALARM_BYTES_MAX, alarmEvidence, answered, fitted } from "./alarm-evidence.ts";
import { findingSentence, type SentenceContext } from "./alarm-sentence.ts";
import { FAULTS_OF_MACHINES, FAULTS_OF_SENSORS, type Finding } from "./finding.ts";

const HOUR = 3_600_000;

const CONTEXT: SentenceContext = {
  registers: { ...ZERO_REGISTERS, working: 1_204.39 * HOUR, overload: 5 * HOUR },
  services: [],
  sinceService: { name: "oil", overloadMs: 12 * 60_000 },
  loadUnit: "%",
  advice: null,
};

const OIL_DUE: ServiceStatus = {
  name: "oil",
  register: "working",
  state: "due",
  since: 0,
  every: 500 * HOUR,
  remaining: -23 * HOUR,
};

const say = (finding: Finding, change: Partial<SentenceContext> = {}) =>
  findingSentence(finding, { ...CONTEXT, ...change });

test("a bearing: what, where, at which hours, load and speed, how loud, and what to do", () => {
  const advice = { cause: [], lookAt: [], do: ["Plan its exchange", "Grease it"], part: null };
  expect(say(findingOf(), { advice })).toBe(
    "Damage to the inner race of the drive-end bearing (bearing), at 1,204.3 working hours, " +
      "87 % load, 1,797 rpm, 12 min of overload since service oil. Its line at 161.9 Hz (BPFI) " +
      "stands 17.2 dB above what is around; the limit is 12 dB. Plan its exchange.",
  );
});

test("what nobody knows is not said", () => {
  const quiet = { load: null, speedRpm: null, lines: [] };
  const bare = say(findingOf("unbalance", quiet, null), {
    registers: ZERO_REGISTERS,
    sinceService: null,
  });
  expect(bare).toBe("Unbalance (bearing), at 0.0 working hours.");
});

test("a load without unit is a number, overloads without a service are those of a life", () => {
  const words = say(findingOf(), { loadUnit: null, sinceService: null });
  expect(words).toContain("87 load, 1,797 rpm, 5.0 h of overload in all.");
});

test("a service that is overdue is said with it", () => {
  expect(say(findingOf(), { services: [OIL_DUE] })).toContain(
    "Service oil is overdue by 23.0 h of working.",
  );
});

test("a limit that was passed is said with what is usual", () => {
  const evidence = {
    lines: [],
    zone: "D" as const,
    features: [{ feature: "velocityRms", value: 7.94, unit: "mm/s", limit: 4.5, usual: 1.62 }],
  };
  const words = say(findingOf("vibration-severity", evidence, null));
  expect(words).toContain(
    "Severe vibration (bearing, vibration in zone D), at 1,204.3 working hours",
  );
  expect(words).toContain("velocityRms is 7.94 mm/s; the limit is 4.5 mm/s; 1.62 mm/s is usual");
});

test("a sensor's fault says nothing of the machine", () => {
  const words = say(findingOf("sensor-clipped", { lines: [] }, null));
  expect(words).toBe(
    "The sensor is overdriven (bearing), at 1,204.3 working hours. " +
      "It says nothing of the machine until it is right.",
  );
});

test.each([
  ["driveEnd", "drive-end bearing"],
  ["driveEndBearing", "drive-end bearing"],
  ["b1", "b1 bearing"],
])("the part %s is spoken of as the %s", (part, words) => {
  expect(say(findingOf("bearing-outer", {}, part))).toContain(`outer race of the ${words} (`);
});

test.each([...FAULTS_OF_MACHINES, ...FAULTS_OF_SENSORS])(
  "%s has words, with and without a part",
  (fault) => {
    for (const part of ["driveEnd", null]) {
      expect(say(findingOf(fault, {}, part))).toMatch(/^[A-Z][^%{}]+ \(bearing\), at [^{}]*\.$/);
    }
  },
);

describe("a record", () => {
  test("keeps the lines that say most, and says how many it left out", () => {
    const [line] = findingOf().evidence.lines;
    const lines = Array.from({ length: 40 }, (_, index) => ({ ...line!, db: index }));
    const kept = alarmEvidence({ ...findingOf().evidence, lines });
    expect(kept.lines.map(({ db }) => db)).toEqual([
      39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28,
    ]);
    expect(kept.omitted).toBe(28);
  });

  test("stays below its limit, whatever is in it", () => {
    const long = "軸受".repeat(500);
    const texts = Array(6).fill(long.slice(0, 200));
    const line = { line: long, spectrum: long, expectedHz: 1 / 3, foundHz: 1 / 3, db: 1 / 3 };
    const feature = { feature: long, value: 1 / 3, unit: long, limit: 1 / 3, usual: 1 / 3 };
    const evidence = alarmEvidence({
      ...findingOf().evidence,
      operatingState: long,
      lines: Array(500).fill({ ...line, thresholdDb: 1 / 3 }),
      features: Array(500).fill(feature),
    });
    let told = 0;
    const instant = { boot: "b", mono: 0, utc: null, tq: "U", err: null } as const;
    const book = new AlarmBook({
      clock: { boot: "b", mono: () => 0, instantAt: () => instant },
      registers: () => ZERO_REGISTERS,
      onChange: (body) => {
        const kept = fitted(body);
        told++;
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(ALARM_BYTES_MAX);
        expect(kept).toMatchObject({ id: "x", text: body.text, evidence: { zone: null } });
        expect(kept.evidence!.omitted).toBe(
          1_000 - kept.evidence!.lines.length - kept.evidence!.features.length,
        );
      },
    });
    const advice = { cause: texts, lookAt: texts, do: texts, part: long.slice(0, 200) };
    const facts = {
      id: "x",
      source: "bearing",
      ne107: "failure",
      severity: 1,
      priority: "low",
    } as const;
    book.raise({ ...facts, latch: true, text: long.slice(0, 1_000), evidence, advice }, 0);
    book.shelve("x", { by: long.slice(0, 80), because: long.slice(0, 300), forMs: 60_000 }, 0);
    book.acknowledge("x", long.slice(0, 80), long.slice(0, 300), 0);
    expect(told).toBe(3);
  });

  test("of very many alarms in one answer the gravest keep what they stand on", () => {
    const instant = { boot: "b", mono: 0, utc: null, tq: "U", err: null } as const;
    const book = new AlarmBook({
      clock: { boot: "b", mono: () => 0, instantAt: () => instant },
      registers: () => ZERO_REGISTERS,
      onChange: () => undefined,
    });
    const evidence = alarmEvidence(findingOf().evidence);
    const base = { source: "s", ne107: "failure", priority: "low", latch: true } as const;
    for (let id = 0; id < 1_200; id++) {
      const severity = 1 + (id % 1_000);
      book.raise({ ...base, id: `a${id}`, severity, text: "Hot.", evidence }, 0);
    }
    const alarms = answered(book.standing);
    expect(alarms.map(({ id }) => id)).toEqual(book.standing.map(({ id }) => id));
    expect(Buffer.byteLength(JSON.stringify(alarms))).toBeLessThan(900 * 1024);
    const gravest = alarms.filter((alarm) => alarm.evidence !== undefined);
    expect(gravest.length).toBeGreaterThan(100);
    const others = alarms.filter((alarm) => alarm.evidence === undefined);
    const least = Math.min(...gravest.map(({ severity }) => severity));
    expect(Math.max(...others.map(({ severity }) => severity))).toBeLessThanOrEqual(least);
  });
});
