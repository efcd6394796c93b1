// Service intervals over a machine's life: what is left, what is reported, and what a restart
// keeps.

import fc from "fast-check";
import { expect, test } from "vitest";
import { type ServiceChange, ServiceIntervals } from "./service-intervals.ts";
import type { ServiceInterval } from "./service-status.ts";
import { type Registers, ZERO_REGISTERS } from "./usage-state.ts";

const OIL: ServiceInterval = { name: "oil", register: "working", every: 500, warn: 50 };
const BELT: ServiceInterval = { name: "belt", register: "starts", every: 10, warn: 2 };

function at(working: number, starts = 0): Registers {
  return { ...ZERO_REGISTERS, working, starts };
}

test.each([
  { working: 0, state: "ok", remaining: 500 },
  { working: 449, state: "ok", remaining: 51 },
  { working: 450, state: "warning", remaining: 50 },
  { working: 499, state: "warning", remaining: 1 },
  { working: 500, state: "due", remaining: 0 },
  { working: 730, state: "due", remaining: -230 },
])("at $working it is $state with $remaining left", ({ working, state, remaining }) => {
  const [status] = new ServiceIntervals([OIL]).statuses(at(working));
  expect(status).toEqual({
    name: "oil",
    register: "working",
    state,
    since: 0,
    every: 500,
    remaining,
  });
});

test("each change is reported once, and only of the interval that changed", () => {
  const services = new ServiceIntervals([OIL, BELT]);
  expect(services.update(at(449))).toEqual([]);
  expect(services.update(at(450, 8))).toEqual([
    { name: "oil", state: "warning", since: 0, every: 500 },
    { name: "belt", state: "warning", since: 0, every: 10 },
  ]);
  expect(services.update(at(460, 9))).toEqual([]);
  expect(services.update(at(500, 9))).toEqual([
    { name: "oil", state: "due", since: 0, every: 500 },
  ]);
  expect(services.update(at(900, 9))).toEqual([]);
});

test("a leap over the warning reports what is due, alone", () => {
  expect(new ServiceIntervals([OIL]).update(at(700)).map(({ state }) => state)).toEqual(["due"]);
});

test("what was done begins anew where the register stands, and warns again", () => {
  const services = new ServiceIntervals([OIL]);
  services.update(at(700));
  expect(services.done("oil", at(730))).toEqual({
    name: "oil",
    state: "done",
    since: 730,
    every: 500,
  });
  expect(services.statuses(at(731))).toMatchObject([{ state: "ok", remaining: 499 }]);
  expect(services.update(at(1_180))).toMatchObject([{ state: "warning", since: 730 }]);
  expect(services.done("gearbox", at(731))).toBeNull();
});

test("an interval of another length keeps where it began and warns anew", () => {
  const before: ServiceChange[] = [{ name: "oil", state: "due", since: 100, every: 500 }];
  const services = new ServiceIntervals([{ ...OIL, every: 1_000 }], before);
  expect(services.statuses(at(650))).toMatchObject([{ state: "ok", since: 100, remaining: 450 }]);
  expect(services.update(at(1_060))).toMatchObject([{ state: "warning" }]);
});

test("leaves of an interval that is not declared any more are passed over", () => {
  const services = new ServiceIntervals(
    [OIL],
    [{ name: "gone", state: "due", since: 3, every: 5 }],
  );
  expect(services.update(at(10))).toEqual([]);
});

test("an interval that warns outside itself is a mistake of ours", () => {
  expect(() => new ServiceIntervals([{ ...OIL, warn: 500 }])).toThrow("within its interval");
});

test("restarts anywhere change neither what is reported nor what is left", () => {
  const step = fc.record({
    byMs: fc.nat(200),
    isDone: fc.boolean(),
    restarts: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const unbroken = new ServiceIntervals([OIL]);
      let restarted = new ServiceIntervals([OIL]);
      const leaves: ServiceChange[] = [];
      let working = 0;
      for (const { byMs, isDone, restarts } of steps) {
        working += byMs;
        if (restarts) restarted = new ServiceIntervals([OIL], leaves);
        const changes = [...restarted.update(at(working))];
        expect(changes).toEqual(unbroken.update(at(working)));
        if (isDone && working % 3 === 0) {
          changes.push(restarted.done("oil", at(working))!);
          unbroken.done("oil", at(working));
        }
        leaves.push(...changes);
        expect(restarted.statuses(at(working))).toEqual(unbroken.statuses(at(working)));
      }
    }),
  );
});
