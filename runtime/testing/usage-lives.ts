// Random lives of a machine, for the laws that hold in every one of them: samples of several
// signals, faults that somebody asserts, and stretches in which nobody looked.

import fc from "fast-check";
import type { Condition } from "../usage/condition.ts";
import {
  type UsageConflict,
  type UsageCounterFault,
  UsageMeter,
  type UsageTransition,
} from "../usage/usage-meter.ts";
import { FAULT_KINDS, type UsageRules } from "../usage/usage-rules.ts";
import { type Registers, ZERO_REGISTERS } from "../usage/usage-state.ts";
import { conditionWith } from "./usage-timeline.ts";

/** `value` null is a bad sample. */
export interface Reading {
  readonly kind: "reading";
  readonly signal: number;
  readonly at: number;
  readonly value: number | null;
}

export type Happening =
  | Reading
  | { readonly kind: "fault"; readonly source: string; readonly on: boolean; readonly at: number }
  | { readonly kind: "gap"; readonly at: number };

const MS = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 1_500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_500, max: 8_000 }) },
);
const VALUE = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 20, 38, 40, 43, 45, 46, 60) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const HOLD_MS = fc.constantFrom(0, 0, 1, 700, 2_000, 5_000);

export const condition: fc.Arbitrary<Condition> = fc
  .record({
    hysteresis: fc.constantFrom(0, 5, 10),
    minOnMs: HOLD_MS,
    minOffMs: HOLD_MS,
    staleMs: fc.constantFrom(500, 2_000, 6_000),
  })
  .map(conditionWith);

/** Where nothing has to last and nothing lingers. */
export const immediate = condition.map((any) => ({
  ...any,
  hysteresis: 0,
  minOnMs: 0,
  minOffMs: 0,
}));

/** How many signals the rules below follow. */
const SIGNALS = 5;

/**
 * Rules over five signals, so that precedence, fusion and different rates all take part. The last
 * signal is a device's own count.
 */
export const rules: fc.Arbitrary<UsageRules> = fc
  .record({
    conditions: fc.tuple(condition, condition, condition, condition, condition),
    limitMs: fc.constantFrom(0, 900, 4_000),
    faultOrder: fc.shuffledSubarray([...FAULT_KINDS], { minLength: 1 }),
  })
  .map(({ conditions: [fault, working, clutch, idle, setup], limitMs, faultOrder }) => {
    const engaged = { ...clutch, signal: 1 };
    return {
      FAULT: { ...fault, signal: 2, threshold: 50 },
      WORKING: { all: [working, { any: [engaged, working] }] },
      IDLE: { ...idle, threshold: 12 },
      modes: { Setup: { ...setup, signal: 3 }, Maintenance: { all: [engaged, idle] } },
      overload: { ...setup, signal: 3, threshold: 50 },
      cycles: { any: [engaged, { ...fault, signal: 3, threshold: 19 }] },
      strokes: { counter: SIGNALS - 1 },
      conflicts: [
        { name: "runs", between: [working, engaged], limitMs },
        { name: "moves", between: [{ ...setup, signal: 3 }, engaged, idle], limitMs: 2_500 },
      ],
      faultOrder,
    };
  });

/** Readings alone, of this many signals that take turns as chance wills. */
export function readings(signals: number): fc.Arbitrary<readonly Reading[]> {
  const signal = fc.integer({ min: 0, max: signals - 1 });
  const step = fc.record({ kind: fc.constant("reading" as const), signal, value: VALUE });
  return inTime(step);
}

export function lives(): fc.Arbitrary<readonly Happening[]> {
  const signal = fc.integer({ min: 0, max: SIGNALS - 1 });
  const source = fc.constantFrom("alarm:hot", "alarm:rough", "instruction:1");
  return inTime(
    fc.oneof(
      {
        weight: 20,
        arbitrary: fc.record({ kind: fc.constant("reading" as const), signal, value: VALUE }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("fault" as const), source, on: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("gap" as const) }) },
    ),
  );
}

/** Adds instants that grow. */
function inTime<Step>(step: fc.Arbitrary<Step>): fc.Arbitrary<readonly (Step & { at: number })[]> {
  return fc.array(fc.tuple(step, MS), { maxLength: 60 }).map((steps) => {
    let at = 0;
    return steps.map(([happening, afterMs]) => {
      at += afterMs;
      return { ...happening, at };
    });
  });
}

export const sortedTicks: fc.Arbitrary<readonly number[]> = fc
  .array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 80 })
  .map((ticks) => ticks.sort((a, b) => a - b));

/** What a meter said, in the order in which it said it. */
export interface Told {
  readonly transitions: UsageTransition[];
  readonly conflicts: UsageConflict[];
  readonly counterFaults: UsageCounterFault[];
}

export function meterOf(declared: UsageRules): { readonly meter: UsageMeter; readonly told: Told } {
  const told: Told = { transitions: [], conflicts: [], counterFaults: [] };
  const onTransition = (transition: UsageTransition) => told.transitions.push(transition);
  const meter = new UsageMeter(declared, 0, ZERO_REGISTERS, onTransition, {
    onConflict: (conflict) => told.conflicts.push(conflict),
    onCounterFault: (fault) => told.counterFaults.push(fault),
  });
  return { meter, told };
}

export function happen(meter: UsageMeter, happening: Happening): void {
  if (happening.kind === "gap") {
    meter.gap(happening.at);
  } else if (happening.kind === "fault") {
    meter.assertFault(happening.source, happening.on, happening.at);
  } else {
    for (const track of meter.tracksOf(happening.signal)) {
      if (happening.value === null) track.bad(happening.at);
      else track.good(happening.value, happening.at);
    }
  }
}

/** When everybody has been silent for too long. */
export function endOf(life: readonly Happening[]): number {
  return (life.at(-1)?.at ?? 0) + 10_000;
}

/** The whole life, settled at these ticks and at its end. */
export function live(
  declared: UsageRules,
  life: readonly Happening[],
  ticks: readonly number[],
): { readonly registers: Registers; readonly told: Told } {
  const { meter, told } = meterOf(declared);
  let tick = 0;
  for (const happening of life) {
    while (tick < ticks.length && ticks[tick]! <= happening.at) meter.settle(ticks[tick++]!);
    happen(meter, happening);
  }
  meter.settle(endOf(life));
  return { registers: meter.registers, told };
}
