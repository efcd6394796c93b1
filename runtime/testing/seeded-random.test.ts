import { expect, test } from "vitest";
import { SeededRandom, withSeed } from "./seeded-random.ts";

function take(seed: number, count: number): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
}

test("one seed gives one sequence, another seed another one", () => {
  expect(take(1, 100)).toEqual(take(1, 100));
  expect(take(1, 100)).not.toEqual(take(2, 100));
});

test("numbers are spread evenly from 0 to 1", () => {
  const numbers = take(7, 100_000);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  expect(mean).toBeCloseTo(0.5, 2);
});

test("whole numbers reach both ends and nothing beyond", () => {
  const random = new SeededRandom(3);
  const seen = new Set(Array.from({ length: 1_000 }, () => random.integer(2, 5)));
  expect([...seen].sort()).toEqual([2, 3, 4, 5]);
});

test("normal numbers have mean 0 and deviation 1", () => {
  const random = new SeededRandom(11);
  const numbers = Array.from({ length: 100_000 }, () => random.normal());
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
});

test("a failure names the seed that brings it back", async () => {
  let seed = -1;
  const failing = withSeed((random) => {
    seed = random.seed;
    throw new Error("hours went back");
  });
  await expect(failing).rejects.toThrow("hours went back\nRun it again with TELLTALE_SEED=");
  await expect(failing).rejects.toThrow(String(seed));
});
