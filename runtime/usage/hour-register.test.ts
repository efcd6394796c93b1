// The machine's own hour register as a timeline of what it says, and what a comparison makes of it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COMPARE_EVERY_MS,
  type HourComparison,
  HourRegister,
  type HourRegisterRules,
  type Reconciliation,
  TOLERANCE_MS_DEFAULT,
  TOLERANCE_PER_MILLE_DEFAULT,
} from "./hour-register.ts";
import { type Registers, ZERO_REGISTERS } from "./usage-state.ts";

const HOUR_MS = 3_600_000;
const RULES: HourRegisterRules = {
  signal: 0,
  msPerUnit: HOUR_MS,
  toleranceMs: TOLERANCE_MS_DEFAULT,
  tolerancePerMille: TOLERANCE_PER_MILLE_DEFAULT,
  rolloverAt: 10_000 * HOUR_MS,
  compareWith: ["idle", "working"],
};

function worked(hours: number, changes: Partial<Registers> = {}): Registers {
  return { ...ZERO_REGISTERS, working: Math.round(hours * HOUR_MS), ...changes };
}

function lastAt(nativeHours: number, workedHours: number): HourComparison {
  return { nativeMs: Math.round(nativeHours * HOUR_MS), registers: worked(workedHours) };
}

/** One sample each 10 s, the first at 10 s. */
function fed(register: HourRegister, hours: readonly number[], fromMs = 0): HourRegister {
  hours.forEach((value, index) => {
    register.sample(value, fromMs + (index + 1) * 10_000);
  });
  return register;
}

function steady(hours: number, samples = 3): readonly number[] {
  return Array.from({ length: samples }, () => hours);
}

interface Case {
  readonly name: string;
  readonly last: HourComparison | null;
  readonly says: readonly number[];
  readonly own: number;
  readonly elapsedHours: number | null;
  readonly verdict: Reconciliation["verdict"] | null;
  readonly nativeDeltaHours?: number;
}

const cases: readonly Case[] = [
  {
    name: "nothing to compare with is a first",
    last: null,
    says: steady(4_321.5),
    own: 3,
    elapsedHours: null,
    verdict: "first",
    nativeDeltaHours: 0,
  },
  {
    name: "two samples are not believed yet",
    last: lastAt(100, 50),
    says: steady(108, 2),
    own: 58,
    elapsedHours: 24,
    verdict: null,
  },
  {
    name: "a step of its resolution agrees",
    last: lastAt(100, 50),
    says: steady(108.05),
    own: 58,
    elapsedHours: 24,
    verdict: "agrees",
    nativeDeltaHours: 8.05,
  },
  {
    name: "a thousandth of what was counted agrees beside it",
    last: lastAt(100, 50),
    says: steady(1_101.05),
    own: 1_050,
    elapsedHours: 2_000,
    verdict: "agrees",
  },
  {
    name: "more than both differs",
    last: lastAt(100, 50),
    says: steady(108.1),
    own: 58,
    elapsedHours: 24,
    verdict: "differs",
  },
  {
    name: "less differs, too",
    last: lastAt(100, 50),
    says: steady(107.9),
    own: 58,
    elapsedHours: 24,
    verdict: "differs",
  },
  {
    name: "no machine runs 25 hours in 24",
    last: lastAt(100, 50),
    says: steady(125),
    own: 58,
    elapsedHours: 24,
    verdict: "rate",
  },
  {
    name: "where no clock bounds the gap nothing is too fast",
    last: lastAt(100, 50),
    says: steady(125),
    own: 58,
    elapsedHours: null,
    verdict: "differs",
  },
  {
    name: "a zero after a reboot is not believed at once",
    last: lastAt(100, 50),
    says: steady(0, 6),
    own: 50,
    elapsedHours: null,
    verdict: null,
  },
  {
    name: "a zero after a reboot that heals is a transient",
    last: lastAt(100, 50),
    says: [...steady(0, 5), ...steady(100)],
    own: 50,
    elapsedHours: null,
    verdict: "transient",
    nativeDeltaHours: 0,
  },
  {
    name: "a leap that heals is a transient",
    last: lastAt(100, 50),
    says: [...steady(100), 9_999.95, ...steady(100)],
    own: 50,
    elapsedHours: 24,
    verdict: "transient",
  },
  {
    name: "what no register says is passed over",
    last: lastAt(100, 50),
    says: [-1, Number.MAX_VALUE, ...steady(100)],
    own: 50,
    elapsedHours: 24,
    verdict: "transient",
  },
  {
    name: "a transient does not hide a difference",
    last: lastAt(100, 50),
    says: [...steady(0, 5), ...steady(103)],
    own: 50,
    elapsedHours: 24,
    verdict: "differs",
  },
  {
    name: "a drop that stays is a register that was replaced or set",
    last: lastAt(100, 50),
    says: steady(20, 10),
    own: 50,
    elapsedHours: 24,
    verdict: "backwards",
    nativeDeltaHours: -80,
  },
  {
    name: "a drop from near the end to near zero is a rollover",
    last: lastAt(9_995, 50),
    says: steady(3, 10),
    own: 58,
    elapsedHours: 24,
    verdict: "rollover",
    nativeDeltaHours: 8,
  },
  {
    name: "a drop to zero from the middle is none",
    last: lastAt(5_000, 50),
    says: steady(0, 10),
    own: 58,
    elapsedHours: 24,
    verdict: "backwards",
  },
  {
    name: "a rollover that took more than the time there was is none",
    last: lastAt(9_995, 50),
    says: steady(30, 10),
    own: 58,
    elapsedHours: 24,
    verdict: "backwards",
  },
];

test.each(cases)("$name", ({ last, says, own, elapsedHours, verdict, nativeDeltaHours }) => {
  const register = fed(new HourRegister(RULES, last), says);
  const elapsedMs = elapsedHours === null ? null : elapsedHours * HOUR_MS;
  const reconciliation = register.compare(worked(own), elapsedMs);
  expect(reconciliation?.verdict ?? null).toBe(verdict);
  if (nativeDeltaHours !== undefined) {
    expect(reconciliation!.nativeDeltaMs).toBe(Math.round(nativeDeltaHours * HOUR_MS));
  }
});

describe("a comparison", () => {
  test("starts the next one, in this life and in another that reads its leaf", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(108));
    expect(register.compare(worked(58), null)?.verdict).toBe("agrees");
    expect(register.last).toEqual(lastAt(108, 58));
    const next = fed(new HourRegister(RULES, register.last), steady(110));
    expect(next.compare(worked(60), null)).toMatchObject({
      verdict: "agrees",
      nativeDeltaMs: 2 * HOUR_MS,
      ownDeltaMs: 2 * HOUR_MS,
    });
  });

  test("is due at the start of each life, then after 24 h of observed time", () => {
    const register = new HourRegister(RULES, lastAt(100, 50));
    expect(register.due(worked(50))).toBe(true);
    fed(register, steady(100)).compare(worked(50), null);
    const off = (offMs: number) => worked(50, { off: offMs });
    expect(register.due(off(COMPARE_EVERY_MS - 1))).toBe(false);
    expect(register.due(off(COMPARE_EVERY_MS))).toBe(true);
  });

  test("after a register was replaced goes on from its new value", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(0, 10));
    expect(register.compare(worked(50), null)?.verdict).toBe("backwards");
    fed(register, steady(4), 4 * HOUR_MS);
    expect(register.compare(worked(54), 24 * HOUR_MS)?.verdict).toBe("agrees");
  });
});

describe("what the register proves for a gap", () => {
  const gap = { postedMs: 0, atMostMs: null };

  test("is what it counted and we did not, on the safe side by the tolerance", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(110));
    expect(register.substituteMs(worked(57), gap)).toBe(3 * HOUR_MS - 180_000 - 36_000);
  });

  test("is at most as long as the gap", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(110));
    expect(register.substituteMs(worked(57), { postedMs: 0, atMostMs: HOUR_MS })).toBe(HOUR_MS);
  });

  test("is less by what was unknown elsewhere, and not by what the gap itself posted", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(110));
    const unknown = worked(57, { unknown: HOUR_MS });
    expect(register.substituteMs(unknown, gap)).toBe(2 * HOUR_MS - 216_000);
    const posted = { postedMs: HOUR_MS, atMostMs: null };
    expect(register.substituteMs(unknown, posted)).toBe(3 * HOUR_MS - 216_000);
  });

  test("is not said before the register is believed, and nothing where it fell", () => {
    const register = fed(new HourRegister(RULES, lastAt(100, 50)), steady(110, 2));
    expect(register.substituteMs(worked(50), gap)).toBeNull();
    expect(fed(register, steady(10, 10), 60_000).substituteMs(worked(50), gap)).toBe(0);
  });

  test("is never negative and never more than the register and the gap show", () => {
    const hours = fc.integer({ min: 0, max: 4_000 });
    const part = fc.integer({ min: 0, max: 100 * HOUR_MS });
    const bound = fc.option(part);
    fc.assert(
      fc.property(hours, hours, part, part, bound, (before, says, own, posted, atMostMs) => {
        const register = fed(new HourRegister(RULES, lastAt(before, 0)), steady(says, 10));
        const now = { ...ZERO_REGISTERS, working: own, unknown: posted };
        const substituteMs = register.substituteMs(now, { postedMs: posted, atMostMs })!;
        expect(substituteMs).toBeGreaterThanOrEqual(0);
        const shownMs = Math.max(0, (says - before) * HOUR_MS - own);
        if (says >= before) expect(substituteMs).toBeLessThanOrEqual(shownMs);
        if (atMostMs !== null) expect(substituteMs).toBeLessThanOrEqual(atMostMs);
      }),
    );
  });
});

test("a register that counts as ours does agrees however its samples come", () => {
  const step = fc.record({ runMs: fc.nat(4 * HOUR_MS), offMs: fc.nat(HOUR_MS), zeros: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      let register = new HourRegister(RULES, null);
      let [at, working, off] = [0, 0, 0];
      for (const { runMs, offMs, zeros } of steps) {
        at += runMs + offMs + 100_000;
        working += runMs;
        off += offMs;
        // It shows whole twentieths of an hour, and zeros after a reboot.
        const shown = Math.floor(working / 180_000) / 20;
        fed(register, [...steady(0, zeros), ...steady(shown)], at);
        const registers = { ...ZERO_REGISTERS, working, off };
        const verdict = register.compare(registers, null)?.verdict;
        expect(["first", "agrees", "transient"]).toContain(verdict);
        if (zeros === 0) register = new HourRegister(RULES, register.last);
      }
    }),
  );
});
