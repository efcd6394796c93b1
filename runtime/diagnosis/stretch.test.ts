// What becomes one observation: means over enough seconds of one operating state, whatever came
// between.

import { expect, test } from "vitest";
import { Stretches } from "./stretch.ts";

test("an observation is the mean over its seconds", () => {
  const stretches = new Stretches(2, 30);
  expect(stretches.add([1, 10], 10, "WORKING")).toBeNull();
  expect(stretches.add([4, 10], 10, "WORKING")).toBeNull();
  expect(stretches.add([4, 40], 10, "WORKING")).toEqual(Float64Array.of(3, 20));
  expect(stretches.add([9, 9], 10, "WORKING")).toBeNull();
});

test("short spells of a state add up, and those of another stay apart", () => {
  const stretches = new Stretches(1, 30);
  for (let spell = 0; spell < 2; spell++) {
    expect(stretches.add([5], 10, "WORKING")).toBeNull();
    expect(stretches.add([1], 10, "IDLE")).toBeNull();
  }
  expect(stretches.add([5], 10, "WORKING")).toEqual(Float64Array.of(5));
  expect(stretches.add([1], 10, "IDLE")).toEqual(Float64Array.of(1));
});

test("what could not be said is left out of the mean, and is NaN where it never could", () => {
  const stretches = new Stretches(2, 20);
  stretches.add([2, Number.NaN], 10, "WORKING");
  expect(stretches.add([Number.NaN, Number.NaN], 10, "WORKING")).toEqual(
    Float64Array.of(2, Number.NaN),
  );
});

test("a machine with ever more states forgets the one it was in longest ago", () => {
  const stretches = new Stretches(1, 20);
  stretches.add([1], 10, "first");
  for (let state = 0; state < 16; state++) stretches.add([1], 10, `state ${state}`);
  expect(stretches.add([3], 10, "first")).toBeNull();
  expect(stretches.add([1], 10, "state 15")).toEqual(Float64Array.of(1));
});
