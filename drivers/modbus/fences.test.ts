import { describe, expect, test } from "vitest";
import { Fences } from "./fences.ts";
import type { Ask } from "./line.ts";

const read = (count: number, address = 0): Extract<Ask, { kind: "read" }> => ({
  kind: "read",
  table: "holding",
  address,
  count,
});

describe("before a read that looks like one that is owed", () => {
  test("fewer of its own registers are asked for, of a length that nobody is owed", () => {
    const fences = new Fences();
    fences.owe(1, read(4), 0);
    fences.owe(1, read(3), 0);
    expect(fences.before(1, read(4, 10), 1)).toEqual(read(2, 10));
  });

  test("one more is asked for where there are no fewer", () => {
    const fences = new Fences();
    fences.owe(1, read(1), 0);
    expect(fences.before(1, read(1, 9), 1)).toEqual(read(2, 9));
    const coil = { ...read(1), table: "coil" as const };
    fences.owe(1, coil, 0);
    expect(fences.before(1, coil, 1)).toEqual({ ...coil, count: 9 });
  });

  test("nothing is asked that no bound in time has to hold for", () => {
    const fences = new Fences();
    fences.owe(1, read(2), 0);
    expect(fences.before(2, read(2), 1), "another unit").toBe(null);
    expect(fences.before(1, read(3), 1), "another length").toBe(null);
    expect(fences.before(1, { ...read(2), table: "input" }, 1), "another function").toBe(null);
    expect(fences.before(1, read(2), 10_001), "long after").toBe(null);
  });
});

test("a fence that was missed is owed like any other answer", () => {
  const fences = new Fences();
  fences.owe(1, read(2), 0);
  const fence = fences.before(1, read(2), 1)!;
  expect(fence).toEqual(read(1));
  fences.missed(1, fence);
  expect(fences.before(1, read(1), 2)).toEqual(read(3));
  fences.passed(1, read(3), false);
  expect(fences.before(1, read(2), 3)).toBe(null);
  expect(fences.before(1, read(1), 3)).toEqual(read(2));
});

test("a refusal leaves its own question open: it may be that of the one before", () => {
  const fences = new Fences();
  fences.owe(1, read(3), 0);
  fences.passed(1, fences.before(1, read(3), 1)!, true);
  expect(fences.before(1, read(3), 2)).toBe(null);
  expect(fences.before(1, read(2), 2)).toEqual(read(1));
});
