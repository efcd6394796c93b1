// Medians, deviations and the shrunk correlation, against values that can be worked out.

import { expect, test } from "vitest";
import { withSeed } from "../../testing/seeded-random.ts";
import { deviationOf, inverseCorrelation, medianOf } from "./robust.ts";

const scratch = new Float64Array(16);

test.each([
  { numbers: [3], median: 3 },
  { numbers: [4, 1, 3], median: 3 },
  { numbers: [4, 1, 3, 100], median: 3.5 },
  { numbers: [Number.NaN, 5, Number.NaN], median: 5 },
  { numbers: [Number.NaN], median: Number.NaN },
  { numbers: [], median: Number.NaN },
])("the median of $numbers is $median", ({ numbers, median }) => {
  expect(medianOf(Float64Array.from(numbers), 0, 1, numbers.length, scratch)).toBe(median);
});

test("a median is taken of one column of a table", () => {
  const table = Float64Array.of(1, 10, 2, 20, 3, 30);
  expect(medianOf(table, 1, 2, 3, scratch)).toBe(20);
});

test("the deviation is 1.4826 times the median distance, and one outlier does not move it", () => {
  const numbers = Float64Array.of(-2, -1, 0, 1, 1_000);
  expect(deviationOf(numbers, 0, 1, 5, 0, scratch)).toBeCloseTo(1.4826, 10);
});

test("the deviation of normal numbers is theirs", async () => {
  await withSeed((random) => {
    let sum = 0;
    const numbers = new Float64Array(16);
    for (let round = 0; round < 4_000; round++) {
      for (let at = 0; at < 16; at++) numbers[at] = 3 * random.normal();
      sum += deviationOf(numbers, 0, 1, 16, 0, scratch);
    }
    expect(sum / 4_000 / 3).toBeGreaterThan(0.9);
    expect(sum / 4_000 / 3).toBeLessThan(1.1);
  });
});

test("two features that go together fully: the inverse of the shrunk correlation", () => {
  // (1 − 0.3)·1 = 0.7 off the diagonal: the inverse is (1, −0.7; −0.7, 1) ÷ (1 − 0.49).
  const inverse = inverseCorrelation(Float64Array.of(4, 6, 6, 9), 2, 0.3);
  expect(inverse[0]).toBeCloseTo(1 / 0.51, 12);
  expect(inverse[1]).toBeCloseTo(-0.7 / 0.51, 12);
});

test("a feature without any deviation is correlated with none", () => {
  const inverse = inverseCorrelation(Float64Array.of(4, 0, 0, 0), 2, 0.3);
  expect(Array.from(inverse, Math.abs)).toEqual([1, 0, 0, 1]);
});

test("the inverse times the matrix is one, whatever the features", async () => {
  await withSeed((random) => {
    const size = 6;
    const products = new Float64Array(size * size);
    for (let sample = 0; sample < 50; sample++) {
      const vector = Array.from({ length: size }, () => random.normal() + random.normal());
      vector[5] = vector[0]! + vector[1]!;
      for (let cell = 0; cell < size * size; cell++) {
        products[cell]! += vector[Math.floor(cell / size)]! * vector[cell % size]!;
      }
    }
    const inverse = inverseCorrelation(products, size, 0.3);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        let sum = 0;
        for (let middle = 0; middle < size; middle++) {
          const scale = Math.sqrt(products[row * size + row]! * products[middle * size + middle]!);
          const shrunk = (0.7 * products[row * size + middle]!) / scale;
          sum += (row === middle ? 1 : shrunk) * inverse[middle * size + column]!;
        }
        expect(sum).toBeCloseTo(row === column ? 1 : 0, 10);
      }
    }
  });
});
