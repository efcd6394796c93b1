// The laws of metering, for any machine's life that chance makes up: nothing is counted twice or
// lost, nothing is taken back, and nobody's tick changes an hour.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conditionWith } from "../testing/usage-timeline.ts";
import type { Condition } from "./condition.ts";
import { UsageMeter } from "./usage-meter.ts";
import type { UsageRules } from "./usage-rules.ts";
import { observedMs, REGISTER_NAMES, type Registers, ZERO_REGISTERS } from "./usage-state.ts";

/** `value` null is a bad sample. Signals take turns as chance wills. */
interface Reading {
  readonly signal: number;
  readonly afterMs: number;
  readonly value: number | null;
}

interface Timed {
  readonly signal: number;
  readonly at: number;
  readonly value: number | null;
}

const MS = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 1_500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_500, max: 8_000 }) },
);
const VALUE = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 20, 38, 40, 43, 45, 46, 60) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const HOLD_MS = fc.constantFrom(0, 0, 1, 700, 2_000, 5_000);

const condition: fc.Arbitrary<Condition> = fc
  .record({
    hysteresis: fc.constantFrom(0, 5, 10),
    minOnMs: HOLD_MS,
    minOffMs: HOLD_MS,
    staleMs: fc.constantFrom(500, 2_000, 6_000),
  })
  .map(conditionWith);

function readings(signals: number): fc.Arbitrary<readonly Reading[]> {
  const signal = fc.integer({ min: 0, max: signals - 1 });
  return fc.array(fc.record({ signal, afterMs: MS, value: VALUE }), { maxLength: 60 });
}

/** Rules over three signals, so that precedence, fusion and different rates all take part. */
const rules: fc.Arbitrary<UsageRules> = fc
  .tuple(condition, condition, condition, condition)
  .map(([fault, working, clutch, idle]) => ({
    FAULT: { ...fault, signal: 2, threshold: 50 },
    WORKING: { all: [working, { any: [{ ...clutch, signal: 1 }, working] }] },
    IDLE: { ...idle, threshold: 12 },
  }));

function timed(life: readonly Reading[]): readonly Timed[] {
  let at = 0;
  return life.map(({ signal, afterMs, value }) => {
    at += afterMs;
    return { signal, at, value };
  });
}

function meterWith(declared: UsageRules): UsageMeter {
  return new UsageMeter(declared, 0, ZERO_REGISTERS, () => {});
}

function feed(meter: UsageMeter, { signal, at, value }: Timed): void {
  for (const track of meter.tracksOf(signal)) {
    if (value === null) track.bad(at);
    else track.good(value, at);
  }
}

/** Registers when all samples are in and everybody has been silent for too long. */
function finalRegisters(
  declared: UsageRules,
  life: readonly Timed[],
  ticks: readonly number[],
): Registers {
  const meter = meterWith(declared);
  let tick = 0;
  for (const sample of life) {
    while (tick < ticks.length && ticks[tick]! <= sample.at) meter.settle(ticks[tick++]!);
    feed(meter, sample);
  }
  meter.settle(endOf(life));
  return meter.registers;
}

function endOf(life: readonly Timed[]): number {
  return (life.at(-1)?.at ?? 0) + 10_000;
}

const sortedTicks = fc
  .array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 80 })
  .map((ticks) => ticks.sort((a, b) => a - b));

describe("for any life and any rules", () => {
  test("the state registers sum to the observed time, exactly, and never decrease", () => {
    fc.assert(
      fc.property(rules, readings(3), fc.array(fc.boolean()), (declared, life, settles) => {
        const meter = meterWith(declared);
        let before: Registers = ZERO_REGISTERS;
        timed(life).forEach((sample, index) => {
          feed(meter, sample);
          if (settles[index]) meter.settle(sample.at + (index % 3) * 400);
          const { registers, settledAt } = meter;
          expect(observedMs(registers)).toBe(settledAt);
          for (const name of REGISTER_NAMES) {
            expect(registers[name]).toBeGreaterThanOrEqual(before[name]);
          }
          before = registers;
        });
      }),
    );
  });

  test("silence in the end settles every millisecond", () => {
    fc.assert(
      fc.property(rules, readings(3), (declared, life) => {
        const samples = timed(life);
        expect(observedMs(finalRegisters(declared, samples, []))).toBe(endOf(samples));
      }),
    );
  });

  test("the registers do not depend on when anybody settles", () => {
    fc.assert(
      fc.property(rules, readings(3), sortedTicks, (declared, life, ticks) => {
        const samples = timed(life);
        expect(finalRegisters(declared, samples, ticks)).toEqual(
          finalRegisters(declared, samples, []),
        );
      }),
    );
  });

  test("what stands in the registers after any prefix is never taken back", () => {
    fc.assert(
      fc.property(rules, readings(3), fc.nat(60), (declared, life, cut) => {
        const samples = timed(life);
        const prefix = meterWith(declared);
        for (const sample of samples.slice(0, cut)) feed(prefix, sample);
        prefix.settle(samples[cut - 1]?.at ?? 0);
        const whole = finalRegisters(declared, samples, []);
        for (const name of REGISTER_NAMES) {
          expect(prefix.registers[name]).toBeLessThanOrEqual(whole[name]);
        }
      }),
    );
  });

  test("samples that come late never make more work than the same samples in time", () => {
    fc.assert(
      fc.property(condition, readings(1), fc.nat(4_000), (working, life, lagMs) => {
        const samples = timed(life);
        const meter = meterWith({ WORKING: working });
        let now = 0;
        for (const sample of samples) {
          for (; now <= sample.at + lagMs; now += 250) meter.settle(now);
          feed(meter, sample);
        }
        meter.settle(Math.max(now, endOf(samples)));
        const inTime = finalRegisters({ WORKING: working }, samples, []);
        expect(meter.registers.working).toBeLessThanOrEqual(inTime.working);
      }),
    );
  });

  test("a sample that is missing or turns bad adds no work, where nothing has to last", () => {
    const immediate = condition.map((any) => ({ ...any, hysteresis: 0, minOnMs: 0, minOffMs: 0 }));
    fc.assert(
      fc.property(immediate, readings(1), fc.nat(59), (working, life, victim) => {
        const samples = timed(life);
        const spoilt = samples.map((sample, index) =>
          index === victim ? { ...sample, value: null } : sample,
        );
        expect(finalRegisters({ WORKING: working }, spoilt, []).working).toBeLessThanOrEqual(
          finalRegisters({ WORKING: working }, samples, []).working,
        );
      }),
    );
  });
});

describe("for one condition", () => {
  test("work is exactly the time from a working sample to the next good one", () => {
    const immediate = condition.map((any) => ({ ...any, hysteresis: 0, minOnMs: 0, minOffMs: 0 }));
    fc.assert(
      fc.property(immediate, readings(1), sortedTicks, (working, life, ticks) => {
        const samples = timed(life);
        let workedMs = 0;
        for (const [index, later] of samples.entries()) {
          const earlier = samples[index - 1];
          if (earlier === undefined) continue;
          const apartMs = later.at - earlier.at;
          const worked = (earlier.value ?? 0) > 45 && later.value !== null;
          if (worked && apartMs <= working.staleMs) workedMs += apartMs;
        }
        expect(finalRegisters({ WORKING: working }, samples, ticks).working).toBe(workedMs);
      }),
      { numRuns: 300 },
    );
  });

  test("hysteresis, hold times and silence count as an accountant would do it by hand", () => {
    fc.assert(
      fc.property(condition, readings(1), sortedTicks, (declared, life, ticks) => {
        const samples = timed(life);
        const { working, off } = finalRegisters({ WORKING: declared }, samples, ticks);
        const byHand = accountant(declared, samples);
        expect({ trueMs: working, falseMs: off }).toEqual(byHand);
        const fault = finalRegisters({ FAULT: declared }, samples, ticks);
        expect({ trueMs: fault.fault, falseMs: fault.off }).toEqual(byHand);
      }),
      { numRuns: 500 },
    );
  });
});

type Verdict = boolean | "not-yet" | "cut-off";

/**
 * Counts a condition's true and false time from the whole list of samples, with a pencil: it knows
 * the end before it judges the beginning, which the meter never does. Time between two samples is
 * what the first turned out to mean.
 */
function accountant(
  declared: Condition,
  samples: readonly Timed[],
): { trueMs: number; falseMs: number } {
  const sums = { trueMs: 0, falseMs: 0 };
  for (const run of unbrokenRuns(declared, samples)) {
    const verdicts = verdictsOf(declared, run);
    for (let index = 1; index < run.length; index++) {
      const holds = verdicts[index - 1]!;
      const ms = run[index]!.at - run[index - 1]!.at;
      if (holds === true) sums.trueMs += ms;
      if (holds === false) sums.falseMs += ms;
    }
  }
  return sums;
}

/** Good samples without a bad one or too much silence between them. */
function unbrokenRuns({ staleMs }: Condition, samples: readonly Timed[]): Timed[][] {
  const runs: Timed[][] = [];
  let run: Timed[] = [];
  for (const sample of samples) {
    const last = run.at(-1);
    const broken = sample.value === null || (last && sample.at - last.at > staleMs);
    if (broken && run.length > 0) {
      runs.push(run);
      run = [];
    }
    if (sample.value !== null) run.push(sample);
  }
  return [...runs, run];
}

/** What each sample of a run turns out to have meant, once the run is over. */
function verdictsOf(declared: Condition, run: readonly Timed[]): Verdict[] {
  const { threshold, hysteresis, minOnMs, minOffMs } = declared;
  let said = false;
  const raws = run.map(({ value }) => {
    said = value! > threshold || (said && value! > threshold - hysteresis);
    return said;
  });
  const verdicts: Verdict[] = [];
  let held: Verdict = "not-yet";
  for (let first = 0; first < raws.length; ) {
    let next = first;
    while (next < raws.length && raws[next] === raws[first]) next++;
    const raw = raws[first]!;
    const lastedMs = run[next - 1]!.at - run[first]!.at;
    const lasted = lastedMs >= (raw ? minOnMs : minOffMs);
    if (lasted) held = raw;
    const isEnd = next === raws.length;
    const open: Verdict = held !== "not-yet" && isEnd && raw !== held ? "cut-off" : held;
    for (; first < next; first++) verdicts.push(open);
  }
  return verdicts;
}
