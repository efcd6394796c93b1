// The laws of metering, for any machine's life that chance makes up: nothing is counted twice or
// lost, nothing is taken back, nobody's tick changes an hour, and what the meter tells is enough to
// come to the same registers.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  condition,
  endOf,
  happen,
  immediate,
  live,
  lives,
  meterOf,
  readings,
  rules,
  sortedTicks,
  type Told,
} from "../testing/usage-lives.ts";
import type { UsageTransition } from "./usage-meter.ts";
import {
  COUNT_REGISTERS,
  observedMs,
  REGISTER_NAMES,
  type Registers,
  STATE_REGISTERS,
  USAGE_STATES,
  ZERO_REGISTERS,
} from "./usage-state.ts";

describe("for any life and any rules", () => {
  test("the state registers sum to the observed time, exactly, and no register decreases", () => {
    fc.assert(
      fc.property(rules, lives(), fc.array(fc.boolean()), (declared, life, settles) => {
        const { meter } = meterOf(declared);
        let before: Registers = ZERO_REGISTERS;
        life.forEach((happening, index) => {
          happen(meter, happening);
          if (settles[index]) meter.settle(happening.at + (index % 3) * 400);
          const { registers, settledAt } = meter;
          expect(observedMs(registers)).toBe(settledAt);
          expectNoLess(registers, before);
          before = registers;
        });
      }),
    );
  });

  test("silence in the end settles every millisecond", () => {
    fc.assert(
      fc.property(rules, lives(), (declared, life) => {
        expect(observedMs(live(declared, life, []).registers)).toBe(endOf(life));
      }),
    );
  });

  test("neither registers nor what is told depend on when anybody settles", () => {
    fc.assert(
      fc.property(rules, lives(), sortedTicks, (declared, life, ticks) => {
        expect(live(declared, life, ticks)).toEqual(live(declared, life, []));
      }),
      { numRuns: 300 },
    );
  });

  test("a replay of any prefix gives the same, and the rest takes nothing back", () => {
    fc.assert(
      fc.property(rules, lives(), fc.nat(60), (declared, life, cut) => {
        const prefix = life.slice(0, cut);
        const { meter, told } = meterOf(declared);
        for (const happening of prefix) happen(meter, happening);
        meter.settle(prefix.at(-1)?.at ?? 0);
        const then = { registers: meter.registers, told: copyOf(told) };
        for (const happening of life.slice(cut)) happen(meter, happening);
        meter.settle(endOf(life));
        expect({ registers: meter.registers, told }).toEqual(live(declared, life, []));
        expectNoLess(meter.registers, then.registers);

        const replayed = meterOf(declared);
        for (const happening of prefix) happen(replayed.meter, happening);
        replayed.meter.settle(prefix.at(-1)?.at ?? 0);
        expect({ registers: replayed.meter.registers, told: replayed.told }).toEqual(then);
      }),
    );
  });

  test("between two transitions all time is in one state, one mode and one overload", () => {
    fc.assert(
      fc.property(rules, lives(), sortedTicks, (declared, life, ticks) => {
        const { registers, told } = live(declared, life, ticks);
        const start = { ...UNKNOWN_AT_FIRST, registers: ZERO_REGISTERS };
        const end = { at: endOf(life), registers };
        const all = [start, ...told.transitions];
        all.forEach((transition, index) => {
          expectOneStretch(transition, told.transitions[index] ?? end);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("conflicts begin and end by turns, and while one lasts the state is unknown", () => {
    fc.assert(
      fc.property(rules, lives(), (declared, life) => {
        const { told } = live(declared, life, []);
        for (const name of ["runs", "moves"]) {
          const own = told.conflicts.filter((conflict) => conflict.name === name);
          own.forEach(({ state, says }, index) => {
            expect(state).toBe(index % 2 === 0 ? "began" : "ended");
            const contradicts = says.includes("true") && says.includes("false");
            expect(contradicts).toBe(state === "began");
          });
          for (let index = 0; index < own.length; index += 2) {
            const [from, to] = [own[index]!.at, own[index + 1]?.at ?? Number.POSITIVE_INFINITY];
            const within = told.transitions.filter(({ at }) => at >= from && at < to);
            expect(within.map((transition) => transition.to)).toEqual(within.map(() => "UNKNOWN"));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a conflict's rule adds no time to any state that is known", () => {
    fc.assert(
      fc.property(rules, lives(), (declared, life) => {
        const { conflicts: _, ...trusting } = declared;
        const careful = live(declared, life, []).registers;
        const trusted = live(trusting, life, []).registers;
        for (const name of STATE_REGISTERS) {
          if (name !== "unknown") expect(careful[name]).toBeLessThanOrEqual(trusted[name]);
        }
        expect(careful.overload).toBeLessThanOrEqual(trusted.overload);
      }),
    );
  });

  test("what lies across the states changes none of them", () => {
    fc.assert(
      fc.property(rules, lives(), (declared, life) => {
        const { modes: _, overload: __, cycles: ___, strokes: ____, ...alone } = declared;
        const whole = live(declared, life, []).registers;
        const bare = live(alone, life, []).registers;
        for (const name of [...STATE_REGISTERS, "starts", "loads"] as const) {
          expect(whole[name]).toBe(bare[name]);
        }
      }),
    );
  });

  test("samples that come late never make more work than the same samples in time", () => {
    fc.assert(
      fc.property(condition, readings(1), fc.nat(4_000), (working, life, lagMs) => {
        const { meter } = meterOf({ WORKING: working });
        let now = 0;
        for (const sample of life) {
          for (; now <= sample.at + lagMs; now += 250) meter.settle(now);
          happen(meter, sample);
        }
        meter.settle(Math.max(now, endOf(life)));
        const inTime = live({ WORKING: working }, life, []).registers;
        expect(meter.registers.working).toBeLessThanOrEqual(inTime.working);
      }),
    );
  });

  test("a sample that is missing or turns bad adds no work, where nothing has to last", () => {
    fc.assert(
      fc.property(immediate, readings(1), fc.nat(59), (working, life, victim) => {
        const spoilt = life.map((sample, index) =>
          index === victim ? { ...sample, value: null } : sample,
        );
        expect(live({ WORKING: working }, spoilt, []).registers.working).toBeLessThanOrEqual(
          live({ WORKING: working }, life, []).registers.working,
        );
      }),
    );
  });
});

const UNKNOWN_AT_FIRST = { to: "UNKNOWN", mode: "None", overload: false, at: 0 } as const;

function expectNoLess(registers: Registers, before: Registers): void {
  for (const name of REGISTER_NAMES) expect(registers[name]).toBeGreaterThanOrEqual(before[name]);
}

function copyOf({ transitions, conflicts, counterFaults }: Told): Told {
  return {
    transitions: [...transitions],
    conflicts: [...conflicts],
    counterFaults: [...counterFaults],
  };
}

type Since = Pick<UsageTransition, "to" | "mode" | "overload" | "at" | "registers">;

/** What a verifier does with two leaves: the time between them belongs to what the first says. */
function expectOneStretch(since: Since, until: Pick<UsageTransition, "at" | "registers">): void {
  const elapsedMs = until.at - since.at;
  const expected: Record<string, number> = {};
  STATE_REGISTERS.forEach((name, index) => {
    expected[name] = since.to === USAGE_STATES[index] ? elapsedMs : 0;
  });
  expected["overload"] = since.overload ? elapsedMs : 0;
  expected["maintenance"] = since.mode === "Maintenance" ? elapsedMs : 0;
  const found: Record<string, number> = {};
  for (const name of REGISTER_NAMES) {
    if ((COUNT_REGISTERS as readonly string[]).includes(name)) continue;
    found[name] = until.registers[name] - since.registers[name];
  }
  expect(found).toEqual(expected);
}
