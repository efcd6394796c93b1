// The laws of one condition, checked against somebody who counts with a pencil.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  condition,
  immediate,
  live,
  type Reading,
  readings,
  sortedTicks,
} from "../testing/usage-lives.ts";
import type { Condition } from "./condition.ts";

describe("for one condition", () => {
  test("work is exactly the time from a working sample to the next good one", () => {
    fc.assert(
      fc.property(immediate, readings(1), sortedTicks, (working, life, ticks) => {
        let workedMs = 0;
        for (const [index, later] of life.entries()) {
          const earlier = life[index - 1];
          if (earlier === undefined) continue;
          const apartMs = later.at - earlier.at;
          const worked = (earlier.value ?? 0) > 45 && later.value !== null;
          if (worked && apartMs <= working.staleMs) workedMs += apartMs;
        }
        expect(live({ WORKING: working }, life, ticks).registers.working).toBe(workedMs);
      }),
      { numRuns: 300 },
    );
  });

  test("hysteresis, hold times and silence count as an accountant would do it by hand", () => {
    fc.assert(
      fc.property(condition, readings(1), sortedTicks, (declared, life, ticks) => {
        const { working, off } = live({ WORKING: declared }, life, ticks).registers;
        const byHand = accountant(declared, life);
        expect({ trueMs: working, falseMs: off }).toEqual(byHand);
        const fault = live({ FAULT: declared }, life, ticks).registers;
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
  samples: readonly Reading[],
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
function unbrokenRuns({ staleMs }: Condition, samples: readonly Reading[]): Reading[][] {
  const runs: Reading[][] = [];
  let run: Reading[] = [];
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
function verdictsOf(declared: Condition, run: readonly Reading[]): Verdict[] {
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
