// The tests that a condition knows, and the three-valued logic that joins conditions.

import { expect, test } from "vitest";
import { conditionWith } from "../testing/usage-timeline.ts";
import { type Condition, conditionsOf, type Expression } from "./condition.ts";
import { ConditionTrack, FALSE, TRUE, type Truth, UNCLEAR } from "./condition-track.ts";
import { compile, evaluate } from "./truth.ts";

const judged: readonly (readonly [Partial<Condition>, number, Truth])[] = [
  [{ test: "above", threshold: 45 }, 45, FALSE],
  [{ test: "above", threshold: 45 }, 45.1, TRUE],
  [{ test: "below", threshold: 2 }, 2, FALSE],
  [{ test: "below", threshold: 2 }, 1.9, TRUE],
  [{ test: "equals", threshold: 3 }, 3, TRUE],
  [{ test: "equals", threshold: 3 }, 3.01, FALSE],
  [{ test: "equals", threshold: 3, hysteresis: 0.1 }, 3.05, TRUE],
  [{ test: "bits", threshold: 0x8001 }, 0x8000, TRUE],
  [{ test: "bits", threshold: 0x8001 }, 0x7ffe, FALSE],
  [{ test: "bits", threshold: 0x80000000 }, 0xffffffff, TRUE],
  [{ test: "bits", threshold: 0x8000 }, -32_768, TRUE],
];

test.each(judged)("%o judges %d as %d", (condition, value, truth) => {
  const track = new ConditionTrack(conditionWith(condition), 0);
  track.good(value, 10);
  expect(track.nextChangeAt()).toBe(10);
  expect(track.takeChange()).toBe(truth);
  expect(track.nextChangeAt()).toBe(Number.POSITIVE_INFINITY);
});

test("above and below undo only past their hysteresis", () => {
  const below = new ConditionTrack(
    conditionWith({ test: "below", threshold: 2, hysteresis: 0.5 }),
    0,
  );
  for (const [index, value] of [1.9, 2.4, 2.5].entries()) below.good(value, index);
  expect([below.takeChange(), below.nextChangeAt(), below.takeChange()]).toEqual([TRUE, 2, FALSE]);
});

test("one false decides an all, one true an any, and otherwise unclear stays unclear", () => {
  const [a, b] = [conditionWith({ signal: 0 }), conditionWith({ signal: 1 })];
  const of = (kind: "all" | "any", ...truths: Truth[]) => {
    const expression = (kind === "all" ? { all: [a, b] } : { any: [a, b] }) as Expression;
    return evaluate(
      compile(expression, (condition) => condition.signal),
      truths,
    );
  };
  expect(of("all", UNCLEAR, FALSE)).toBe(FALSE);
  expect(of("all", TRUE, UNCLEAR)).toBe(UNCLEAR);
  expect(of("all", TRUE, TRUE)).toBe(TRUE);
  expect(of("any", UNCLEAR, TRUE)).toBe(TRUE);
  expect(of("any", FALSE, UNCLEAR)).toBe(UNCLEAR);
  expect(of("any", FALSE, FALSE)).toBe(FALSE);
});

test("conditions are listed in the order in which they stand", () => {
  const condition = (signal: number) => conditionWith({ signal });
  const nested = { any: [condition(3), { all: [condition(1), condition(2)] }] };
  expect(conditionsOf(nested).map(({ signal }) => signal)).toEqual([3, 1, 2]);
});
