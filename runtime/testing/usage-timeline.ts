// A machine's life as a line of letters, played through a usage meter: one sample per letter.

import type { Condition } from "../usage/condition.ts";
import {
  type UsageConflict,
  type UsageCounterFault,
  UsageMeter,
  type UsageTransition,
} from "../usage/usage-meter.ts";
import type { UsageRules } from "../usage/usage-rules.ts";
import { observedMs, type Registers, ZERO_REGISTERS } from "../usage/usage-state.ts";

/**
 * A condition that is true above 45, on signal 0, that holds at once; what a test is about, it
 * says.
 */
export function conditionWith(changes: Partial<Condition> = {}): Condition {
  return {
    signal: 0,
    test: "above",
    threshold: 45,
    hysteresis: 0,
    minOnMs: 0,
    minOffMs: 0,
    staleMs: 3_000,
    ...changes,
  };
}

/** What a letter reads: running, in the band of a hysteresis, idling, stopped. */
const READINGS: Readonly<Record<string, number>> = { R: 60, "~": 43, i: 20, ".": 0 };

export interface Played {
  readonly meter: UsageMeter;
  readonly registers: Registers;
  readonly transitions: readonly UsageTransition[];
  readonly conflicts: readonly UsageConflict[];
  readonly counterFaults: readonly UsageCounterFault[];
}

export interface PlayOptions {
  readonly rules?: UsageRules;
  /** One letter each `everyMs`, the first at `everyMs`. */
  readonly everyMs?: number;
  /** Milliseconds after the last letter at which the meter settles for good. */
  readonly afterMs?: number;
  /** What happens at an instant, before the letters of that instant. */
  readonly at?: Readonly<Record<number, (meter: UsageMeter) => void>>;
}

/**
 * Plays one line of letters for each signal, the first on signal 0: `x` is a bad sample, a space is
 * none at all, a digit a count. The meter settles after each column, and its registers always sum
 * to the observed time.
 */
export function play(timelines: string | readonly string[], options: PlayOptions = {}): Played {
  const { rules = { WORKING: conditionWith() }, everyMs = 1_000, afterMs = 0 } = options;
  const lines = typeof timelines === "string" ? [timelines] : timelines;
  const transitions: UsageTransition[] = [];
  const conflicts: UsageConflict[] = [];
  const counterFaults: UsageCounterFault[] = [];
  const meter = new UsageMeter(rules, 0, ZERO_REGISTERS, (change) => transitions.push(change), {
    onConflict: (conflict) => conflicts.push(conflict),
    onCounterFault: (fault) => counterFaults.push(fault),
  });
  const columns = Math.max(...lines.map((line) => line.length));
  for (let column = 0; column < columns; column++) {
    const at = (column + 1) * everyMs;
    options.at?.[at]?.(meter);
    for (const [signal, line] of lines.entries()) tell(meter, signal, line[column] ?? " ", at);
    settle(meter, at);
  }
  settle(meter, columns * everyMs + afterMs);
  return { meter, registers: meter.registers, transitions, conflicts, counterFaults };
}

function tell(meter: UsageMeter, signal: number, letter: string, at: number): void {
  for (const track of meter.tracksOf(signal)) {
    if (letter === "x") track.bad(at);
    else if (letter !== " ") track.good(READINGS[letter] ?? Number(letter), at);
  }
}

function settle(meter: UsageMeter, at: number): void {
  meter.settle(at);
  if (observedMs(meter.registers) !== meter.settledAt) {
    throw new Error(`registers hold ${observedMs(meter.registers)} of ${meter.settledAt} ms`);
  }
}
