// A machine's life as a line of letters, played through a usage meter: one sample per letter.

import type { Condition } from "../usage/condition.ts";
import { UsageMeter, type UsageRules, type UsageTransition } from "../usage/usage-meter.ts";
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
}

export interface PlayOptions {
  readonly rules?: UsageRules;
  /** One letter each `everyMs`, the first at `everyMs`. */
  readonly everyMs?: number;
  /** Milliseconds after the last letter at which the meter settles for good. */
  readonly afterMs?: number;
}

/**
 * Plays the letters on signal 0: `x` is a bad sample, a space is none at all. The meter settles
 * after each letter, and its registers always sum to the observed time.
 */
export function play(timeline: string, options: PlayOptions = {}): Played {
  const { rules = { WORKING: conditionWith() }, everyMs = 1_000, afterMs = 0 } = options;
  const transitions: UsageTransition[] = [];
  const meter = new UsageMeter(rules, 0, ZERO_REGISTERS, (change) => transitions.push(change));
  let at = 0;
  for (const letter of timeline) {
    at += everyMs;
    for (const track of meter.tracksOf(0)) {
      if (letter === "x") track.bad(at);
      else if (letter !== " ") track.good(READINGS[letter]!, at);
    }
    settle(meter, at);
  }
  settle(meter, at + afterMs);
  return { meter, registers: meter.registers, transitions };
}

function settle(meter: UsageMeter, at: number): void {
  meter.settle(at);
  if (observedMs(meter.registers) !== meter.settledAt) {
    throw new Error(`registers hold ${observedMs(meter.registers)} of ${meter.settledAt} ms`);
  }
}
